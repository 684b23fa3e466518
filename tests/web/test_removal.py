"""Removing a person: told first, nothing lost in silence, and nothing of theirs left."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.submission.conftest import queue_for
from tests.web.conftest import ADDRESS
from webmail.accounts.models import User
from webmail.index.models import IndexedAccount, IndexedMailbox
from webmail.submission import frozen, journal, outbox, removal, restoring, tasks
from webmail.submission.models import Mailing, Outgoing, Series, State, StoredDraft

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


@pytest.fixture
def row(mara, submission, monkeypatch):
    """A message of hers in the outbox, that leaves tomorrow."""
    monkeypatch.setattr(tasks, "ring", lambda task, row_id: True)
    person = User.objects.get()
    return queue_for(person, send_at=timezone.now() + timedelta(days=1))[0]


def remove(capsys, *options):
    try:
        call_command("remove_person", ADDRESS, "--yes", *options)
    finally:
        words = capsys.readouterr().out
    return words


def test_finished_mail_does_not_keep_a_person_and_is_no_sign_of_a_backup(mara, row, capsys):
    account = User.objects.get().accounts.get()
    mara.get(mara.list_url())
    Outgoing.objects.update(state=State.DONE, attempt=1)
    Mailing.objects.create(user=row.user, account=account, client_token=row.client_token, total=1)
    journal.write(journal.Acceptance(row.key, 1, row.message_id, "250 ok", timezone.now()))
    assert "what is known of 1 finished messages" in remove(capsys)
    assert not User.objects.exists()
    assert not Outgoing.objects.exists()
    assert not IndexedAccount.objects.filter(pk=account.pk).exists()
    assert not IndexedMailbox.objects.filter(account_id=account.pk).exists()
    other = User.objects.create(address="ida@hearth.example")
    due = {"at": "12:00", "zone": "UTC", "frequency": "day"}
    Series.objects.create(
        user=other, account=other.accounts.create(address=other.address), next_at=NOW, **due
    )
    assert not restoring.is_behind_journal()


def test_waiting_mail_is_named_and_kept_unless_it_is_given_up(mara, row, capsys):
    draft = StoredDraft.objects.create(user=row.user, account=row.account, revision=1)
    StoredDraft.objects.filter(pk=draft.pk).update(fields={"subject": "Soup"})
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("remove_person", ADDRESS, "--yes")
    words = capsys.readouterr().out
    assert "not sent: “Hello” to ben@hearth.test. Will be sent in" in words
    assert "a draft that Drafts does not have as it is: “Soup”" in words
    assert outbox.wire_bytes(row)
    remove(capsys, "--lose")
    assert not User.objects.exists()
    assert not list(frozen.folder().iterdir())


@pytest.mark.parametrize("state", [State.DATA, State.ACCEPTED])
def test_what_a_worker_holds_is_waited_for(row, capsys, state):
    later = timezone.now() + timedelta(minutes=5)
    Outgoing.objects.update(state=state, lease_until=later)
    with pytest.raises(CommandError, match="1 of their messages are on their way"):
        remove(capsys, "--lose")
    assert Outgoing.objects.exists()


def test_mail_that_came_while_one_was_asked_is_not_lost(row, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda _: queue_for(row.user) and ADDRESS)
    with pytest.raises(CommandError, match="More mail came meanwhile"):
        call_command("remove_person", ADDRESS)
    assert Outgoing.objects.count() == 2
    with pytest.raises(removal.NotNamed):
        removal.remove(row.user, [row.key])
    monkeypatch.setattr("builtins.input", lambda _: ADDRESS)
    call_command("remove_person", ADDRESS)
    assert not User.objects.exists()


def test_another_answer_than_the_address_removes_nobody(row, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("remove_person", ADDRESS)
    assert User.objects.exists()
