"""Octets to text, whatever the label says.  Nothing here raises."""

import codecs
import re
from collections.abc import Iterator
from itertools import chain, pairwise

from charset_normalizer import from_bytes

from webmail.message.charset_names import codec_for
from webmail.message.giving_way import politely
from webmail.message.letters import codec_from_letters

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings in seven bits, by what switches to their characters.
_SEVEN_BIT = (
    (re.compile(rb"\x1b\$[@B]|\x1b\([JI]"), "iso2022_jp_ext"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"~\{(?:[!-w][!-~]){2,}~\}"), "hz"),
)
# What mail without a label is written in; the more are tried, the worse the guess.
_GUESSES = [
    *("cp1252", "koi8_r", "cp1251", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp1250"),
    *("iso8859_2", "cp1253", "cp1255", "cp1256", "cp1254", "cp874", "koi8_u", "cp866"),
]
# One octet is one letter in them.
_SINGLE = frozenset(("cp1250", "cp1251", "cp1252", "iso8859-2", "iso8859-15", "koi8-r"))
_SAMPLE_BYTES = 4096
# Below this many octets of a guess's own script, statistics say nothing.
_MIN_EVIDENCE = 12


def decode_text(raw: bytes, label: str = "", *, hint: str = "") -> str:
    """The text of ``raw``; ``label`` is believed unless the octets contradict it.

    ``hint`` is a charset to try when there is no usable label.  What stays undecodable
    becomes U+FFFD.
    """
    if not label and raw.isascii() and b"\x1b" not in raw and b"~{" not in raw:
        return raw.decode("ascii")
    if label.strip().lower() in ("us-ascii", "ascii"):
        label = ""
    codec = codec_for(label)
    if codec is None:
        codec = _guess(raw)
        is_sure = codec.startswith(("utf", "ascii", "iso2022", "hz"))
        codec = codec if is_sure else codec_for(hint) or codec
    elif codec == "utf-8" and b"\x1b" in raw and raw.isascii():
        codec = _guess(raw)
    if _is_utf8_in_disguise(raw, codec):
        return raw.decode("utf-8")
    if codec == "iso2022_jp_ext":
        return decode_iso_2022_jp(raw)
    try:
        return raw.decode(codec).removeprefix("\ufeff")
    except (UnicodeError, ValueError):
        return _decode_contradicted(raw, codec)


def _decode(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec, errors="replace").removeprefix("\ufeff")
    except (UnicodeError, ValueError):
        return raw.decode("latin-1")


def _decode_contradicted(raw: bytes, codec: str) -> str:
    """A few bad octets are damage; many mean that the label lies."""
    text = _decode(raw, codec)
    foreign = sum(octet > 0x7F for octet in raw[:_SAMPLE_BYTES])
    if codec.startswith("iso2022") or text[:_SAMPLE_BYTES].count("\ufffd") * 4 <= foreign:
        return text
    return _decode(raw, _guess(raw))


def _is_utf8_in_disguise(raw: bytes, codec: str) -> bool:
    """Octets that are valid UTF-8 beyond chance, under another label."""
    if raw.isascii() or codec.startswith(("utf", "iso2022", "hz")):
        return False
    try:
        foreign = [c for c in raw.decode("utf-8") if c > "\x7f"]
    except UnicodeDecodeError:
        return False
    # Three octets of UTF-8 are no word in an encoding of one octet a letter.
    is_long = codecs.lookup(codec).name in _SINGLE and max(foreign) > "\u07ff"
    return len(foreign) >= 3 or is_long


def _guess(raw: bytes) -> str:
    for mark, codec in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return codec
    if raw.isascii():
        return next((codec for shift, codec in _SEVEN_BIT if shift.search(raw)), "ascii")
    if _is_mostly_utf8(raw):
        return "utf-8"
    return _guess_by_statistics(raw)


def _is_mostly_utf8(raw: bytes) -> bool:
    text = raw.decode("utf-8", errors="replace")
    foreign = sum(c > "\x7f" for c in text)
    return text.count("\ufffd") * 10 <= foreign


def _guess_by_statistics(raw: bytes) -> str:
    foreign_lines = [line for line in raw.splitlines() if not line.isascii()]
    sample = b"\n".join(foreign_lines)[:_SAMPLE_BYTES]
    told = codec_from_letters(sample)
    if told is not None:
        return told
    if sum(octet > 0x7F for octet in sample) < _MIN_EVIDENCE:
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    return "cp1252" if best is None else codec_for(best.encoding.replace("_", "-")) or "cp1252"


def decode_iso_2022_jp(raw: bytes) -> str:
    """ISO-2022-JP as browsers read it, with the characters of NEC and IBM (CP50221).

    Python's codecs refuse those rows and differ in the wave dash; the same characters in
    Shift_JIS it reads as browsers do.  JIS X 0212 it only has in its own codec.
    """
    if b"\x1b$(D" in raw:
        return _decode(raw, "iso2022_jp_ext")
    first = _ESCAPE.search(raw)
    text = [_decode(raw[: first.start()] if first else raw, "ascii")]
    for escape, octets in politely(_escaped(raw)):
        if escape in (b"\x1b$@", b"\x1b$B"):
            line, newline, rest = octets.partition(b"\n")
            text += (_decode(_shift_jis(line), "cp932"), _decode(newline + rest, "ascii"))
        else:
            half_width = escape == b"\x1b(I"
            octets = (
                bytes(o | 0x80 if 0x21 <= o <= 0x5F else o for o in octets)
                if half_width
                else octets
            )
            text.append(_decode(octets, "cp932"))
    return "".join(text)


_ESCAPE = re.compile(rb"\x1b\$[@B]|\x1b\([BJIH]")


def _escaped(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each escape sequence with the octets that follow it."""
    for escape, after in pairwise(chain(_ESCAPE.finditer(raw), (None,))):
        if escape is not None:
            yield escape[0], raw[escape.end() : after.start() if after else len(raw)]


def _shift_jis(octets: bytes) -> bytes:
    """Two octets of JIS X 0208 as the two of Shift_JIS; others are dropped."""
    pairs = bytes(octet & 0x7F for octet in octets if octet & 0x7F > 0x20)
    out = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
        trail = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
        out += bytes((lead, trail))
    return bytes(out)
