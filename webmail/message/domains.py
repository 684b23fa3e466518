"""Whose domain a name belongs to, how it is shown, and what it looks like.

The list of public suffixes and the tables of look-alike letters come with their libraries;
nothing is asked of the net.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

_DIGITS_AS_LETTERS = str.maketrans("015", "ols")
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_MAX_LENGTH = 253
_IP = re.compile(r"\[.*\]|\d{1,3}(?:\.\d{1,3}){3}")


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """The part that somebody registered: ``example.co.uk`` of ``mail.example.co.uk``.

    In lower case, as U-labels.  The host itself where it is an address or has no public
    suffix above it.  Suffixes that companies hand out (``github.io``) count too: who has
    one name below them does not have the next.
    """
    host = unicode_host(host)
    if not host or _IP.fullmatch(host):
        return host
    plain = ascii_host(host)
    found = _suffixes().privatesuffix(plain)
    if found is None and _suffixes().publicsuffix(plain) is None:
        found = ".".join(plain.split(".")[-2:])  # an ending of a private net
    # As many labels as the A-labels have: in those the suffixes are told apart.
    return ".".join(host.split(".")[-found.count(".") - 1 :]) if found else host


def organisation(host: str) -> str:
    """The one label that names who registered it: ``example`` of ``mail.example.co.uk``."""
    return registrable_domain(host).partition(".")[0]


def suffix_of(host: str) -> str:
    """What stands after the organisation: ``co.uk``."""
    return registrable_domain(host).partition(".")[2]


def has_known_suffix(host: str) -> bool:
    """Whether names are registered under its ending, so that it can be one."""
    return _suffixes().publicsuffix(ascii_host(unicode_host(host))) is not None


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # a second to read: not at every start

    return PublicSuffixList(accept_unknown=False)


@cache
def _tables() -> Any:
    from confusable_homoglyphs import categories, confusables  # megabytes of tables

    return categories, confusables


def unicode_host(host: str) -> str:
    """Lower case, A-labels undone where they can be, no dot at the end."""
    host = host.strip().rstrip(".")[:_MAX_LENGTH].lower()
    if "xn--" not in host:
        return host
    return ".".join(_unicode_label(label) for label in host.split("."))


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").lower() or label
    except (UnicodeError, ValueError, OverflowError):
        return label


def ascii_host(host: str) -> str:
    """A-labels, whatever the letters are: this shows a name, it does not judge it."""
    return ".".join(_ascii_label(label) for label in host.strip().lower().split("."))


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return "xn--" + unicodedata.normalize("NFC", label).encode("punycode").decode("ascii")
    except UnicodeError:
        return label.encode("ascii", "backslashreplace").decode("ascii")


@lru_cache(maxsize=8192)
def script_of(character: str) -> str:
    """``LATIN``, ``COMMON``… as Unicode names scripts."""
    if character.isascii():
        return "LATIN" if character.isalpha() else "COMMON"
    return str(_tables()[0].alias(character))


@lru_cache(maxsize=8192)
def _prototype(character: str) -> str:
    """The plain letters that a character looks like; itself where it looks like none."""
    if character.isascii():
        return character
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    if plain:
        return plain.lower()
    shapes = [each["c"] for each in _tables()[1].confusables_data.get(character, ())]
    candidates = [shape for shape in shapes if shape.isascii() and shape.isalnum()]
    return min(candidates, key=lambda shape: (not shape.islower(), shape)) if candidates else ""


def looks_latin(character: str) -> bool:
    """Whether a letter of another script can be taken for a Latin letter or a digit."""
    return bool(_prototype(character))


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """What a text looks like at a glance; two names of one skeleton are taken for each other.

    After UTS 39, section 4, and further: accents go, and so does the difference between
    rn and m, 0 and o, 1, l and i, which a mail program's letters hardly show.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(_prototype(c) or c for c in text if unicodedata.category(c) not in _UNSEEN)
    plain = plain.lower().translate(_DIGITS_AS_LETTERS)
    for pair, one in _PAIRS:
        plain = plain.replace(pair, one)
    return plain.replace("i", "l")


_UNSEEN = {"Cc", "Cf", "Mn", "Me"}


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter was changed, added, left out, or two neighbours exchanged."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    first, second = one[start:], other[start:]
    if len(one) != len(other):
        return first[1:] == second or first == second[1:]
    exchanged = first[:2] == second[:2][::-1] and first[2:] == second[2:]
    return first[1:] == second[1:] or exchanged
