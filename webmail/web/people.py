"""How people and their words are shown: names, initials, tints, and nothing that deceives."""

import re
from functools import lru_cache
from zlib import crc32

from webmail.message.address import Address
from webmail.message.homograph import shown_addr_spec

_HUES = 8
# Controls do not belong in a line of text; bidirectional ones could turn a name or a file's
# ending around (T20).  The page sets each name in its own direction by dir="auto".
_INVISIBLE = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF]
    + [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_INVISIBLE[0x09] = _INVISIBLE[0x0A] = _INVISIBLE[0x0D] = " "
_SHOWN = {each: chr(0x2400 + each) for each in range(0x20) if each not in (0x09, 0x0A, 0x0D)}
_SHOWN |= {0x7F: "␡", 0x202D: "⟨LRO⟩", 0x202E: "⟨RLO⟩", 0x200B: "⟨ZWSP⟩", 0x2060: "⟨WJ⟩"}
_WORDS = re.compile(r"\w+")


def clean(text: str) -> str:
    """One line of somebody else's text without controls."""
    if text.isprintable():  # none of them is, and this is quick to tell
        return text.strip()
    return text.translate(_INVISIBLE).strip()


def visible(text: str) -> str:
    """The same, with a sign for each control that deceives: ``⟨RLO⟩``, ``␀``."""
    return text.strip() if text.isprintable() else clean(text.translate(_SHOWN))


def header_name(address: Address) -> str:
    """The name above a message, where nothing may be hidden."""
    return visible(address.name) or visible(shown_addr_spec(address.addr_spec)) or "(unknown)"


def name_of(address: Address) -> str:
    """The display name, or the address where there is none."""
    return clean(address.name) or clean(shown_addr_spec(address.addr_spec)) or "(unknown)"


def full_name(address: Address) -> str:
    """``Name <address>``, as the details show it."""
    name, addr_spec = visible(address.name), visible(shown_addr_spec(address.addr_spec))
    return f"{name} <{addr_spec}>" if name and name != addr_spec else addr_spec or name


def first_name(address: Address) -> str:
    """``Ingrid`` of ``Ingrid Lindgren`` and of ``Lindgren, Ingrid``."""
    name = clean(address.name)
    if not name or "@" in name:
        return clean(address.addr_spec).partition("@")[0] or name
    given = name.partition(",")[2].strip() or name
    return given.split()[0]


def names_of(addresses: tuple[Address, ...], *, mine: frozenset[str] = frozenset()) -> str:
    """``Ingrid, Jonas, you``: at most three, by first names when there are several."""
    if len(addresses) == 1:
        return _short_name(addresses[0], mine, name_of)
    names = [_short_name(address, mine, first_name) for address in addresses[:3]]
    more = len(addresses) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _short_name(address: Address, mine: frozenset[str], name) -> str:  # type: ignore[no-untyped-def]
    return "you" if address.addr_spec.lower() in mine else name(address)


@lru_cache(maxsize=2048)
def initials_of(name: str, addr_spec: str = "") -> str:
    """Up to two letters for the avatar."""
    words = _WORDS.findall(clean(name).partition("@")[0]) or _WORDS.findall(
        clean(addr_spec).partition("@")[0]
    )
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()[:2]


@lru_cache(maxsize=2048)
def hue_of(addr_spec: str) -> int:
    """One of eight tints, always the same for one address."""
    return crc32(addr_spec.lower().encode("utf-8", "replace")) % _HUES + 1
