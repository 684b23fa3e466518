"""Files within plain text, as before MIME: uuencode and yEnc.

Each is taken out of the text and stands beside it; what only looks like one stays.
"""

import re

from webmail.message.bodystructure import decode_part
from webmail.message.charset import decode_text
from webmail.message.enclose import Enclosed, EnclosedFile

MAX_FILES = 100
_START = re.compile(
    rb"^(?:begin [0-7]{3,4}(?: (?P<uu>[^\r\n]{0,255}?))?"
    rb"|=ybegin (?:[^\r\n]{0,200} )?name=(?P<yenc>[^\r\n]{1,255}?))[ \t]*\r?\n",
    re.MULTILINE,
)
# A yen sign was the backslash of Japanese terminals.
_YEN = b"\xc2\xa5"
_UU_LINE = re.compile(rb"(?:[ -`]|\xc2\xa5){1,90}[ \t]*\r?(?:\n|\Z)|\r?\n")
_UU_END = re.compile(rb"end[ \t]*\r?(?:\n|\Z)")
_YENC_PART = re.compile(rb"=ypart [^\r\n]*\r?\n")
_YENC_END = re.compile(rb"^=yend[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE)
_YENC_PLAIN = bytes((octet - 42) % 256 for octet in range(256))
_YENC_ESCAPED = re.compile(rb"=([\s\S])")


def may_hold_files(octets: bytes) -> bool:
    return b"begin " in octets and _START.search(octets) is not None


def files_in_text(octets: bytes, charset: str) -> Enclosed | None:
    """The text without its files, and the files; None where it holds none."""
    rest, files = parted(octets, charset)
    if not files:
        return None
    return Enclosed(text=decode_text(rest, charset), files=files)


def parted(octets: bytes, charset: str) -> tuple[bytes, tuple[EnclosedFile, ...]]:
    """The octets of the text that is left, and the files that were in it."""
    rest: list[bytes] = []
    files: list[EnclosedFile] = []
    place, last_end = 0, octets.rfind(b"\n=yend")
    for start in _START.finditer(octets):
        if start.start() < place or len(files) >= MAX_FILES:
            continue
        is_yenc = start["yenc"] is not None
        if is_yenc and last_end < start.end() - 1:
            continue  # looked for once, not once for each
        found = _yencoded(octets, start) if is_yenc else _uuencoded(octets, start)
        if found is not None:
            name = start["yenc"] if is_yenc else start["uu"] or b""
            files.append(EnclosedFile(decode_text(name, charset), found[1]))
            rest.append(octets[place : start.start()])
            place = found[0]
    return b"".join((*rest, octets[place:])), tuple(files)


def _uuencoded(octets: bytes, start: re.Match[bytes]) -> tuple[int, bytes] | None:
    """Where it ends, and the file; lines that are none end it as ``end`` does."""
    place = start.end()
    lines = 0
    while (line := _UU_LINE.match(octets, place)) and not _UU_END.match(octets, place):
        if line[0].strip() and not _is_uu_line(line[0].replace(_YEN, b"\\")):
            break
        lines += 1
        place = line.end()
    end = _UU_END.match(octets, place)
    if not lines or not (end or lines > 1):
        return None
    stop = end.end() if end else place
    return stop, decode_part(
        b"begin 644 x\n" + octets[start.end() : stop].replace(_YEN, b"\\"), "x-uuencode"
    )


def _is_uu_line(line: bytes) -> bool:
    """The first character tells how many octets the others stand for."""
    needed = (((line[0] - 32) & 63) + 2) // 3 * 4
    return abs(len(line.rstrip(b"\r\n")) - 1 - needed) <= 2 or len(line.strip()) - 1 <= needed < 5


def _yencoded(octets: bytes, start: re.Match[bytes]) -> tuple[int, bytes] | None:
    end = _YENC_END.search(octets, start.end())
    if end is None:
        return None
    part = _YENC_PART.match(octets, start.end())
    body = octets[part.end() if part else start.end() : end.start()]
    body = body.replace(b"\r", b"").replace(b"\n", b"")
    plain = _YENC_ESCAPED.sub(lambda found: bytes(((found[1][0] - 64) % 256,)), body)
    return end.end(), plain.translate(_YENC_PLAIN)
