"""Whose words a draft holds: the marks of the windows that wrote them (F34).

A window has a name and counts its requests; one mark is both, ``"k3j8s0a1b2.4"``.  With its
words it sends the marks of the words that they go on from, its own last.  So a draft knows
what a window said before, also where the answer was lost or two requests overtook one
another, from what another device wrote: the former is no conflict.

Who writes without a script has no mark, and is told apart by the revision alone.
"""

import re
from typing import NamedTuple

_MARK = re.compile(r"([a-z0-9]{8,32})\.([0-9]{1,6})")
_MOST = 8  # windows; who has seen more of them forgets the first


class Mark(NamedTuple):
    window: str
    number: int


class Marks(tuple[Mark, ...]):
    """One mark of each window, in the order in which they wrote; the last one's words are these."""

    __slots__ = ()

    def __str__(self) -> str:
        return " ".join(f"{window}.{number}" for window, number in self)

    def covers(self, mark: Mark) -> bool:
        """Whether these words were written in the knowledge of those."""
        return any(own.window == mark.window and own.number >= mark.number for own in self)

    def go_on_from(self, stored: "Marks") -> bool:
        return bool(self and stored) and self.covers(stored[-1])

    def are_older_than(self, stored: "Marks") -> bool:
        """Whether later words of the same window are stored already, or what goes on from them."""
        return bool(self) and stored.covers(self[-1])

    def are_of(self, stored: "Marks") -> bool:
        """Whether the same window wrote both last."""
        return bool(self and stored) and self[-1].window == stored[-1].window


def read_marks(text: str) -> Marks:
    """What is no mark is passed over: without one the revision decides."""
    found: dict[str, int] = {}
    for word in text.split()[-_MOST:]:
        mark = _MARK.fullmatch(word)
        if mark:
            window, number = mark.group(1), int(mark.group(2))
            number = max(number, found.pop(window, 0))
            found[window] = number
    return Marks(Mark(*each) for each in found.items())
