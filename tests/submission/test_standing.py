"""What is said of the outbox on every page, and what a right password sets going."""

import pytest

from webmail.accounts import vault
from webmail.accounts.vault import Secret
from webmail.submission import clock, frozen, granting, outbox, states, steps
from webmail.submission.models import Outgoing, State, Step, Trouble
from webmail.submission.standing import Tally, outgoing_of, tally_of
from webmail.submission.words import tally_text

pytestmark = pytest.mark.django_db(transaction=True)


def put(row, **changes):
    Outgoing.objects.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()
    return row


def password_of(row):
    row.refresh_from_db()
    return vault.open_grant(row.key, row.send_grant).reveal()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"state": State.HELD}, ""),
        ({"state": State.RETRY_WAIT, "trouble": Trouble.LATER, "failures": 1}, ""),
        ({"state": State.RETRY_WAIT, "trouble": Trouble.LATER, "failures": 2}, "late"),
        ({"state": State.RETRY_WAIT, "trouble": Trouble.AUTH, "failures": 1}, "locked_out"),
        ({"state": State.RETRY_WAIT, "trouble": Trouble.ACCOUNT, "failures": 5}, "locked_out"),
        ({"state": State.FAILED}, "failed"),
        ({"state": State.UNCERTAIN}, "unclear"),
        ({"state": State.ACCEPTED, "sent_copy_attempt": 1}, ""),
        ({"state": State.ACCEPTED, "sent_copy_attempt": 2}, "unfiled"),
        ({"state": State.DONE, "sent_copy": Step.FAILED}, "unfiled"),
        ({"state": State.HELD, "trouble": Trouble.RESTORED}, "restored"),
        ({"state": State.HELD, "trouble": Trouble.TOO_LATE}, "too_late"),
    ],
)
def test_a_message_is_counted_where_it_belongs_in_one_query(
    ada, queue, changes, named, django_assert_num_queries
):
    put(queue(), **changes)
    with django_assert_num_queries(1):
        tally = tally_of(ada)
    assert tally == Tally(total=1, **({named: 1} if named else {}))
    assert bool(tally_text(tally)) == bool(named)


def test_the_words_count_and_begin_like_sentences():
    assert tally_text(Tally(total=1, failed=1)) == "One message was not sent."
    said = tally_text(Tally(total=5, failed=2, unclear=1, locked_out=2))
    assert said == (
        "2 messages were not sent. The mail server may or may not have taken one message. "
        "2 messages are waiting: the mail server refuses your password."
    )


def test_a_right_password_sends_what_waited_for_it(ada, queue, hints):
    refused = put(queue(undo_s=10), state=State.RETRY_WAIT, trouble=Trouble.AUTH, failures=3)
    barred = put(queue(undo_s=10), state=State.RETRY_WAIT, trouble=Trouble.ACCOUNT)
    held = queue(undo_s=10)
    assert granting.give_password(refused.account, Secret("new")) == 2
    for row in (refused, barred):
        assert password_of(row) == "new"
        assert (row.state, row.failures) == (State.READY, 0)
        assert row.next_attempt_at <= clock.now()
        assert ("submission.deliver", row.pk) in hints
    assert password_of(held) == "new"
    assert held.state == State.HELD


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.DONE])
def test_what_has_ended_gets_no_password(ada, queue, state):
    row = put(queue(), state=state, send_grant=b"")
    assert granting.give_password(row.account, Secret("new")) == 0
    row.refresh_from_db()
    assert (row.state, bytes(row.send_grant)) == (state, b"")


def test_a_right_password_files_what_could_not_be_filed(ada, queue, hints):
    tried = put(queue(undo_s=10), state=State.ACCEPTED, sent_copy_attempt=3, next_attempt_at=None)
    assert granting.give_password(tried.account, Secret("new")) == 1
    assert password_of(tried) == "new"
    assert tried.next_attempt_at <= clock.now()
    assert hints == [("submission.finish", tried.pk)]


def test_a_grant_that_does_not_open_costs_no_bytes(ada, queue):
    now = clock.now()
    row = put(queue(), state=State.ACCEPTED, accepted_at=now, next_attempt_at=now, send_grant=b"x")
    steps.finish(row.pk)
    row.refresh_from_db()
    assert (row.state, row.sent_copy, row.sent_copy_attempt) == (State.ACCEPTED, Step.PENDING, 1)
    assert row.next_attempt_at - clock.now() > states.AUTH_RETRY * 0.9
    assert outbox.sent_bytes(row)


def test_a_copy_that_was_never_filed_is_kept_until_its_owner_lets_it_go(ada, queue, hints):
    long_ago = clock.now() - steps.GIVE_UP_AFTER * 1.1
    row = put(
        queue(bcc=["chiyo@hearth.test"]),
        state=State.ACCEPTED,
        accepted_at=long_ago,
        next_attempt_at=long_ago,
        send_grant=b"x",
    )
    steps.finish(row.pk)
    row.refresh_from_db()
    assert (row.state, row.sent_copy) == (State.DONE, Step.FAILED)
    assert b"chiyo" in outbox.sent_bytes(row)
    assert len(list(frozen.folder().iterdir())) == 1
    assert outbox.file_again(ada, row.key, password=Secret("new"))
    assert (password_of(row), row.state) == ("new", State.ACCEPTED)
    put(row, state=State.DONE, sent_copy=Step.FAILED)
    assert outbox.discard(ada, row.key)
    assert not outgoing_of(ada).exists()
    assert list(frozen.folder().iterdir()) == []


def test_nobody_files_or_lets_go_the_copy_of_another(ada, queue, django_user_model):
    mallory = django_user_model.objects.create(address="mallory@hearth.test")
    row = put(queue(), state=State.DONE, sent_copy=Step.FAILED)
    assert not outbox.file_again(mallory, row.key, password=Secret("x"))
    assert not outbox.discard(mallory, row.key)
    assert outbox.sent_bytes(row)
