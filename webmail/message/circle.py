"""Whom a mailbox knows: with whom it has exchanged mail, as far as that is remembered."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from webmail.message.brands import FREE_MAIL, speaking_name
from webmail.message.domains import organisation, registrable_domain, skeleton

_WORD = re.compile(r"[^\W_]+")
_BEHIND = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\s[-–—|/]\s.*$")
_TITLES = frozenset(
    """
    dr prof mr mrs ms miss herr frau ing dipl med mag phd mba bsc msc ceo cfo cto coo
    """.split()  # noqa: SIM905 - a table to read
)
_HOUSE_LETTERS = 5
_REGULAR = 2  # messages heard that make a sender worth imitating
_TRUSTED = 5


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """``written`` messages went to this address, ``heard`` came from it."""

    name: str
    addr_spec: str
    written: int = 0
    heard: int = 0

    @property
    def domain(self) -> str:
        return self.addr_spec.rpartition("@")[2].lower()

    @property
    def is_known(self) -> bool:
        return self.written > 0 or self.heard >= _REGULAR

    @property
    def is_trusted(self) -> bool:
        """Known too long to be an impostor: two messages are soon sent."""
        return self.written > 0 or self.heard >= _TRUSTED


@dataclass(frozen=True, slots=True)
class Circle:
    """``mine`` are the reader's own addresses, in lower case.

    ``has_memory`` is False where nothing is remembered yet, so that nobody is called a
    stranger.  ``houses`` are organisations by the shape of the name they write under,
    ``by_shape`` domains by what they look like.  ``domains`` are worth imitating,
    ``trusted`` ones known too long to be imitations.
    """

    mine: frozenset[str] = frozenset()
    has_memory: bool = False
    by_address: dict[str, Acquaintance] = field(default_factory=dict, repr=False)
    by_name: dict[str, tuple[Acquaintance, ...]] = field(default_factory=dict, repr=False)
    by_shape: dict[str, str] = field(default_factory=dict, repr=False)
    houses: dict[str, str] = field(default_factory=dict, repr=False)
    domains: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()

    def find(self, addr_spec: str) -> Acquaintance | None:
        return self.by_address.get(addr_spec.lower())

    def namesakes(self, name: str) -> tuple[Acquaintance, ...]:
        return self.by_name.get(name_shape(name), ())

    def knows_domain(self, host: str) -> bool:
        """Whether one may be named beside it: what links and names pretend to be."""
        return registrable_domain(host) in self.domains

    def trusts_domain(self, host: str) -> bool:
        return registrable_domain(host) in self.trusted


def circle_of(
    people: Iterable[Acquaintance], mine: Iterable[str] = (), *, has_memory: bool = True
) -> Circle:
    own = frozenset(address.lower() for address in mine)
    known = [each for each in people if "@" in each.addr_spec]
    by_name: dict[str, list[Acquaintance]] = {}
    houses: dict[str, str] = {}
    own_domains = {registrable_domain(address.rpartition("@")[2]) for address in own}
    domains = set(own_domains)
    for each in known:
        if not each.is_known:
            continue
        domains.add(registrable_domain(each.domain))
        shape = name_shape(each.name)
        if (house := _house(each)) is not None:
            houses[house] = each.name
        if " " in shape:  # a first name alone is anybody's
            by_name.setdefault(shape, []).append(each)
    domains -= {"", *FREE_MAIL}
    trusted = {registrable_domain(each.domain) for each in known if each.is_trusted} | own_domains
    return Circle(
        mine=own,
        has_memory=has_memory,
        by_address={each.addr_spec.lower(): each for each in known},
        by_name={shape: tuple(each) for shape, each in by_name.items()},
        by_shape={skeleton(organisation(each)): each for each in sorted(domains)},
        houses=houses,
        domains=frozenset(domains),
        trusted=frozenset(trusted),
    )


def _house(person: Acquaintance) -> str | None:
    """The name under which an organisation speaks for itself: that of its domain."""
    shape = speaking_name(person.name)
    is_house = shape == skeleton(organisation(person.domain)).replace("-", "")
    return shape if is_house and len(shape) >= _HOUSE_LETTERS else None


def name_shape(name: str) -> str:
    """A name as it is compared: order of its words, case, accents, look-alikes, titles, initials
    and what is said behind it aside."""
    if "@" in name:
        return ""
    words = [word.lower() for word in _WORD.findall(_BEHIND.sub(" ", name))]
    named = [word for word in words if len(word) > 1 and word not in _TITLES]
    # Names of some countries are a letter, or written in one sign.
    counted = named if len(named) > 1 else words or _WORD.findall(name.lower())
    return " ".join(sorted(map(skeleton, counted)))
