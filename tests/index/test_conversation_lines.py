"""A mailbox by conversation, and the members of one."""

import statistics
import time

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.index.rows import MARA, facts, mailbox, save
from webmail.index.conversation_lines import companions, neighbours, page, read_conversation
from webmail.index.keeping import ALIAS
from webmail.store.mailbox import FLAGGED, SEEN

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def inbox(db):
    return mailbox(grown_down_to=1)


def uids(listing):
    return [row.ref.uid for row in listing.rows]


def test_a_conversation_is_one_line_where_its_newest_message_stands(inbox):
    save(inbox, facts(1, "a@x"), facts(2, "b@x"), facts(3, "c@x", "a@x"))
    found = page(inbox, size=50)
    assert uids(found) == [3, 2]
    assert [row.count for row in found.rows] == [2, 1]
    assert (found.total, found.first_position) == (2, 1)


def test_a_line_tells_who_wrote_last_in_all_mailboxes_and_each_once(inbox):
    sent = mailbox(name="Sent", use="sent")
    save(
        inbox,
        facts(1, "a@x", sender="amara@x"),
        facts(2, "b@x", "a@x", sender="ingrid@x"),
        facts(3, "c@x", "a@x", sender="jonas@x"),
        facts(5, "e@x", "a@x", sender="ingrid@x"),
    )
    save(sent, facts(4, "d@x", "a@x", sender=MARA))
    (row,) = page(inbox, size=50).rows
    assert [each.addr_spec for each in row.senders] == ["ingrid@x", MARA, "jonas@x"]
    assert row.count == 5
    assert row.preview == "Text of 5"


def test_marks_hold_for_the_whole_conversation(inbox):
    seen = [SEEN]
    save(inbox, facts(1, "a@x", flags=[FLAGGED]), facts(2, "b@x", "a@x", flags=seen))
    save(inbox, facts(3, "c@x", flags=seen), facts(4, "d@x", "c@x", flags=seen))
    both = page(inbox, size=50).rows
    assert [SEEN in row.flags for row in both] == [True, False]
    assert [FLAGGED in row.flags for row in both] == [False, True]


def test_trash_spam_and_drafts_do_not_count_unless_listed(inbox):
    save(inbox, facts(1, "a@x", flags=[SEEN]))
    for number, use in enumerate(("trash", "junk", "drafts"), 2):
        save(mailbox(name=use, use=use), facts(number, f"{use}@x", "a@x"))
    (row,) = page(inbox, size=50).rows
    assert (row.count, row.has_draft, SEEN in row.flags) == (1, True, True)
    trash = mailbox(name="Trash2", use="trash", grown_down_to=1)
    save(trash, facts(9, "t@x", "a@x"))
    assert [each.count for each in page(trash, size=50).rows] == [2]


def test_a_copy_in_another_mailbox_counts_once(inbox):
    save(inbox, facts(1, "a@x"), facts(2, "b@x", "a@x"))
    save(mailbox(name="All", use="all"), facts(1, "a@x"), facts(2, "b@x", "a@x"))
    (row,) = page(inbox, size=50).rows
    assert row.count == 2


def test_another_accounts_messages_are_never_in_a_line(inbox):
    (row,) = save(inbox, facts(1, "a@x"))
    other = mailbox(account_id=2)
    (forged,) = save(other, facts(2, "b@x"))
    type(forged).objects.filter(pk=forged.pk).update(conversation=row.conversation)
    (line,) = page(inbox, size=50).rows
    assert line.count == 1
    assert [each.listed.ref.uid for each in read_conversation(inbox, 1).members] == [1]


def test_pages_go_down_and_up_again_by_place(inbox):
    save(inbox, *(facts(n, f"{n}@x") for n in range(1, 11)))
    save(inbox, *(facts(n, f"{n}@x", f"{n - 10}@x") for n in range(11, 13)))
    first = page(inbox, size=4)
    assert (uids(first), first.has_older, first.has_newer) == ([12, 11, 10, 9], True, False)
    second = page(inbox, size=4, older_than=first.rows[-1].place)
    assert (uids(second), second.first_position) == ([8, 7, 6, 5], 5)
    last = page(inbox, size=4, older_than=second.rows[-1].place)
    assert (uids(last), last.has_older, last.has_newer, last.total) == ([4, 3], False, True, 10)
    back = page(inbox, size=4, newer_than=second.rows[0].place)
    assert (uids(back), back.has_newer) == ([12, 11, 10, 9], False)


def test_nobody_counts_lines_of_a_mailbox_that_still_grows(inbox):
    inbox.grown_down_to = 2
    inbox.save()
    save(inbox, facts(1, "a@x"), facts(2, "b@x"))
    found = page(inbox, size=50)
    assert (uids(found), found.total, found.has_older) == ([2], 0, True)


def test_the_lines_above_and_below_are_those_of_other_conversations(inbox):
    save(inbox, facts(1, "a@x"), facts(2, "b@x"), facts(3, "c@x", "a@x"), facts(4, "d@x"))
    assert neighbours(inbox, 1) == (4, 2, 2, 3)
    assert neighbours(inbox, 99) == (0, 0, 0, 0)


# -- members --------------------------------------------------------------------------------------


def test_members_come_from_every_mailbox_oldest_first(inbox):
    sent, trash = mailbox(name="Sent", use="sent"), mailbox(name="Trash", use="trash")
    save(inbox, facts(1, "a@x"), facts(3, "c@x", "a@x"))
    save(sent, facts(2, "b@x", "a@x"))
    save(trash, facts(4, "d@x", "a@x"))
    places = [(m.listed.ref.mailbox, m.listed.ref.uid) for m in read_conversation(inbox, 3).members]
    assert places == [("INBOX", 1), ("Sent", 2), ("INBOX", 3)]


def test_a_copy_is_shown_once_and_the_one_of_this_mailbox_first(inbox):
    save(mailbox(name="All", use="all"), facts(1, "a@x"))
    save(inbox, facts(1, "a@x"))
    assert [m.listed.ref.mailbox for m in read_conversation(inbox, 1).members] == ["INBOX"]


def test_a_forged_message_id_hides_neither_of_the_two(inbox):
    save(inbox, facts(1, "a@x"))
    save(mailbox(name="Archive", use="archive"), facts(2, "a@x", subject="Win a car"))
    assert [m.listed.ref.uid for m in read_conversation(inbox, 1).members] == [1, 2]
    save(inbox, facts(3, "a@x"))
    assert [m.listed.ref.uid for m in read_conversation(inbox, 1).members] == [1, 2, 3]


def test_what_is_not_in_the_index_has_no_members(inbox):
    assert read_conversation(inbox, 5).members == ()


def test_companions_are_the_rest_of_the_conversation_in_this_mailbox(inbox):
    sent = mailbox(name="Sent", use="sent")
    save(inbox, facts(1, "a@x"), facts(2, "b@x"), facts(3, "c@x", "a@x"))
    save(sent, facts(4, "d@x", "a@x"))
    assert [ref.uid for ref in companions(inbox, [3])] == [1, 3]
    assert [ref.uid for ref in companions(inbox, [9])] == [9]


# -- cost -----------------------------------------------------------------------------------------


def test_a_page_costs_two_queries_and_a_few_milliseconds(inbox):
    conversations = [
        facts(n * 4 + m + 1, f"{n}.{m}@x", *([f"{n}.0@x"] if m else []), sender=f"s{m}@x{n}")
        for n in range(500)
        for m in range(4)
    ]
    for start in range(0, 2000, 500):
        save(inbox, *conversations[start : start + 500])
    place = page(inbox, size=50).rows[-1].place
    with CaptureQueriesContext(connections[ALIAS]) as queries:
        page(inbox, size=50)
    assert len(queries) == 2
    plan = _plan(queries.captured_queries[1]["sql"])
    assert "index_conversation" in plan
    assert "index_by_conversation" in _plan(queries.captured_queries[0]["sql"])
    for fields in ({}, {"older_than": place}):
        times = [_timed(lambda f=fields: page(inbox, size=50, **f)) for _ in range(15)]
        assert statistics.median(times) < 0.012  # 3 ms on a quiet machine


def _plan(sql):
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " ".join(str(row) for row in cursor.fetchall())


def _timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start
