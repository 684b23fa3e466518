"""Text cut into the words that the index is searched by.

Folded the same way on both sides: case, width and accents do not count.  A language without
spaces is cut into overlapping pairs of characters, so that any piece of it is found.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 40
_MOST_FOLDED = 20_000
_ASCII_WORD = re.compile("[a-z0-9]+")

# Han, Kana, Hangul, Thai, Lao, Tibetan, Myanmar, Khmer.
_SPACELESS = (
    "\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_SPACELESS}]+|[^{_SPACELESS} ]+")
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")

# Marks that many people leave out: accents, Hebrew and Arabic vowels, variation selectors.
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f]"
)
_PLAIN = {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe"}


class _Folding(dict[int, str]):
    """Each character as it is compared; what no word holds is a space."""

    def __missing__(self, codepoint: int) -> str:
        folded = _folded(chr(codepoint))
        if len(self) < _MOST_FOLDED:
            self[codepoint] = folded
        return folded


def _folded(character: str) -> str:
    if _DROPPED.match(character):
        return ""
    if unicodedata.category(character)[0] not in "LNM":
        return " "
    apart = unicodedata.normalize("NFKD", character.casefold())
    whole = unicodedata.normalize("NFC", _DROPPED.sub("", apart))
    return "".join(_PLAIN.get(each, each) for each in whole)


_FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Token:
    """``is_start``: any word that begins so; else the word itself."""

    text: str
    is_start: bool


def runs_of(text: str) -> list[str]:
    """The words in their order, folded; a run of a language without spaces is one."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _RUN.findall(unicodedata.normalize("NFKC", text).translate(_FOLDING))


def tokens_of(text: str) -> Iterable[str]:
    """What the index keeps of a text."""
    if text.isascii():
        return [run[:_LONGEST] for run in _ASCII_WORD.findall(text.lower())]
    return [token for run in runs_of(text) for token in _cut(run)]


def _cut(run: str) -> list[str]:
    """Pairs, and the last character alone: so every character begins a token."""
    if _IS_SPACELESS.match(run):
        return [run[at : at + 2] for at in range(len(run))]
    return [run[:_LONGEST]]


def wanted_tokens(text: str) -> tuple[Token, ...]:
    """What a message must have to hold the words of ``text``, the last perhaps unfinished.

    Several are necessary, not sufficient: ``holds`` knows whether they stand together.
    """
    runs = runs_of(text)
    wanted: dict[Token, None] = {}
    for number, run in enumerate(runs, 1):
        if _IS_SPACELESS.match(run) and len(run) > 1:
            wanted.update((Token(pair, False), None) for pair in _cut(run)[:-1])
        else:
            is_start = number == len(runs) or len(run) > _LONGEST or bool(_IS_SPACELESS.match(run))
            wanted[Token(run[:_LONGEST], is_start)] = None
    return tuple(wanted)


def holds(text: str, wanted: str) -> bool:
    """Whether the words of ``wanted`` stand in ``text`` together, from the start of a word."""
    runs = runs_of(wanted)
    if not runs:
        return False
    start = "" if _IS_SPACELESS.match(runs[0]) else " "
    return start + " ".join(runs) in " " + " ".join(runs_of(text))


def places_of(text: str, wanted: str) -> list[tuple[int, int]]:
    """Where the words of ``wanted`` stand in ``text``: at the starts of words, else anywhere."""
    folded, origin = _traced(text)
    places = []
    for run in runs_of(wanted):
        found = [each.start() for each in re.finditer(re.escape(run), folded)]
        starts = [at for at in found if _begins_word(folded, at)]
        for at in starts or found:
            places.append((origin[at], origin[at + len(run)]))
    return places


def _traced(text: str) -> tuple[str, list[int]]:
    """The text folded, and where each character of that came from; at the end the length.

    What is left out of words belongs to the character before it.
    """
    folded: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        pieces = _FOLDING[ord(character)]
        folded.append(pieces)
        origin += [at] * len(pieces)
    return "".join(folded), [*origin, len(text)]


def _begins_word(folded: str, at: int) -> bool:
    return at == 0 or folded[at - 1] == " " or bool(_IS_SPACELESS.match(folded[at]))
