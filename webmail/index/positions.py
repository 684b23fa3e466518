"""How many rows stand above a place in a list, remembered for as long as the list stands.

Counting 75,000 rows takes as long as drawing a page.  Who pages through a list goes from
the place where the last page ended, and how many stand above that is known.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from webmail.index.models import IndexedMailbox
from webmail.index.places import Place

_REMEMBERED = 2048  # half a megabyte
_known: dict[tuple[object, ...], int] = {}
_lock = Lock()


def above(
    mailbox: IndexedMailbox,
    kind: str,
    places: Sequence[Place],
    *,
    older_than: Place | None,
    newer_than: Place | None,
    count: Callable[[Place], int],
) -> int:
    """How many rows stand above the first of a page, whose rows stand at ``places``.

    ``kind`` tells lists of one mailbox apart; ``count`` asks the index.
    """
    if not places or (older_than is None and newer_than is None):
        return 0
    # Whatever adds, removes or joins rows changes one of these; an index made anew the last.
    state = (mailbox.pk, kind, mailbox.version, mailbox.held, mailbox.synced_at)
    first = _find(state, places[0])
    if first is None and older_than is not None:
        first = _beside(state, older_than, 1)
    if first is None and newer_than is not None:
        first = _beside(state, newer_than, -len(places))
    if first is None:
        first = count(places[0])
    _keep({(*state, places[0]): first, (*state, places[-1]): first + len(places) - 1})
    return first


def _find(state: tuple[Any, ...], place: Place) -> int | None:
    return _known.get((*state, place))


def _beside(state: tuple[Any, ...], place: Place, steps: int) -> int | None:
    """The page begins so many rows from a place that was the end of another."""
    known = _find(state, place)
    return None if known is None else max(known + steps, 0)


def _keep(found: dict[tuple[object, ...], int]) -> None:
    with _lock:
        _known.update(found)
        while len(_known) > _REMEMBERED:
            del _known[next(iter(_known))]
