"""Pages of a mailbox, their order and their ends."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.index.conftest import ACCOUNT
from tests.store.contract import letter
from webmail.index import growing, listing, sync

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def mailbox(store):
    """Nine letters; 4 and 5 came in the same second, 9 is older than its UID says."""
    minutes = [1, 2, 3, 4, 4, 6, 7, 8, 0]
    for number, minute in enumerate(minutes, 1):
        store.append("INBOX", letter(number), internal_date=START + timedelta(minutes=minute))
    return growing.grow(store, sync.reconcile(store, ACCOUNT, "INBOX"), for_s=60)


def numbers(found):
    return [int(row.subject.removeprefix("Letter ")) for row in found.rows]


def test_pages_follow_each_other_downwards_without_gap_or_repeat(mailbox):
    seen, place = [], None
    while True:
        found = listing.page(mailbox, older_than=place, size=2)
        seen += numbers(found)
        if not found.has_older:
            break
        place = found.rows[-1].place
    assert seen == [8, 7, 6, 5, 4, 3, 2, 1, 9]


def test_pages_lead_back_upwards(mailbox):
    last = listing.page(mailbox, older_than=(int(START.timestamp()) + 240, 5), size=3)
    assert numbers(last) == [4, 3, 2]
    back = listing.page(mailbox, newer_than=last.rows[0].place, size=3)
    assert numbers(back) == [7, 6, 5]
    assert (back.first_position, back.has_newer, back.has_older) == (2, True, True)


def test_a_page_says_where_it_stands(mailbox):
    first = listing.page(mailbox, size=4)
    assert (first.first_position, first.total, first.has_newer, first.has_older) == (
        1,
        9,
        False,
        True,
    )
    second = listing.page(mailbox, older_than=first.rows[-1].place, size=5)
    assert (second.first_position, second.has_newer, second.has_older) == (5, True, False)


def test_a_place_past_the_end_is_an_empty_page(mailbox):
    found = listing.page(mailbox, older_than=(0, 1), size=4)
    assert (found.rows, found.first_position, found.has_newer) == ((), 0, False)


def test_neighbours_are_those_of_the_list(mailbox):
    place = listing.find_place(mailbox, 5)
    assert listing.neighbours(mailbox, place) == (6, 4, 4)
    assert listing.neighbours(mailbox, listing.find_place(mailbox, 8)) == (0, 7, 1)
    assert listing.neighbours(mailbox, listing.find_place(mailbox, 9)) == (1, 0, 9)
