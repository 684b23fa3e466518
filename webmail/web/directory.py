"""People in an order, found by the starts of words in their names and addresses.

The words of all stand in one text, which is searched as a whole: thousands of people take
well under a millisecond, where asking each of them takes fifty.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from webmail.index.tokens import runs_of

PEOPLE, MACHINES, OWN = range(3)
_MIDDLE = 3  # letters that may stand within a word


@dataclass(frozen=True, slots=True)
class Person:
    """``kind`` comes first in the order: people, then machines, then one's own addresses.

    ``written_at`` is in seconds since 1970, 0 for never.
    """

    name: str
    addr_spec: str
    kind: int = PEOPLE
    written_at: int = 0


class _Shelf:
    """Those of one kind: the words of each, and those of each address, a blank before each."""

    def __init__(self, people: Sequence[tuple[int, Person]]) -> None:
        self.people = people
        self._words = [_words(person) for _, person in people]
        self._all_words = _Text(self._words)
        self._all_addresses = _Text([_address_words(person) for _, person in people])

    def find(self, query: str, runs: Sequence[str]) -> Iterator[int]:
        """Places by the starts of words, then by what stands within words."""
        found: set[int] = set()
        for place in self._starts(query, runs):
            found.add(place)
            yield place
        if "@" not in query and all(len(r) >= _MIDDLE or not r.isascii() for r in runs):
            yield from (at for at in self._having(runs) if at not in found)

    def _starts(self, query: str, runs: Sequence[str]) -> Iterable[int]:
        words = self._having([f" {run}" for run in runs]) if "@" not in query else iter(())
        if "@" not in query and "." not in query:
            return words
        return sorted({*words, *self._all_addresses.having(blanked(runs))})

    def _having(self, wanted: Sequence[str]) -> Iterator[int]:
        may_be = self._all_words.having(max(wanted, key=len))
        return (at for at in may_be if all(one in self._words[at] for one in wanted))


class _Text:
    def __init__(self, pieces: Sequence[str]) -> None:
        self._text = "\n".join(pieces)
        self._begins = [0, *accumulate(len(piece) + 1 for piece in pieces)]

    def having(self, wanted: str) -> Iterator[int]:
        """The places of the pieces that hold it, in their order."""
        at = self._text.find(wanted)
        while at >= 0:
            place = bisect_right(self._begins, at) - 1
            yield place
            at = self._text.find(wanted, self._begins[place + 1])


class Directory:
    """``everybody`` are the most used first."""

    def __init__(self, everybody: Iterable[Person]) -> None:
        ranked = list(enumerate(everybody))
        self._shelves = [
            _Shelf([each for each in ranked if each[1].kind == kind])
            for kind in (PEOPLE, MACHINES, OWN)
        ]

    def find(self, query: str) -> Iterator[tuple[int, Person]]:
        """Rank and person, the likeliest first; all of them where nothing is asked."""
        runs = runs_of(query)
        if not runs and query.strip():
            return
        for shelf in self._shelves:
            places = shelf.find(query, runs) if runs else range(len(shelf.people))
            yield from (shelf.people[place] for place in places)


def begins_words(text: str, query: str) -> bool:
    """Whether each word of the query begins one of the text."""
    words = blanked(runs_of(text))
    return all(f" {run}" in words for run in runs_of(query))


def begins_text(text: str, query: str) -> bool:
    return blanked(runs_of(text)).startswith(blanked(runs_of(query)))


def blanked(runs: Iterable[str]) -> str:
    return "".join(f" {run}" for run in runs)


def _words(person: Person) -> str:
    """Without the end of the domain, which everybody's has."""
    local, _, domain = person.addr_spec.rpartition("@")
    labels = domain.rpartition(".")[0] or domain
    return blanked([*runs_of(person.name), *runs_of(local), *runs_of(labels)])


def _address_words(person: Person) -> str:
    return blanked(runs_of(person.addr_spec))
