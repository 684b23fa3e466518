"""What people do with the outbox, without any server."""

import uuid

import pytest
from django.db import transaction

from tests.submission.conftest import queue_for
from webmail.accounts import vault
from webmail.accounts.models import Account, User
from webmail.submission import frozen, outbox
from webmail.submission.models import Outgoing, State, StoredDraft
from webmail.submission.standing import outgoing_of
from webmail.submission.words import state_text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mallory(db):
    user = User.objects.create(address="mallory@hearth.test")
    Account.objects.create(user=user, address=user.address)
    return user


def test_a_queued_message_is_frozen_sealed_and_held(queue):
    row = queue(undo_s=10)
    assert row.state == State.HELD
    assert outbox.wire_bytes(row).endswith(b"Hi.\r\n")
    assert vault.open_grant(row.key, row.send_grant).reveal() == "ada-secret"
    assert 9 < (row.send_at - row.created_at).total_seconds() < 11


def test_the_same_token_gives_the_same_row_and_leaves_no_files(ada):
    token = uuid.uuid4()
    first, is_new = queue_for(ada, client_token=token)
    second, is_new_again = queue_for(ada, client_token=token)
    assert (first.pk, is_new, is_new_again) == (second.pk, True, False)
    assert len(list(frozen.folder().iterdir())) == 1


def test_the_same_token_of_another_person_is_another_message(ada, mallory):
    mallory.accounts.update(submission_url="submission://127.0.0.1:1")
    token = uuid.uuid4()
    assert queue_for(ada, client_token=token)[1]
    assert queue_for(mallory, client_token=token)[1]


def test_bcc_is_kept_apart_from_what_goes_on_the_wire(queue):
    row = queue(bcc=["chiyo@hearth.test"])
    assert b"chiyo" not in outbox.wire_bytes(row)
    assert b"Bcc: <chiyo@hearth.test>" in outbox.sent_bytes(row)
    assert row.rcpt_to == ["ben@hearth.test", "chiyo@hearth.test"]


def test_only_what_leaves_at_once_rings(queue, hints):
    queue(undo_s=10)
    assert hints == []
    row = queue(undo_s=0)
    assert hints == [("submission.deliver", row.pk)]


def test_queueing_inside_a_transaction_is_refused(queue):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        queue()
    assert Outgoing.objects.count() == 0


@pytest.mark.parametrize("act", ["undo", "edit", "discard", "send_again", "mark_as_sent"])
def test_nobody_acts_on_the_mail_of_another(queue, mallory, act):
    row = queue(undo_s=10)
    for state in State:
        Outgoing.objects.update(state=state)
        assert not getattr(outbox, act)(mallory, row.key)
        assert Outgoing.objects.get().state == state


MAY = {
    "undo": {State.HELD},
    "edit": {State.HELD, State.READY, State.RETRY_WAIT, State.FAILED},
    "discard": {State.HELD, State.READY, State.RETRY_WAIT, State.FAILED, State.CANCELLED},
    "send_again": {State.RETRY_WAIT, State.FAILED, State.UNCERTAIN},
    "mark_as_sent": {State.UNCERTAIN},
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(MAY))
def test_each_act_moves_only_from_its_states(ada, queue, draft, act, state):
    row = queue(draft=draft)
    Outgoing.objects.update(state=state)
    assert bool(getattr(outbox, act)(ada, row.key)) == (state in MAY[act])
    if state not in MAY[act]:
        assert Outgoing.objects.get().state == state


def test_a_message_taken_back_loses_grant_and_files_and_frees_its_draft(ada, queue, draft):
    row = queue(draft=draft, client_token=draft.client_token)
    assert outbox.edit(ada, row.key) == draft.key
    row.refresh_from_db()
    assert (row.state, bytes(row.send_grant), row.next_attempt_at) == (State.CANCELLED, b"", None)
    assert list(frozen.folder().iterdir()) == []
    assert StoredDraft.objects.get().client_token != row.client_token


def test_a_message_whose_draft_is_gone_is_not_taken_back_for_editing(ada, queue, draft):
    row = queue(draft=draft)
    draft.delete()
    assert outbox.edit(ada, row.key) is None
    assert Outgoing.objects.get().state == State.HELD


def test_undo_without_a_draft_keeps_the_only_copy(ada, queue):
    row = queue()
    assert outbox.undo(ada, row.key)
    (shown,) = outgoing_of(ada)
    assert outbox.wire_bytes(shown)
    assert state_text(shown) == "Not sent. Its draft was discarded; this is the only copy."
    assert outbox.discard(ada, row.key)
    assert not outgoing_of(ada).exists()
    assert list(frozen.folder().iterdir()) == []


def test_the_outbox_shows_what_is_not_over(ada, queue):
    for state in State:
        Outgoing.objects.filter(pk=queue().pk).update(state=state)
    Outgoing.objects.filter(state=State.CANCELLED).update(wire_path="")
    shown = {row.state for row in outgoing_of(ada)}
    assert shown == set(State) - {State.DONE, State.CANCELLED}


def test_providers_that_file_by_themselves_get_no_second_copy(ada, queue):
    """F31: the table of those known to."""
    ada.accounts.update(submission_url="submissions://smtp.gmail.com")
    assert queue().sent_copy == "skipped"
