"""Lines of a list that are made once."""

import pytest

from webmail.index.lines import line
from webmail.index.models import IndexedMailbox
from webmail.index.rows import LISTED_COLUMNS

MAILBOX = IndexedMailbox(pk=1, name="INBOX", uidvalidity=7)
KEY = MAILBOX.first_key | 5
ROW = (KEY, 1_700_000_000, "Jonas\x1fjonas@hearth.example", "", "Cabin", "Hello", *[False] * 8, "")
OTHERS = {
    **{"id": KEY + 1, "internal_date": 1, "senders": "Ida\x1fida@hearth.example"},
    **{"recipients": "Ida\x1fida@hearth.example", "subject": "Boiler", "preview": "Bye"},
    "keywords": "$Forwarded",
}
# draft beside, message, senders, seen, flagged, draft, attachment, invitation
FIRST = (False, 1, "Jonas\x1fjonas@hearth.example", True, False, False, False, False)
SECOND = (False, 2, "Ida\x1fida@hearth.example", True, False, False, False, False)


@pytest.mark.parametrize("column", LISTED_COLUMNS)
def test_a_row_that_differs_in_anything_is_another_line(column):
    at = LISTED_COLUMNS.index(column)
    other = (*ROW[:at], OTHERS.get(column, True), *ROW[at + 1 :])
    assert line(MAILBOX, ROW) != line(MAILBOX, other)


def test_the_same_row_is_the_very_same_line():
    assert line(MAILBOX, ROW) is line(MAILBOX, (*ROW,))


def test_a_mailbox_of_another_name_or_validity_has_lines_of_its_own():
    for other in ({"name": "Archive"}, {"uidvalidity": 8}):
        box = IndexedMailbox(**{"pk": 1, "name": "INBOX", "uidvalidity": 7, **other})
        assert line(MAILBOX, ROW).ref != line(box, ROW).ref


@pytest.mark.parametrize("at", range(1, 8))
def test_what_changes_in_a_conversation_changes_its_line(at):
    if at == 5:  # a draft's flag says nothing of the line
        return
    value = {1: 3, 2: "Mara\x1fmara@hearth.example", 3: False}.get(at, True)
    other = (*SECOND[:at], value, *SECOND[at + 1 :])
    changed = line(MAILBOX, ROW, [FIRST, FIRST, other])
    assert changed != line(MAILBOX, ROW, [FIRST, FIRST, FIRST if at == 1 else SECOND])
