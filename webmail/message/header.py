"""Header fields as octets: splitting, unfolding, parameters (RFC 5322, 2045, 2231)."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote_to_bytes

from webmail.message.charset import decode_text
from webmail.message.words import decode_header_words

MAX_HEADER_BYTES = 256 * 1024
MAX_FIELDS = 1000
MAX_PARAMETERS = 64
_MAX_LOCATION_BYTES = 2000

_FIELD = re.compile(rb"([!-9;-~]{1,256})[ \t]*:(.*)", re.DOTALL)
_FIELD_LINE = re.compile(rb"^([!-9;-~]{1,256})[ \t]*:(.*)$", re.MULTILINE)
# An empty line; also one of blanks alone, where no field follows it.
_END = re.compile(rb"\n(?:\r?\n|[ \t]+\r?\n(?![ \t]|[!-9;-~]{1,256}[ \t]*:))")
# A line that neither begins a field nor goes on with one.
_NO_FIELD = re.compile(rb"(?<=\n)(?![ \t\r\n]|>?From |[!-9;-~]{1,256}[ \t]*:).")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_LOOSE_TYPE = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)[\s,:]+(.*)", re.ASCII | re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)

Fields = list[tuple[str, bytes]]


def is_field_line(line: bytes) -> bool:
    """Whether a field begins here: no empty line, no continuation, nothing else."""
    return _FIELD.match(line) is not None


def header_end(raw: bytes, start: int = 0, end: int | None = None) -> int:
    """Where the body begins: after the first empty line, or at once without a field."""
    stop = len(raw) if end is None else min(end, len(raw))
    if raw.startswith((b"\n", b"\r\n"), start):
        return start + (1 if raw.startswith(b"\n", start) else 2)
    first_line = raw[start : min(start + 1024, stop)].partition(b"\n")[0].lstrip(b" \t")
    if not _FIELD.match(first_line) and not first_line.startswith((b"From ", b">From ")):
        return start
    found = _END.search(raw, start, stop)
    return found.end() if found else unended_header(raw, start, stop)


def unended_header(raw: bytes, start: int, stop: int) -> int:
    """Where the body begins although no empty line says so: at the first line of no field."""
    found = _NO_FIELD.search(raw, start, min(stop, start + MAX_HEADER_BYTES))
    return stop if found is None else max(found.start(), start)


def split_fields(raw: bytes) -> Fields:
    """Name and unfolded octets of each field, in order; lines that are none are left out."""
    found = _FIELD_LINE.findall(_unfolded(raw[:MAX_HEADER_BYTES]))
    return [(name.decode("ascii"), value.strip()) for name, value in found[:MAX_FIELDS]]


def _unfolded(raw: bytes) -> bytes:
    """Lines up to the first empty one, continuations joined; the folding blank is kept."""
    raw = raw.replace(b"\r\n", b"\n")
    if b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    end = 0 if raw.startswith(b"\n") else raw.find(b"\n\n")
    raw = raw if end < 0 else raw[:end]
    return raw.replace(b"\n ", b" ").replace(b"\n\t", b"\t")


def first(fields: Fields, name: str) -> bytes:
    """The octets of the first field of this name; empty without one."""
    wanted = name.lower()
    return next((value for key, value in fields if key.lower() == wanted), b"")


def value_and_parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """``text/plain; charset=x`` taken apart: value in lower case, parameters decoded.

    RFC 2231 continuations and charsets are joined, RFC 2047 words (which do not belong
    here but come) decoded.  The first of two parameters of one name counts.
    """
    return _taken_apart(decode_text(raw))


def media_type_and_parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """A Content-Type field; the type is empty where none is written, else as it is written.

    A comma, a colon or a blank in the place of the first semicolon is read as it was meant.
    """
    text = decode_text(raw)
    value, parameters = _taken_apart(text)
    if is_media_type(value):
        return value, parameters
    loose = _LOOSE_TYPE.match(text[:MAX_HEADER_BYTES])
    return _taken_apart(f"{loose[1]}; {loose[2]}") if loose else (value, parameters)


def location_from_field(raw: bytes) -> str:
    """A Content-Location, its folds undone (RFC 2557, section 4.4.2); empty if too long."""
    return "".join(decode_header_words(raw).split()) if len(raw) <= _MAX_LOCATION_BYTES else ""


def is_media_type(value: str) -> bool:
    return _MEDIA_TYPE.fullmatch(value) is not None


def _taken_apart(text: str) -> tuple[str, dict[str, str]]:
    pieces = list(islice(_split_semicolons(text), MAX_PARAMETERS + 1))
    if "=" in pieces[0] and "/" not in pieces[0].partition("=")[0]:
        pieces.insert(0, "")  # parameters, and nothing that they belong to
    value = pieces[0].strip().lower()
    found: dict[str, str] = {}
    for piece in pieces[1 : MAX_PARAMETERS + 1]:
        name, separator, content = piece.partition("=")
        name = name.strip().lower()
        if separator and name and name not in found:
            found[name] = _unquote(content.strip())
    return value, _join_continuations(found)


def _split_semicolons(text: str) -> Iterator[str]:
    """Pieces between semicolons that are in no quoted string; comments left out."""
    start = position = depth = 0
    in_quotes = False
    last_closing = text.rfind(")")
    piece: list[str] = []
    for position, char in enumerate(text):
        escaped = position > 0 and text[position - 1] == "\\" and in_quotes
        if char == '"' and not escaped and not depth:
            in_quotes = not in_quotes
        elif in_quotes:
            continue
        elif char == "(" and position < last_closing and text[position - 1] in " \t;":
            # Only after a blank or a semicolon: names like a(1).txt hold no comment.
            if not depth:
                piece.append(text[start:position])
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            start = position + 1
        elif char == ";" and not depth:
            yield "".join((*piece, text[start:position]))
            piece, start = [], position + 1
    yield "".join((*piece, text[start:])) if not depth else "".join(piece)


def _unquote(content: str) -> str:
    if not content.startswith('"'):
        return content
    body = content[1:]
    if body.endswith('"') and not body.endswith('\\"'):
        body = body[:-1]
    return _QUOTED_PAIR.sub(r"\1", body)


def _join_continuations(found: dict[str, str]) -> dict[str, str]:
    joined: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, content in found.items():
        base, star, rest = name.partition("*")
        if not star:
            joined[name] = decode_header_words(content)
            continue
        number, extended = rest.rstrip("*"), rest.endswith("*") or not rest
        if number == "" or (number.isdecimal() and len(number) < 5):
            pieces.setdefault(base, []).append((int(number or 0), extended, content))
    for base, parts in pieces.items():
        joined[base] = _decode_extended(sorted(parts))
    return joined


def _decode_extended(parts: list[tuple[int, bool, str]]) -> str:
    """RFC 2231, section 4: ``charset'language'%C3%BC``, in one piece or several."""
    charset = ""
    octets: list[bytes] = []
    for index, (_, extended, content) in enumerate(parts):
        if extended and index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        octets.append(
            unquote_to_bytes(content) if extended else content.encode("utf-8", "surrogateescape")
        )
    return decode_header_words(decode_text(b"".join(octets), charset))
