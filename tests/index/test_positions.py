"""How many rows stand above a page, remembered."""

from datetime import UTC, datetime

import pytest

from webmail.index import positions
from webmail.index.models import IndexedMailbox

NOW = datetime(2026, 11, 26, tzinfo=UTC)
# The places of a list of ten, newest first.
PLACES = [(1000 - n, 10 - n) for n in range(10)]


@pytest.fixture(autouse=True)
def nothing_known():
    positions._known.clear()


class Counting:
    """Counts the rows above a place, and how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, place):
        self.asked += 1
        return PLACES.index(place)


def mailbox(**fields):
    return IndexedMailbox(**{"pk": 1, "version": 3, "held": 10, "synced_at": NOW, **fields})


def above(count, start, size=3, box=None, kind="messages", **beside):
    beside = {"older_than": None, "newer_than": None, **beside}
    places = PLACES[start : start + size]
    return positions.above(box or mailbox(), kind, places, count=count, **beside)


def test_nothing_stands_above_the_newest_page():
    count = Counting()
    assert above(count, 0) == count.asked == 0


def test_who_pages_on_is_never_counted_again():
    count = Counting()
    assert [above(count, n, older_than=PLACES[n - 1]) for n in (3, 6, 9)] == [3, 6, 9]
    assert count.asked == 1


def test_nor_is_who_pages_back():
    count = Counting()
    above(count, 6, older_than=PLACES[5])
    assert above(count, 3, newer_than=PLACES[6]) == 3
    assert above(count, 0, newer_than=PLACES[3]) == 0
    assert count.asked == 1


@pytest.mark.parametrize(
    "changed", [{"version": 4}, {"held": 11}, {"pk": 2}, {"synced_at": NOW.replace(year=2027)}]
)
def test_another_state_of_the_mailbox_is_counted_anew(changed):
    count = Counting()
    above(count, 6, older_than=PLACES[5])
    above(count, 6, older_than=PLACES[5], box=mailbox(**changed))
    assert count.asked == 2


def test_messages_and_conversations_are_two_lists():
    count = Counting()
    above(count, 6, older_than=PLACES[5])
    above(count, 6, older_than=PLACES[5], kind="conversations")
    assert count.asked == 2


def test_only_so_many_are_remembered():
    count = Counting()
    for number in range(3000):
        above(count, 6, older_than=PLACES[5], box=mailbox(version=number))
    assert len(positions._known) <= 2048
