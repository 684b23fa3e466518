"""The lines calendars and address cards are written in: RFC 5545, section 3.1; RFC 6350; vCard 2.1.

Read as programs write them: wrong line ends, parameters without names (2.1), lines that
are none, components that never end.  What cannot be read is passed over.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from webmail.message.bodystructure import decode_part
from webmail.message.charset import decode_text

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
MAX_COMPONENTS = 5_000
MAX_DEPTH = 8
_MAX_VALUE = 20_000

_HEAD = re.compile(r"(?:(?P<group>[A-Za-z0-9-]+)\.)?(?P<name>[A-Za-z0-9-]+)(?=[;:])")
_PARAMETER = re.compile(r';(?:([A-Za-z0-9-]+)=)?((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*)')
_ESCAPED = re.compile(r"\\([\\;,:nN])")


@dataclass(frozen=True, slots=True)
class Line:
    """``name`` is upper case, ``value`` still escaped, ``raw`` the unfolded line.

    Parameters have upper-case names; a nameless one of vCard 2.1 stands under TYPE.
    """

    name: str
    value: str
    parameters: dict[str, tuple[str, ...]]
    raw: str
    group: str = ""

    def parameter(self, name: str) -> str:
        return next(iter(self.parameters.get(name, ())), "")

    @property
    def text(self) -> str:
        """The value of a text property as people read it."""
        return unescaped(self.value)


@dataclass(slots=True)
class Component:
    """``BEGIN:X`` to ``END:X``."""

    name: str
    lines: list[Line] = field(default_factory=list)
    components: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        line = self.first(name)
        return line.text.strip() if line else ""

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]


def read_components(raw: bytes, kind: str) -> list[Component]:
    """The outermost components of this name (``VCALENDAR``), in order."""
    root = Component("")
    open_: list[Component] = [root]
    count = 0
    for line in read_lines(raw):
        if line.name == "BEGIN":
            count += 1
            if count > MAX_COMPONENTS or len(open_) > MAX_DEPTH:
                break
            inner = Component(line.value.strip().upper())
            open_[-1].components.append(inner)
            open_.append(inner)
        elif line.name == "END":
            _close(open_, line.value.strip().upper())
        else:
            open_[-1].lines.append(line)
    return [each for each in root.components if each.name == kind]


def _close(open_: list[Component], name: str) -> None:
    """Up to the one that is named; an end without a beginning ends nothing."""
    if any(each.name == name for each in open_[1:]):
        while open_.pop().name != name:
            pass


def read_lines(raw: bytes) -> Iterator[Line]:
    text = _text(raw[:MAX_BYTES]).lstrip("\ufeff")
    count = 0
    for unfolded in _unfolded(text.replace("\r\n", "\n").replace("\r", "\n")):
        line = read_line(unfolded)
        if line is not None:
            yield line
            count += 1
        if count >= MAX_LINES:
            return


def _text(raw: bytes) -> str:
    """UTF-8, as both standards want it, even where a few octets of it are damaged."""
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if damaged == 0 or damaged * 4 < sum(not char.isascii() for char in text):
        return text
    return decode_text(raw)


def _unfolded(text: str) -> Iterator[str]:
    """Also the soft breaks of quoted-printable in vCard 2.1."""
    pending = ""
    is_quoted = False
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and pending:
            pending = (pending + line[1:])[: 40 * _MAX_VALUE]
        elif is_quoted and pending.endswith("="):
            pending = (pending[:-1] + line)[: 40 * _MAX_VALUE]
        else:
            if pending:
                yield pending
            pending = line
            is_quoted = "QUOTED-PRINTABLE" in line[:200].upper()
    if pending:
        yield pending


def read_line(raw: str) -> Line | None:
    head = _HEAD.match(raw)
    if head is None:
        return None
    parameters: dict[str, tuple[str, ...]] = {}
    position = head.end()
    while found := _PARAMETER.match(raw, position):
        name = (found[1] or "TYPE").upper()
        values = tuple(_caret(value.strip('"')) for value in _split_commas(found[2]) if value)
        parameters[name] = (*parameters.get(name, ()), *values)[:20]
        position = found.end()
    colon = raw.find(":", position)
    if colon < 0:
        return None
    value = _decoded(raw[colon + 1 :], parameters)
    return Line(head["name"].upper(), value, parameters, raw, (head["group"] or "").lower())


def _split_commas(text: str) -> list[str]:
    return re.findall(r'"[^"]*"|[^,"]+', text)


def _caret(text: str) -> str:
    """RFC 6868."""
    return text.replace("^n", " ").replace("^'", '"').replace("^^", "^") if "^" in text else text


def _decoded(value: str, parameters: dict[str, tuple[str, ...]]) -> str:
    """The encodings of vCard 2.1, where a text is written in them."""
    named = {
        each.upper() for each in (*parameters.get("ENCODING", ()), *parameters.get("TYPE", ()))
    }
    charset = next(iter(parameters.get("CHARSET", ())), "")
    if "QUOTED-PRINTABLE" in named:
        return decode_text(decode_part(value.encode(), "quoted-printable"), charset)[:_MAX_VALUE]
    if named & {"BASE64", "B"}:
        return value.strip()
    return value[:_MAX_VALUE]


def unescaped(value: str) -> str:
    """RFC 5545, section 3.3.11."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def escaped(text: str) -> str:
    """The other way, on one line."""
    for char in "\\;,":
        text = text.replace(char, f"\\{char}")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "")


def split_escaped(value: str, separator: str) -> list[str]:
    """Pieces between separators that are not escaped, each unescaped."""
    pieces = re.findall(rf"(?:[^\\{separator}]|\\.)*(?:{separator}|$)", value, re.DOTALL)
    return [unescaped(piece.removesuffix(separator)) for piece in pieces[:50]]


def octets_of(value: str) -> bytes:
    """The content of a value in base64; empty where it is none."""
    try:
        return binascii.a2b_base64("".join(value.split()))
    except (binascii.Error, ValueError):
        return b""


def folded(line: str) -> str:
    """Pieces of at most 75 octets, no character cut (RFC 5545, section 3.1); with CRLF."""
    pieces: list[str] = []
    piece, used = "", 0
    for char in line:
        size = len(char.encode("utf-8", "replace"))
        if used + size > 75:
            pieces.append(piece)
            piece, used = "", 1
        piece += char
        used += size
    return "\r\n ".join([*pieces, piece]) + "\r\n"
