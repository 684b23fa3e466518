"""Names that cannot be read for what they are: mixed scripts, letters of another script.

The rules follow UTS 39 (highly restrictive) and what browsers do before they show a domain
in its own letters; where one of them fires, the domain is shown in A-labels.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from webmail.message.domains import ascii_host, looks_latin, script_of, unicode_host


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Oddity(StrEnum):
    """Why a name is not what it seems.  ``DEVIATION``: programs of two ages read it apart."""

    MIXED = "mixed"
    WHOLE = "whole"
    SIGN = "sign"
    DEVIATION = "deviation"
    BROKEN = "broken"


_CJK = {"HAN", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"}
_TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
)
# Scripts in daily use (UAX 31, table 5); names in others are shown in A-labels.
_IN_USE = _CJK | _words(
    """
    LATIN GREEK CYRILLIC ARMENIAN HEBREW ARABIC THAANA DEVANAGARI BENGALI GURMUKHI GUJARATI
    ORIYA TAMIL TELUGU KANNADA MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR GEORGIAN ETHIOPIC
    KHMER COMMON INHERITED
    """
)
# Letters that pass for Latin ones, or for digits, where a name has no others; and where such
# a name is at home all the same.
_PASSING = {
    "ARMENIAN": ("ագզէլհյոպսւօքցշ", {"am"}),
    "CYRILLIC": (
        "аеорсухіјѕһԁԛԝӏпгъьюѵѡԍҽ",
        _words("bg by kg kz mk mn rs ru su tj ua uz"),
    ),
    "ETHIOPIC": ("ሀሁሃሆሠሰስበቡተቺኀአኣዐዕዘጸፐ", {"er", "et"}),
    "GEORGIAN": ("იოყუხლკვძჽჿ", {"ge"}),
    "GREEK": ("αικνρυωηοτγχ", {"gr", "cy", "eu"}),
    "HEBREW": ("דוחטיןסםקנ", {"il"}),
    "MYANMAR": ("ခဂငထပဝသယ၀၁၂၃၄၅၆၇၈၉႐႑႒႓႔႕႖႗႘႙", {"mm"}),
    "THAI": ("ทนบพรหเแฟ๐", {"th"}),
    "BENGALI": ("০১২৩৪৫৬৭৮৯", {"bd", "in"}),
    "DEVANAGARI": ("ऽ०१२३४५६७८९", {"in", "np"}),
    "GUJARATI": ("ડટ૦૧૨૩૪૫૬૭૮૯", {"in"}),
    "GURMUKHI": ("ਨ੦੧੨੩੪੫੬੭੮੯", {"in"}),
    "KANNADA": ("ಽ೦೧೨೩೪೫೬೭೮೯", {"in"}),
    "MALAYALAM": ("ടഠധനറ൦൧൨൩൪൫൬൭൮൯", {"in"}),
    "ORIYA": ("ଠ୦୧୨୩୪୫୬୭୮୯", {"in"}),
    "TAMIL": ("௦௧௨௩௪௫௬௭௮௯", {"in", "lk", "sg"}),
    "TELUGU": ("ంఒ౦౧౨౩౪౫౬౭౮౯", {"in"}),
}
_ICELANDIC = {"is", "fo"}
# Latin letters outside the alphabets in use: small capitals and the phonetic ones.
_LATIN = re.compile("[a-zÀ-ɏḀ-ỿƀɓɔɖɗəɛɠɣɨɩɲʉʋʒ]")
_BETWEEN_KANA = "ノソゾンヘへ一丶丿丨ㄧ"
_DEVIATION = re.compile("[ßς\u200c\u200d]")
_DOTTED = re.compile("[ijlıf]\u0307")
_LOCAL = re.compile(r"[^\s.\"(),:;<>@\[\]\\]+(?:\.[^\s.\"(),:;<>@\[\]\\]+)*")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


@lru_cache(maxsize=4096)
def find_oddity(host: str) -> Oddity | None:
    """What is wrong with the letters of a domain; None for nearly every one."""
    host = unicode_host(host)
    if re.fullmatch(r"[a-z0-9._\[\]:-]*", host):
        return None
    top = host.rpartition(".")[2]
    return next((odd for label in host.split(".") if (odd := _label(label, top))), None)


def shown_host(host: str) -> str:
    """A domain in its own letters, or in A-labels where those would deceive."""
    odd = find_oddity(host)
    return unicode_host(host) if odd in (None, Oddity.DEVIATION) else ascii_host(unicode_host(host))


def shown_addr_spec(addr_spec: str) -> str:
    """An address whose domain is shown as ``shown_host`` does."""
    local, at, host = addr_spec.rpartition("@")
    if not at or (host.isascii() and "xn--" not in host.lower()):
        return addr_spec
    return f"{local}@{shown_host(host)}"


def find_local_oddity(local: str) -> Oddity | None:
    """The same for what stands before the ``@``: any one script will do."""
    if not _LOCAL.fullmatch(local):
        return Oddity.BROKEN
    if local.isascii():
        return None
    return _composed(local) or _scripts(local.casefold())


def find_name_oddity(name: str) -> Oddity | None:
    """Whether a display name turns the line around, or piles marks on a letter."""
    if _TURNING.search(name):
        return Oddity.SIGN
    return Oddity.BROKEN if _piled(unicodedata.normalize("NFD", name), most=4) else None


def _label(label: str, top: str) -> Oddity | None:
    if label.isascii():
        return None if re.fullmatch(r"[a-z0-9_-]*", label) else Oddity.BROKEN
    if _DEVIATION.search(label):
        return Oddity.DEVIATION
    return _composed(label) or _signs(label, top) or _scripts(label) or _whole(label, top)


def _composed(label: str) -> Oddity | None:
    """Characters that have another form, or are no letters."""
    if unicodedata.normalize("NFKC", label) != label:
        return Oddity.SIGN
    if any(unicodedata.category(c)[0] not in "LMN" and c not in "-._・·" for c in label):
        return Oddity.SIGN
    if unicodedata.category(label[0])[0] == "M" or _piled(label, most=2):
        return Oddity.SIGN
    return None


def _piled(text: str, *, most: int) -> bool:
    """The same mark twice on a letter, or too many marks."""
    run: list[str] = []
    for character in text:
        run = [*run, character] if unicodedata.category(character) in {"Mn", "Me"} else []
        if len(run) > most or len(set(run)) < len(run):
            return True
    return False


def _signs(label: str, top: str) -> Oddity | None:
    """Characters that are fine in one place only."""
    for at, character in enumerate(label):
        before, after = label[at - 1 : at], label[at + 1 : at + 2]
        if not _is_in_place(character, before, after, top):
            return Oddity.SIGN
    return Oddity.SIGN if _DOTTED.search(label) else None


def _is_in_place(character: str, before: str, after: str, top: str) -> bool:
    scripts = {script_of(each) for each in (before, after) if each}
    match character:
        case "·":
            return before == after == "l" and top == "cat"
        case "ー":
            return bool(before) and (script_of(before) in {"HIRAGANA", "KATAKANA"})
        case "ヽ" | "ヾ":
            return bool(before) and script_of(before) == "KATAKANA"
        case "・":
            return bool(before) and "LATIN" not in scripts and bool(scripts & _CJK)
        case "\u3099" | "\u309a":
            return bool(before) and script_of(before) in {"HIRAGANA", "KATAKANA"}
        case "þ" | "ð":
            return top in _ICELANDIC
        case "ə":
            return top == "az"
        case _ if character in _BETWEEN_KANA:
            return "LATIN" not in scripts or bool(scripts & _CJK)
        case _ if "\u0300" <= character <= "\u036f":
            return bool(before) and _bears_accents(before)
    return True


def _bears_accents(character: str) -> bool:
    return script_of(character) in {"LATIN", "GREEK", "CYRILLIC", "INHERITED"}


def _scripts(label: str) -> Oddity | None:
    found = {script_of(character) for character in label} - {"COMMON", "INHERITED"}
    if found - _IN_USE:
        return Oddity.MIXED
    if len(found) > 1 and not any(found <= allowed for allowed in _TOGETHER):
        return Oddity.MIXED
    letters = (c for c in label if script_of(c) == "LATIN")
    return None if all(_LATIN.match(c) for c in letters) else Oddity.WHOLE


def _whole(label: str, top: str) -> Oddity | None:
    """A name all of whose letters pass for others, where that script is not at home."""
    letters = [c for c in label if script_of(c) not in {"COMMON", "INHERITED", "LATIN"}]
    if not letters or (script := script_of(letters[0])) not in _PASSING:
        return None
    passing, home = _PASSING[script]
    if top in home or script_of(top[-1:]) == script:
        return None
    passes = all(c in passing or (script == "CYRILLIC" and looks_latin(c)) for c in letters)
    return Oddity.WHOLE if passes else None
