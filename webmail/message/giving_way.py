"""Long work gives way: between two of its pieces, the pages that others wait for go first.

Threads of Python take turns at the interpreter, and a page of 4 ms that takes twenty steps
waits for a turn at each of them while somebody's message takes 300 ms to read.
"""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")

# Who has been at work for longer is long work too, or waits for a mail server.
_SHORT_S = 0.05
_NAP_S = 0.0005
# Less than that is not worth a look at who else is there.
_STRETCH_S = 0.001
# What somebody's long work waits for others, all in all: it must end as well.
_MOST_S = 1.0
# How long a thread has the interpreter before the next gets it.  A page waits that long at each
# of its steps; where many are at work each change of thread takes from all of them.
_FEW = 4
_TURN_OF_FEW_S, _TURN_OF_MANY_S = 0.0001, 0.001


class Work:
    """What a process does for somebody who waits."""

    __slots__ = ("began", "gave_way", "is_waiting", "waited_s")

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.gave_way = 0.0
        self.is_waiting = False
        self.waited_s = 0.0


_all: dict[int, Work] = {}
_mine = threading.local()


@contextmanager
def work() -> Iterator[Work]:
    """Something to do from here on, which the long work of others gives way to."""
    new = Work()
    _all[id(new)] = new
    _set_turn()
    try:
        yield new
    finally:
        del _all[id(new)]
        _set_turn()


def _set_turn() -> None:
    sys.setswitchinterval(_TURN_OF_FEW_S if len(_all) <= _FEW else _TURN_OF_MANY_S)


def take_up(one: Work) -> None:
    """This thread is the one that does it from now on."""
    _mine.work = one


def give_way() -> None:
    """Lets those go first who came a moment ago.

    It may be called too often: it looks once in a millisecond, and costs next to nothing else.
    """
    mine = getattr(_mine, "work", None)
    if mine is None or len(_all) < 2 or time.monotonic() - mine.gave_way < _STRETCH_S:
        return
    mine.is_waiting = True
    while mine.waited_s < _MOST_S and _is_anybody_short(mine):
        began = time.monotonic()
        time.sleep(_NAP_S)
        mine.waited_s += time.monotonic() - began
    mine.is_waiting = False
    mine.gave_way = time.monotonic()


def _is_anybody_short(mine: Work) -> bool:
    since = time.monotonic() - _SHORT_S
    return any(
        each is not mine and not each.is_waiting and each.began > since
        for each in tuple(_all.values())
    )


def politely(items: Iterable[Item], stretch: int = 20) -> Iterator[Item]:
    """The items, giving way after every ``stretch`` of them: of those, less than a millisecond."""
    left = iter(items)
    while part := tuple(islice(left, stretch)):
        yield from part
        if len(part) == stretch:
            give_way()
