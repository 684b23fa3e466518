"""Charset labels and the codecs they stand for.

Labels are looked up as browsers do (WHATWG Encoding), so that ``iso-8859-1`` means
windows-1252 and ``gb2312`` GB18030; the names that mail has besides are added.  Only the
codecs named here are ever used: UTF-7 and Python's own transforms are refused (T40).
"""

import re
from functools import lru_cache

import webencodings

# What Python calls the encodings of the WHATWG list, each in its widest variant.
_WIDER = {
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
}
_MAIL_NAMES = {
    "iso-2022-kr": "iso2022_kr",
    "iso-2022-jp-1": "iso2022_jp_ext",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_3",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "jis-encoding": "iso2022_jp_ext",
    "hz-gb-2312": "hz",
    "hz": "hz",
    "euc-jisx0213": "euc_jisx0213",
    "shift-jisx0213": "shift_jisx0213",
    "euckr": "cp949",
    "uhc": "cp949",
    "ks-c-5601": "cp949",
    "johab": "johab",
    "x-gb2312": "gb18030",
    "x-big5": "big5hkscs",
    "utf-32": "utf-32",
    "utf-32be": "utf-32-be",
    "utf-32le": "utf-32-le",
    "x-utf-8": "utf-8",
    "iso-8859-1-windows-3.1-latin-1": "cp1252",
    "iso646-us": "ascii",
    "mac-roman": "mac_roman",
    "mac-cyrillic": "mac_cyrillic",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "x-mac-ce": "mac_latin2",
    "x-mac-centraleurroman": "mac_latin2",
    "x-mac-icelandic": "mac_iceland",
    "hp-roman8": "hp_roman8",
    "x-roman8": "hp_roman8",
    "roman8": "hp_roman8",
    "koi8-t": "koi8_t",
    "kz-1048": "kz1048",
    "tis620": "cp874",
    "latin-9": "iso8859_15",
    "latin9": "iso8859_15",
    "latin-0": "iso8859_15",
}
# Microsoft's numbers, under whatever letters they come: cp1251, win-1251, x-cp1251, ms936.
_PAGES = {
    **{str(n): f"cp{n}" for n in (437, 720, 737, 775, 850, 852, 855, 857, 858, *range(860, 867))},
    **{str(n): f"cp{n}" for n in (869, 874, 1125, *range(1250, 1259), 949)},
    **{str(28590 + n): f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 13, 15)},
    **{"932": "cp932", "31": "cp932", "936": "gb18030", "950": "big5hkscs", "1361": "johab"},
    **{"943": "cp932", "54936": "gb18030", "65001": "utf-8", "1200": "utf-16-le"},
    **{"20866": "koi8_r", "21866": "koi8_u", "20932": "euc_jp", "51932": "euc_jp"},
    **{"50220": "iso2022_jp_ext", "50221": "iso2022_jp_ext", "50222": "iso2022_jp_ext"},
    **{"50225": "iso2022_kr", "51949": "cp949", "20127": "ascii", "28591": "cp1252"},
    **{"10000": "mac_roman", "10007": "mac_cyrillic", "52936": "hz", "1201": "utf-16-be"},
}
_REFUSED = frozenset({"utf-7", "utf7", "x-user-defined"})
_PAGE = re.compile(r"(?:x-)?(?:win(?:dows)?|cp|ms|ibm|dos|oem|pc|codepage)?[-_]?([0-9]{2,5})j?")
_PART_8859 = re.compile(r"(?:x-)?(?:iso)?[-_]?8859[-_.]?([0-9]{1,2})(?:[-_:,; ].*)?")
_LATIN = re.compile(r"(?:x-)?(?:iso-)?latin[-_]?([1-4])")


def codec_for(label: str) -> str | None:
    """The codec a charset label stands for; None when unknown or refused."""
    return _codec_for(label.strip().strip("\"';, ").lower()[:64])


@lru_cache(maxsize=256)
def _codec_for(label: str) -> str | None:
    if not label or label in _REFUSED:
        return None
    found = webencodings.lookup(label)
    # WHATWG has "replacement" for what a browser must not read; it is only text here.
    if found is not None and found.name not in ("replacement", *_REFUSED):
        return _WIDER.get(found.name, str(found.codec_info.name))
    dashed = label.replace("_", "-")
    return _MAIL_NAMES.get(dashed) or _numbered(label) or _dashed(dashed, label)


def _numbered(label: str) -> str | None:
    if page := _PAGE.fullmatch(label):
        return _PAGES.get(page[1])
    if part := _PART_8859.fullmatch(label):
        return _whatwg(f"iso-8859-{int(part[1])}")
    latin = _LATIN.fullmatch(label)
    return _whatwg(f"latin{latin[1]}") if latin else None


def _dashed(dashed: str, label: str) -> str | None:
    """``utf_8``, or a word that something was appended to: ``utf-8; format``."""
    bare = re.split(r"[\s;,:]", dashed, maxsplit=1)[0]
    if bare == label:
        return None
    return _whatwg(bare) or _MAIL_NAMES.get(bare)


def _whatwg(label: str) -> str | None:
    found = webencodings.lookup(label)
    if found is None or found.name in ("replacement", *_REFUSED):
        return None
    return _WIDER.get(found.name, str(found.codec_info.name))
