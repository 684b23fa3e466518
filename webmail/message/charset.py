"""Octets to text, whatever the label says.  Nothing here raises.

Labels are looked up as browsers do (WHATWG Encoding), so that ``iso-8859-1`` means
windows-1252 and ``gb2312`` GB18030; a few older names of mail are added.  Only the
codecs named here are ever used: UTF-7 and Python's own transforms are refused (T40).
"""

import codecs
import re
from functools import lru_cache

import webencodings
from charset_normalizer import from_bytes

# What Python calls the encodings of the WHATWG list, each in its widest variant.
_WIDER = {
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
}
_MAIL_NAMES = {
    "cp874": "cp874",
    "cp932": "cp932",
    "cp936": "gb18030",
    "cp949": "cp949",
    "cp950": "cp950",
    "cp437": "cp437",
    "cp850": "cp850",
    "cp852": "cp852",
    "cp858": "cp858",
    "ibm437": "cp437",
    "ibm850": "cp850",
    "iso-2022-kr": "iso2022_kr",
    "iso-2022-jp-1": "iso2022_jp_ext",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_3",
    "hz-gb-2312": "hz",
    "euc-jisx0213": "euc_jisx0213",
    "shift_jisx0213": "shift_jisx0213",
    "utf-32": "utf-32",
    "utf-32be": "utf-32-be",
    "utf-32le": "utf-32-le",
    "iso-8859-1-windows-3.1-latin-1": "cp1252",
    "viscii": "cp1258",
}
_REFUSED = frozenset({"utf-7", "utf7", "x-user-defined", "replacement"})
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
# What mail without a label is written in; the more are tried, the worse the guess.
_GUESSES = [
    *("cp1252", "koi8_r", "cp1251", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp1250"),
    *("iso8859_2", "cp1253", "cp1255", "cp1256", "cp1254", "cp874", "koi8_u", "cp866"),
]
_SAMPLE_BYTES = 4096
# Below this many octets of a guess's own script, statistics say nothing.
_MIN_EVIDENCE = 12


def codec_for(label: str) -> str | None:
    """The codec a charset label stands for; None when unknown or refused."""
    return _codec_for(label.strip().strip("\"'").lower()[:64])


@lru_cache(maxsize=256)
def _codec_for(label: str) -> str | None:
    if not label or label in _REFUSED:
        return None
    found = webencodings.lookup(label)
    if found is None:
        return _MAIL_NAMES.get(label.replace("_", "-"))
    if found.name in _REFUSED:
        return None
    return _WIDER.get(found.name, str(found.codec_info.name))


def decode_text(raw: bytes, label: str = "", *, hint: str = "") -> str:
    """The text of ``raw``; ``label`` is believed unless the octets contradict it.

    ``hint`` is a charset to try when there is no usable label.  What stays undecodable
    becomes U+FFFD.
    """
    if not label and raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if label.strip().lower() in ("us-ascii", "ascii"):
        label = ""
    codec = codec_for(label)
    if codec is None:
        codec = _guess(raw)
        codec = codec if codec.startswith(("utf", "ascii")) else codec_for(hint) or codec
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
        foreign = sum(ord(c) > 0x7F for c in raw.decode("utf-8"))
    except UnicodeDecodeError:
        return False
    return foreign >= 3


def _guess(raw: bytes) -> str:
    for mark, codec in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return codec
    if raw.isascii():
        return "iso2022_jp_ext" if _ISO_2022_JP.search(raw) else "ascii"
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
    pieces = _ESCAPE.split(raw)
    text = [_decode(pieces[0], "ascii")]
    for escape, octets in zip(pieces[1::2], pieces[2::2], strict=True):
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


_ESCAPE = re.compile(rb"(\x1b\$[@B]|\x1b\([BJIH])")


def _shift_jis(octets: bytes) -> bytes:
    """Two octets of JIS X 0208 as the two of Shift_JIS; others are dropped."""
    pairs = bytes(octet & 0x7F for octet in octets if octet & 0x7F > 0x20)
    out = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
        trail = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
        out += bytes((lead, trail))
    return bytes(out)
