"""Which encoding undeclared octets are in, told from the letters that languages use.

Text in other scripts is known by how often its letters come; text in Latin letters by
whether one language has all the accents that are found; CJK text by the rows of its tables
that are in daily use.  None is answered where that says nothing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_HIGH = re.compile(rb"[\x80-\xff]+")
_MARKS = frozenset("’‘“”„–—…€«»°§·•\u00a0№™©®¿¡´`¨²³½")
_ENOUGH = 0.55
_MIN_LETTERS = 3

# The letters of a language, the most frequent first, and the encodings it is written in.
_SCRIPTS = (
    ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёъ", ("koi8-r", "cp1251", "iso8859-5", "cp866")),
    ("оаинтервсілкудмпязьбгчхйцжєїюшщфґ'", ("koi8-u", "cp1251")),
    ("аеиотнрсвлдкпмзуябгъчцщшжхюйьф", ("cp1251",)),
    ("αοιετσνηυρπκμλςάίόέγδωήθχώύφβξζψϊ", ("cp1253", "iso8859-7")),
    ("יוהלאמתרבשנדעםחקפטןגכסזצךףץ", ("cp1255",)),
    ("اليمنرتبوةعدسفهكحقأجشصطخضذإءىثغئزظآؤ،", ("cp1256", "iso8859-6")),
    ("รนากอเง่้มยลวดทสะตปบคหแจพไชขใโผซธถศณษภฟึืูุ์ิีัำ็ญ", ("cp874",)),
    ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёъ", ("mac-cyrillic",)),
)
_LATIN = (
    ("äöüß", "cp1252"),
    ("éèàçêôîùûâëïœæ", "cp1252"),
    ("áéíóúñüçàèòï", "cp1252"),
    ("ãõáéíóúâêôçàü", "cp1252"),
    ("àèéìòù", "cp1252"),
    ("åäöé", "cp1252"),
    ("æøåéüö", "cp1252"),
    ("áðéíóúýþæö", "cp1252"),
    *(("ąćęłńóśźż", codec) for codec in ("cp1250", "iso8859-2")),
    *(("áčďéěíňóřšťúůýžľĺŕôä", codec) for codec in ("cp1250", "iso8859-2")),
    *(("áéíóöőúüű", codec) for codec in ("cp1250", "iso8859-2")),
    *(("čćđšž", codec) for codec in ("cp1250", "iso8859-2")),
    *(("ăâîşţ", codec) for codec in ("cp1250", "iso8859-2")),
    ("çğıöşüi\u0307âî", "cp1254"),
    ("ąčęėįšųūž", "cp1257"),
    ("āčēģīķļņšūž", "cp1257"),
)


def codec_from_letters(sample: bytes) -> str | None:
    """The most likely codec of a text of which nothing is told; None without a likely one."""
    runs = _HIGH.findall(sample)
    high = sum(map(len, runs))
    in_runs = sum(len(run) for run in runs if len(run) > 1)
    if not high:
        return None
    if in_runs * 10 < high * 6:
        return _latin(sample)
    return _ideographs(sample, runs) or _script(sample)


def _script(sample: bytes) -> str | None:
    likely = [
        (_frequency(letters, text), codec)
        for letters, codecs in _SCRIPTS
        for codec in codecs
        if (text := _strictly(sample, codec)) is not None
    ]
    score, codec = max(likely, default=(0.0, ""), key=lambda pair: pair[0])
    return codec if score > _ENOUGH else None


@lru_cache(maxsize=len(_SCRIPTS))
def _weights(letters: str) -> dict[str, float]:
    return {letter: 1 - place / len(letters) for place, letter in enumerate(letters)}


def _frequency(letters: str, text: str) -> float:
    """How usual the letters are, at most 1; a capital within a word counts against it."""
    weights = _weights(letters)
    foreign = [char for char in text if char > "\x7f" and char not in _MARKS]
    if len(foreign) < _MIN_LETTERS:
        return 0.0
    score = sum(weights.get(char.lower(), -1.0) for char in foreign)
    if letters[0] != letters[0].upper():
        mixed = sum(b.isupper() and a.islower() for a, b in zip(text, text[1:], strict=False))
        score -= 2 * mixed
    return score / len(foreign)


def _latin(sample: bytes) -> str | None:
    """The first encoding in which every accent belongs to one language."""
    for letters, codec in _LATIN:
        text = _strictly(sample, codec)
        if text is None:
            continue
        foreign = [c for c in text.lower() if c > "\x7f" and c not in _MARKS]
        if len(foreign) >= _MIN_LETTERS and all(char in letters for char in foreign):
            return codec
    return None


def _ideographs(sample: bytes, runs: list[bytes]) -> str | None:
    if all(len(run) % 2 == 0 and min(run) > 0xA0 for run in runs):
        return _two_high_octets(runs)
    japanese = _strictly(sample, "cp932")
    if japanese is not None and _share_of(japanese, "\u3040", "\u30ff") > 0.25:
        return "cp932"
    chinese = _strictly(sample, "big5")
    leads = list(_big5_leads(sample)) if chinese is not None else []
    common = sum(0xA4 <= lead <= 0xC6 for lead in leads)
    return "big5hkscs" if leads and common * 10 >= len(leads) * 7 else None


def _two_high_octets(runs: list[bytes]) -> str | None:
    """EUC: the first octet of a pair names the row, and rows hold kana, Hangul or hanzi."""
    rows = [run[at] for run in runs for at in range(0, len(run), 2)]
    kana = sum(row in (0xA4, 0xA5) for row in rows)
    words = [row for row in rows if row > 0xAF]
    if kana * 4 > len(rows):
        return "euc_jp"
    if len(words) < 2 or len(words) * 2 < len(rows):
        return None
    if all(row <= 0xC8 for row in words):
        return "cp949"
    common = sum(row <= 0xD7 for row in words)
    return "gb18030" if common * 10 >= len(words) * 8 else None


def _big5_leads(sample: bytes) -> Iterator[int]:
    place = 0
    while place < len(sample):
        if sample[place] > 0x80:
            yield sample[place]
            place += 1
        place += 1


def _share_of(text: str, low: str, high: str) -> float:
    foreign = [char for char in text if char > "\x7f"]
    return sum(low <= char <= high for char in foreign) / max(len(foreign), 1)


def _strictly(sample: bytes, codec: str) -> str | None:
    try:
        return sample.decode(codec)
    except UnicodeDecodeError:
        return None
