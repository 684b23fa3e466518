"""Which messages belong together, in whatever order they come; and which never do."""

import time

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.index.rows import MARA, facts, mailbox, partition, row_of, save
from webmail.accounts.models import Account, ConversationEdit, User
from webmail.index import conversations, editing
from webmail.index.keeping import ALIAS
from webmail.index.models import IndexedMessage, KnownMessageId

pytestmark = pytest.mark.django_db(databases="__all__")
JONAS = "jonas@hearth.example"


@pytest.fixture
def inbox(db):
    return mailbox()


@pytest.fixture
def account(db):
    user = User.objects.create(address=MARA)
    return Account.objects.create(user=user, address=MARA)


def newest(where):
    rows = IndexedMessage.objects.filter(mailbox_id=where.pk, is_newest=True)
    return sorted(pk & 0xFFFFFFFF for pk in rows.values_list("pk", flat=True))


# -- references -----------------------------------------------------------------------------------


def test_an_answer_belongs_to_what_it_names(inbox):
    save(inbox, facts(1, "a@x"), facts(2, "b@x", "a@x"), facts(3, "c@x"))
    assert partition() == [(1, 2), (3,)]


def test_answers_come_before_what_they_answer(inbox):
    for each in (facts(3, "c@x", "a@x", "b@x"), facts(2, "b@x", "a@x"), facts(1, "a@x")):
        save(inbox, each)
    assert partition() == [(1, 2, 3)]


def test_an_answer_that_names_only_the_last_is_enough(inbox):
    save(inbox, facts(3, "c@x", answers=["b@x"]))
    save(inbox, facts(1, "a@x"))
    assert partition() == [(1,), (3,)]
    save(inbox, facts(2, "b@x", answers=["a@x"]))
    assert partition() == [(1, 2, 3)]


def test_two_answers_to_a_message_nobody_has_belong_together(inbox):
    save(inbox, facts(1, "b@x", "lost@x"))
    save(inbox, facts(2, "c@x", "lost@x"))
    assert partition() == [(1, 2)]


def test_a_conversation_goes_across_mailboxes_and_stays_in_its_account(inbox):
    sent, other = mailbox(name="Sent", use="sent"), mailbox(account_id=2)
    save(inbox, facts(1, "a@x"))
    save(sent, facts(2, "b@x", "a@x"))
    save(other, facts(3, "c@x", "a@x"))
    assert partition() == [(1, 2), (3,)]


def test_messages_that_name_each_other_in_a_circle_are_one_conversation(inbox):
    save(inbox, facts(1, "a@x", "b@x"), facts(2, "b@x", "a@x"), facts(3, "c@x", "c@x"))
    assert partition() == [(1, 2), (3,)]


def test_the_servers_own_thread_ties_too(inbox):
    save(inbox, facts(1, "a@x", thread_id="T1"), facts(2, "b@x", thread_id="T2"))
    save(inbox, facts(3, "c@x", thread_id="T1"))
    assert partition() == [(1, 3), (2,)]


def test_a_thread_of_the_server_is_no_message_id(inbox):
    save(inbox, facts(1, "a@x", thread_id="b@x"), facts(2, "b@x"))
    assert partition() == [(1,), (2,)]


def test_the_case_of_the_host_and_blanks_make_no_difference(inbox):
    save(inbox, facts(1, "a@X.Example"), facts(2, "b@x", "a@x.example"))
    assert partition() == [(1, 2)]
    assert conversations.message_hash(1, "<a@X.Example>") == conversations.message_hash(
        1, "a@x.example"
    )


def test_a_hash_is_positive_and_differs_by_account():
    number = conversations.message_hash(1, "<a@x>")
    assert 0 < number < 2**63
    assert number != conversations.message_hash(2, "<a@x>")
    assert conversations.message_hash(1, "") == conversations.message_hash(1, "<>") == 0


def test_a_copy_in_another_mailbox_is_the_same_message(inbox):
    (row,) = save(inbox, facts(1, "a@x"))
    (copy,) = save(mailbox(name="Archive", use="archive"), facts(9, "a@x"))
    assert (row.message_hash, row.conversation) == (copy.message_hash, copy.conversation)
    (nameless,) = save(inbox, facts(2))
    (its_copy,) = save(mailbox(name="Family", use=""), facts(2))
    assert nameless.message_hash == its_copy.message_hash


def test_two_mails_with_one_forged_message_id_are_both_there(inbox):
    save(inbox, facts(1, "a@x", subject="Lunch"), facts(2, "a@x", subject="Win", sender="e@evil"))
    assert partition() == [(1, 2)]
    assert IndexedMessage.objects.count() == 2
    assert newest(inbox) == [2]


# -- strangers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["Invoice", "Hello", "Re: Invoice", "Re: Hello", ""])
def test_strangers_who_write_the_same_subject_are_never_joined(subject, inbox):
    senders = ["ann@one.example", "bob@two.example", "cy@three.example"]
    arrived = [facts(n, f"{n}@x", subject=subject, sender=who) for n, who in enumerate(senders, 1)]
    save(inbox, *arrived)
    assert partition() == [(1,), (2,), (3,)]


def test_a_stranger_who_answers_what_he_was_not_sent_is_not_joined(inbox):
    save(inbox, facts(1, "a@x", subject="Our invoice 44", sender=JONAS))
    save(inbox, facts(2, "b@x", subject="Re: Our invoice 44", sender="e@evil.example"))
    assert partition() == [(1,), (2,)]


def test_a_newsletter_of_one_subject_is_each_week_alone(inbox):
    weekly = [
        facts(n, f"{n}@news", subject="The weekly bench", sender="news@bench.example", days=7 * n)
        for n in range(1, 6)
    ]
    save(inbox, *weekly)
    assert partition() == [(1,), (2,), (3,), (4,), (5,)]


def test_one_sender_who_writes_again_with_re_answers_nobody(inbox):
    save(inbox, facts(1, "a@x", subject="Last reminder for you", sender="e@evil.example"))
    save(inbox, facts(2, "b@x", subject="Re: Last reminder for you", sender="e@evil.example"))
    assert partition() == [(1,), (2,)]


# -- the subject, guarded -------------------------------------------------------------------------


def asked(uid, **fields):
    return facts(uid, f"{uid}@x", subject="Cabin at the lake", sender=MARA, to=[JONAS], **fields)


def answered(uid, subject="Re: Cabin at the lake", **fields):
    return facts(uid, f"{uid}@x", subject=subject, sender=JONAS, to=[MARA], **fields)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_answer_that_names_nobody_is_told_by_its_subject_and_people(order, inbox):
    both = (asked(1), answered(2, days=1))
    for number in order:
        save(inbox, both[number])
    assert partition() == [(1, 2)]


def test_both_in_one_batch(inbox):
    save(inbox, answered(2, days=1), asked(1))
    assert partition() == [(1, 2)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    "late",
    [
        answered(2, days=15),
        answered(2, days=-8),
        answered(2, subject="Cabin at the lake"),
        answered(2, subject="Fwd: Cabin at the lake"),
        facts(2, "2@x", subject="Re: Cabin at the lake", sender=JONAS, to=[MARA, "third@x"]),
        facts(2, "2@x", "else@x", subject="Re: Cabin at the lake", sender=JONAS, to=[MARA]),
    ],
    ids=["too late", "too early", "no answer", "a forward", "other people", "names another"],
)
def test_it_is_not_when_anything_differs(late, order, inbox):
    both = (asked(1), late)
    for number in order:
        save(inbox, both[number])
    assert partition() == [(1,), (2,)]


# -- hostile --------------------------------------------------------------------------------------


def test_ten_thousand_references_cost_fifty(inbox):
    save(inbox, *(facts(n, f"{n}@x") for n in range(1, 101)))
    known = KnownMessageId.objects.count()
    save(inbox, facts(200, "evil@x", *(f"{n}@y" for n in range(10_000))))
    assert KnownMessageId.objects.count() - known <= 50
    assert len(partition()) == 101


def test_a_message_that_names_many_conversations_keeps_all_of_them_readable(inbox):
    save(inbox, *(facts(n, f"{n}@x") for n in range(1, 101)))
    save(inbox, facts(200, "evil@x", *(f"{n}@x" for n in range(1, 101))))
    assert sorted(sum(partition(), ())) == [*range(1, 101), 200]
    assert max(map(len, partition())) <= 50
    rows = IndexedMessage.objects.filter(is_newest=True)
    assert rows.count() == len(partition())


# -- any order ------------------------------------------------------------------------------------

_NAMES = [f"{letter}@x" for letter in "abcdefgh"]
_messages = st.lists(
    st.tuples(
        st.sampled_from(["", *_NAMES]),
        st.lists(st.sampled_from(_NAMES), max_size=3),
        st.sampled_from(["", "", "T1", "T2"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(messages=_messages, data=st.data())
def test_the_order_of_arrival_makes_no_difference(messages, data, inbox):
    arrived = [
        facts(uid, name, *named, thread_id=thread)
        for uid, (name, named, thread) in enumerate(messages, 1)
    ]
    _clear()
    save(inbox, *arrived)
    from_scratch = partition()
    assert from_scratch == _by_hand(messages)
    _clear()
    order = data.draw(st.permutations(arrived))
    while order:
        size = data.draw(st.integers(1, len(order)))
        save(inbox, *order[:size])
        order = order[size:]
    assert partition() == from_scratch
    assert newest(inbox) == sorted(map(max, from_scratch))


def _clear():
    IndexedMessage.objects.all().delete()
    KnownMessageId.objects.all().delete()


def _by_hand(messages):
    """The connected parts, by the plainest method there is."""
    groups = []
    for uid, (name, named, thread) in enumerate(messages, 1):
        mine = ({uid}, {*named, *([name] if name else []), *([f"T:{thread}"] if thread else [])})
        apart = [group for group in groups if not group[1] & mine[1]]
        for group in groups:
            if group[1] & mine[1]:
                mine = (mine[0] | group[0], mine[1] | group[1])
        groups = [*apart, mine]
    return sorted(tuple(sorted(uids)) for uids, _ in groups)


# -- the newest -----------------------------------------------------------------------------------


def test_one_message_of_each_conversation_in_each_mailbox_is_the_newest(inbox):
    sent = mailbox(name="Sent", use="sent")
    save(inbox, facts(1, "a@x"), facts(2, "b@x", "a@x"), facts(3, "c@x"))
    save(sent, facts(4, "d@x", "a@x"))
    assert (newest(inbox), newest(sent)) == ([2, 3], [4])


def test_the_one_before_is_the_newest_when_the_newest_goes(inbox):
    rows = save(inbox, facts(1, "a@x"), facts(2, "b@x", "a@x"))
    IndexedMessage.objects.filter(pk=rows[1].pk).delete()
    conversations.mark_newest(inbox.pk, {rows[1].conversation})
    assert newest(inbox) == [1]


def test_a_late_link_between_two_leaves_one_newest_in_every_mailbox(inbox):
    archive = mailbox(name="Archive", use="archive")
    save(archive, facts(1, "a@x"), facts(2, "b@x"))
    save(inbox, facts(3, "c@x", "a@x", "b@x"))
    assert (newest(archive), newest(inbox)) == ([2], [3])


def test_marking_looks_at_these_conversations_and_not_at_the_mailbox(inbox):
    save(inbox, facts(1, "a@x"))
    with CaptureQueriesContext(connections[ALIAS]) as queries:
        conversations.mark_newest(inbox.pk, {1, 2, 3})
    for query in queries.captured_queries:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "index_by_" not in plan, plan


# -- by hand --------------------------------------------------------------------------------------


def hash_of(account, message_id):
    return conversations.message_hash(account.pk, message_id)


@pytest.fixture
def held(account):
    """Two conversations of Mara: 1-2-3 and 4-5."""
    inbox = mailbox(account.pk)
    save(inbox, facts(1, "a@x"), facts(2, "b@x", "a@x"), facts(3, "c@x", "b@x"))
    save(inbox, facts(4, "d@x"), facts(5, "e@x", "d@x"))
    return inbox


def again(where):
    """The index dropped, and grown newest first, one at a time."""
    _clear()
    for each in (
        facts(6, "f@x", "b@x"),
        facts(5, "e@x", "d@x"),
        facts(4, "d@x"),
        facts(3, "c@x", "b@x"),
        facts(2, "b@x", "a@x"),
        facts(1, "a@x"),
    ):
        save(where, each)
    return partition()


def test_a_message_taken_out_stands_alone_and_can_be_put_back(account, held):
    edit = editing.take_out(account, hash_of(account, "b@x"))
    assert partition() == [(1, 3), (2,), (4, 5)]
    assert newest(held) == [2, 3, 5]
    save(held, facts(6, "f@x", "b@x"))
    assert partition() == [(1, 3, 6), (2,), (4, 5)] == again(held)
    editing.take_back(edit)
    assert partition() == [(1, 2, 3, 6), (4, 5)]
    assert newest(held) == [5, 6]


def test_two_conversations_joined_stay_joined_and_can_be_parted(account, held):
    edit = editing.join(account, [hash_of(account, "c@x"), hash_of(account, "e@x")])
    assert partition() == [(1, 2, 3, 4, 5)]
    assert newest(held) == [5]
    save(held, facts(6, "f@x", "b@x"))
    assert partition() == [(1, 2, 3, 4, 5, 6)] == again(held)
    editing.take_back(edit)
    assert partition() == [(1, 2, 3, 6), (4, 5)]
    assert newest(held) == [5, 6]


def test_of_edits_that_contradict_the_later_counts(account, held):
    taken = hash_of(account, "b@x")
    editing.take_out(account, taken)
    editing.join(account, [taken, hash_of(account, "d@x")])
    assert partition() == [(1, 3), (2, 4, 5)]
    editing.take_out(account, taken)
    assert partition() == [(1, 3), (2,), (4, 5)]
    assert again(held) == [(1, 3, 6), (2,), (4, 5)]


def test_what_was_joined_follows_when_one_of_them_grows_together_with_a_third(account, held):
    editing.join(account, [hash_of(account, "a@x"), hash_of(account, "d@x")])
    save(held, facts(7, "g@x"))
    save(held, facts(8, "h@x", "g@x", "e@x"))
    assert partition() == [(1, 2, 3, 4, 5, 7, 8)]
    assert newest(held) == [8]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_edits_hold_in_any_order_of_arrival(data, account, held):
    ConversationEdit.objects.all().delete()
    again(held)
    names = st.sampled_from([f"{letter}@x" for letter in "abcdef"])
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()):
            editing.take_out(account, hash_of(account, data.draw(names)))
        else:
            pair = data.draw(st.lists(names, min_size=2, max_size=2, unique=True))
            editing.join(account, [hash_of(account, name) for name in pair])
    found = partition()
    assert again(held) == found


# -- cost -----------------------------------------------------------------------------------------


def a_batch(where, start):
    arrived = [
        facts(n, f"{n}@x", *(f"{m}@x" for m in range(n - n % 4, n)), sender=f"s{n // 4}@x")
        for n in range(start, start + 500)
    ]
    return [(row_of(where, each), each) for each in arrived]


def test_a_batch_costs_few_queries_and_little_time(inbox):
    with CaptureQueriesContext(connections[ALIAS]) as queries:
        conversations.assign(inbox.account_id, a_batch(inbox, 1))
    assert len(queries) <= 8
    pairs = a_batch(inbox, 501)
    start = time.process_time()
    conversations.assign(inbox.account_id, pairs)
    assert (time.process_time() - start) / len(pairs) < 200e-6  # 50 µs on a quiet machine
