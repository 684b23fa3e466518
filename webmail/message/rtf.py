"""RTF as Outlook sends it: HTML or text wrapped in it, taken out again (MS-OXRTFEX).

RTF that wraps nothing gives its text.  One pass over tokens, no recursion.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import compressed_rtf
from compressed_rtf.crc32 import crc32

from webmail.message.charset_names import codec_for

MAX_RTF_BYTES = 4_000_000
MAX_GROUPS = 1000
_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z])"
    rb"|(?P<brace>[{}])"
    rb"|(?P<text>[^\\{}\r\n]+)"
    rb"|[\r\n]+|\\"
)
# Groups whose text is not the letter's.
_ASIDE = frozenset(
    b"fonttbl colortbl stylesheet info pict header headerl headerr headerf footer footerl footerr"
    b" footerf generator themedata colorschememapping latentstyles datastore listtable mhtmltag"
    b" listoverridetable rsidtbl xmlnstbl object objdata nonshppict fldinst filetbl".split()
)
_SIGNS = {
    **{b"par": "\r\n", b"line": "\r\n", b"row": "\r\n", b"sect": "\r\n", b"page": "\r\n"},
    **{b"tab": "\t", b"cell": "\t", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“"},
    **{b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—"},
    **{b"emspace": "\u2003", b"enspace": "\u2002"},
}
_CHARSETS = {
    **{0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253},
    **{162: 1254, 163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250},
}


@dataclass(frozen=True, slots=True)
class RtfContent:
    """One of the two is empty."""

    text: str = ""
    html: str = ""


def decompressed(octets: bytes) -> bytes:
    """The RTF of PR_RTF_COMPRESSED (MS-OXRTFCP); empty for what is damaged or too large."""
    if len(octets) < 16 or int.from_bytes(octets[4:8], "little") > MAX_RTF_BYTES:
        return b""
    length, size = (int.from_bytes(octets[at : at + 4], "little") for at in (0, 4))
    octets = octets[: length + 4].ljust(min(length + 4, len(octets) + 2), b"\0")
    # Programs write wrong checksums, and the library refuses those.
    checksum = crc32(octets[16:]) if octets[8:12] == b"LZFu" else 0
    try:
        repaired = octets[:12] + checksum.to_bytes(4, "little") + octets[16:]
        return bytes(compressed_rtf.decompress(repaired))[:size]
    except Exception:  # noqa: BLE001 - the library raises Exception itself
        return b""


def read_rtf(octets: bytes) -> RtfContent:
    """Never raises."""
    octets = octets[:MAX_RTF_BYTES].rstrip(b"\0")
    if not octets.lstrip().startswith(b"{\\rtf"):
        return RtfContent()
    reader = _Reader(is_html=b"\\fromhtml" in octets[:1000])
    reader.read(octets)
    written = "".join(reader.written)
    return RtfContent(html=written) if reader.is_html else RtfContent(text=written.strip("\r\n"))


@dataclass(slots=True)
class _Group:
    is_aside: bool = False
    is_tag: bool = False
    is_hidden: bool = False
    is_fonts: bool = False
    codec: str = "cp1252"
    skip: int = 1


@dataclass(slots=True)
class _Reader:
    is_html: bool
    written: list[str] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    fonts: dict[int, str] = field(default_factory=dict)
    page: str = "cp1252"
    font: int = 0
    to_skip: int = 0
    high: int = 0
    is_starred: bool = False
    pending: bytearray = field(default_factory=bytearray)

    def read(self, octets: bytes) -> None:
        place = 0
        while match := _TOKEN.match(octets, place):
            place = match.end()
            kind = match.lastgroup
            if match["word"]:
                number = int(match["number"]) if match["number"] else None
                if match["word"] == b"bin" and number and number > 0:
                    place += number
                self._word(match["word"], number)
            elif kind is not None:
                _KINDS[kind](self, match[kind])
        self._flush()

    def _word(self, word: bytes, number: int | None) -> None:
        group, starred = self.groups[-1], self.is_starred
        self.is_starred = False
        if word == b"htmltag" and starred:
            group.is_tag = self.is_html
            group.is_aside = not self.is_html
        elif starred or word in _ASIDE:
            group.is_aside, group.is_fonts = True, word == b"fonttbl"
        elif word == b"htmlrtf":
            group.is_hidden = self.is_html and number != 0
        elif word == b"u" and number is not None:
            self._say(self._unicode(number))
            self.to_skip = group.skip
        elif sign := _SIGNS.get(word):
            self._say(sign)
        elif number is not None:
            self._set(group, word, number)

    def _unicode(self, number: int) -> str:
        """``\\u-3844``: 16 bits with a sign, or half of a pair."""
        code, high = number % 0x10000, self.high
        self.high = code if 0xD800 <= code < 0xDC00 else 0
        if 0xDC00 <= code < 0xE000:
            return chr(0x10000 + (high - 0xD800) * 0x400 + code - 0xDC00) if high else ""
        return "" if self.high else chr(code)

    def _set(self, group: _Group, word: bytes, number: int) -> None:
        if word == b"uc":
            group.skip = min(max(number, 0), 8)
        elif word == b"ansicpg":
            self.page = codec_for(f"cp{number}") or "cp1252"
            self._turn(self.page)
        elif word == b"fcharset" and group.is_fonts:
            page = _CHARSETS.get(number)
            self.fonts[self.font] = codec_for(f"cp{page}") or self.page if page else self.page
        elif word == b"f":
            self.font = number
            if not group.is_fonts:
                self._turn(self.fonts.get(number, self.page))

    def _turn(self, codec: str) -> None:
        self._flush()
        self.groups[-1].codec = codec

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self.to_skip, self.is_starred = 0, False
        if brace == b"{":
            if len(self.groups) < MAX_GROUPS:
                self.groups.append(replace(self.groups[-1]))
        elif len(self.groups) > 1:
            self.groups.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.is_starred = True
        elif symbol in b"{}\\":
            self._octets(symbol)
        elif said := {b"~": "\u00a0", b"_": "\u2011", b"\n": "\r\n", b"\r": "\r\n"}.get(symbol):
            self._say(said)

    def _hex(self, digits: bytes) -> None:
        self._octets(bytes((int(digits, 16),)))

    def _octets(self, octets: bytes) -> None:
        """Plain characters and ``\\'xx`` alike, so that two of them can be one letter."""
        skipped = min(self.to_skip, len(octets))
        self.to_skip -= skipped
        if self._is_said():
            self.pending += octets[skipped:]

    def _say(self, text: str) -> None:
        if self._is_said():
            self._flush()
            self.written.append(text)

    def _is_said(self) -> bool:
        group = self.groups[-1]
        return not group.is_aside and (group.is_tag or not group.is_hidden)

    def _flush(self) -> None:
        if self.pending:
            self.written.append(self.pending.decode(self.groups[-1].codec, "replace"))
            self.pending.clear()


_KINDS: dict[str, Callable[[_Reader, bytes], None]] = {
    "hex": _Reader._hex,
    "symbol": _Reader._symbol,
    "brace": _Reader._brace,
    "text": _Reader._octets,
}
