"""The tree of parts of a message: RFC 9051, section 7.5.2, BODYSTRUCTURE."""

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webmail.message.giving_way import politely


@dataclass(frozen=True, slots=True)
class Part:
    """A node of BODYSTRUCTURE.

    ``section`` is the part specifier of RFC 9051, 6.4.5 (``1.2``); the root of a
    multipart message has the empty one, a message that is not multipart has ``1``.
    ``media_type`` is lower case (``text/plain``).  ``charset`` is as declared, lower
    case, or empty.  ``encoding`` is the Content-Transfer-Encoding, lower case.
    ``size_bytes`` counts the octets as transferred, before decoding.  ``disposition``
    is ``attachment``, ``inline`` or empty.  ``content_id`` has no angle brackets;
    ``content_location`` is the URL that stands for the part in HTML (RFC 2557).
    ``parameters`` are the other Content-Type parameters (``format``, ``delsp``…),
    names in lower case.

    A message/rfc822 has one child, the root of the message inside.  If that root is a
    multipart it has no specifier of its own and bears the section of the
    message/rfc822; if not it is ``.1`` of it (``3.1``).
    """

    section: str
    media_type: str
    charset: str = ""
    encoding: str = "7bit"
    disposition: str = ""
    filename: str = ""
    content_id: str = ""
    size_bytes: int = 0
    parameters: tuple[tuple[str, str], ...] = ()
    children: tuple["Part", ...] = ()
    content_location: str = ""

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the message."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += reversed(part.children)

    @property
    def is_multipart(self) -> bool:
        return self.media_type.startswith("multipart/")

    def parameter(self, name: str) -> str:
        """A Content-Type parameter by its lower-case name; empty without it."""
        return next((value for key, value in self.parameters if key == name), "")


def decode_part(raw: bytes, encoding: str) -> bytes:
    """The content of a part from its octets as transferred (RFC 2045, section 6).

    Damage is passed over: what can be decoded is.  An unknown encoding is left as it is.
    """
    decoder = PartDecoder(encoding)
    starts = politely(range(0, len(raw), _PIECE_BYTES), 1)
    pieces = [decoder.feed(raw[start : start + _PIECE_BYTES]) for start in starts]
    return b"".join((*pieces, decoder.finish()))


class PartDecoder:
    """Decodes a part piece by piece, in memory that does not grow with the part."""

    def __init__(self, encoding: str) -> None:
        # ``base64;`` and ``"base64"`` are written too.
        name = encoding.strip("\"'; \t").lower().replace("_", "-")
        self._rest = b""
        self._decode = _DECODERS.get(name, _decode_identity)
        self._in_uuencode = False
        self._is_first_line = True
        self._is_padded = False
        self._is_over = False

    def feed(self, octets: bytes) -> bytes:
        """What can be decoded so far."""
        decoded, self._rest = self._decode(self, self._rest + octets, last=False)
        return decoded

    def finish(self) -> bytes:
        """What was still held back."""
        decoded, self._rest = self._decode(self, self._rest, last=True)
        return decoded

    def _base64(self, octets: bytes, *, last: bool) -> tuple[bytes, bytes]:
        """Pieces that were padded each for themselves are decoded each for itself."""
        symbols = self._until_dashes(octets).translate(None, _NOT_BASE64)
        *padded, rest = symbols.split(b"=")
        decoded = [_base64_group(piece) for piece in politely(padded, 1000)]
        whole = len(rest) if last else len(rest) - len(rest) % 4
        return b"".join((*decoded, _base64_group(rest[:whole]))), rest[whole:]

    def _until_dashes(self, octets: bytes) -> bytes:
        """A ``-`` after the padding starts a boundary that is none, not more of the content."""
        if self._is_over:
            return b""
        padding = 0 if self._is_padded else octets.find(b"=")
        if padding < 0:
            return octets
        self._is_padded = True
        dash = octets.find(b"-", padding)
        self._is_over = dash >= 0
        return octets if dash < 0 else octets[:dash]

    def _quoted_printable(self, octets: bytes, *, last: bool) -> tuple[bytes, bytes]:
        lines = octets.split(b"\n")
        rest = b"" if last else lines.pop()
        decoded = [
            _quoted_line(line, is_last=False) for line in politely(lines[: len(lines) - last])
        ]
        if last:
            decoded.append(_quoted_line(lines[-1], is_last=True))
        if len(rest) > _MAX_LINE_BYTES:
            cut = _safe_cut(rest)
            decoded.append(_quoted_octets(rest[:cut]))
            rest = rest[cut:]
        return b"".join(decoded), rest

    def _uuencode(self, octets: bytes, *, last: bool) -> tuple[bytes, bytes]:
        lines = octets.split(b"\n")
        rest = b"" if last else lines.pop()
        decoded = []
        for line in politely(lines):
            line = line.rstrip(b"\r")
            if self._is_first_line and _is_uu_line(line):
                self._in_uuencode = True  # there is no ``begin``
            self._is_first_line = self._is_first_line and not line
            if not self._in_uuencode:
                self._in_uuencode = _UU_BEGIN.match(line) is not None
            elif line == b"end":
                self._in_uuencode = False
            else:
                decoded.append(_uu_line(line))
        return b"".join(decoded), rest[:_MAX_LINE_BYTES]


_Decode = Callable[..., tuple[bytes, bytes]]
_MAX_LINE_BYTES = 64 * 1024
_PIECE_BYTES = 64 * 1024
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _BASE64)
_UU_BEGIN = re.compile(rb"begin [0-7]{3,6} ")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")


def _decode_identity(_: PartDecoder, octets: bytes, *, last: bool) -> tuple[bytes, bytes]:
    return octets, b""


_DECODERS: dict[str, _Decode] = {
    "base64": PartDecoder._base64,
    "quoted-printable": PartDecoder._quoted_printable,
    "x-uuencode": PartDecoder._uuencode,
    "uuencode": PartDecoder._uuencode,
    "x-uue": PartDecoder._uuencode,
    "uue": PartDecoder._uuencode,
}


def _base64_group(symbols: bytes) -> bytes:
    if len(symbols) % 4 == 1:
        symbols = symbols[:-1]
    return binascii.a2b_base64(symbols + b"=" * (-len(symbols) % 4))


def _quoted_line(line: bytes, *, is_last: bool) -> bytes:
    """White space at the end of a line was added in transport (RFC 2045, 6.7, rule 3)."""
    ending = b"" if is_last else b"\r\n" if line.endswith(b"\r") else b"\n"
    content = line.rstrip(b" \t\r")
    if content.endswith(b"="):
        return _quoted_octets(content[:-1])
    return _quoted_octets(content) + ending


def _quoted_octets(content: bytes) -> bytes:
    if b"=" not in content:
        return content
    return _QUOTED.sub(lambda match: binascii.a2b_hex(match[1]), content)


def _safe_cut(line: bytes) -> int:
    """A place that cuts neither ``=3D`` nor white space that may end the line."""
    cut = len(line.rstrip(b" \t\r")) or len(line)
    equals = line.rfind(b"=", max(cut - 2, 0), cut)
    return equals if equals > 0 else cut


def _is_uu_line(line: bytes) -> bool:
    """Whether the first octet says how many are in the rest."""
    size = line[0] - 32 if line else 0
    is_whole = 0 < size <= 45 and len(line) - 1 == -(-size // 3) * 4
    return is_whole and all(32 <= octet <= 96 for octet in line)


def _uu_line(line: bytes) -> bytes:
    if not line:
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Trailing garbage and lost blanks: trust the length the line itself gives.
        size = (((line[0] - 32) & 63) * 4 + 5) // 3
        padded = line[:size].ljust(size, b" ")
    try:
        return binascii.a2b_uu(padded)
    except binascii.Error:
        return b""
