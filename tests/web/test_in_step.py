"""When a list asks the mail server, and what it shows when that does not answer."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from tests.web.letters import letter
from webmail.accounts.models import Account
from webmail.index import mailboxes
from webmail.index.models import IndexedAccount, IndexedMailbox
from webmail.store.mailbox import FLAGGED, SEEN
from webmail.store.protocol import Unreachable

WOOD = "Message-ID: <wood@hearth.example>"
ANSWER = "Message-ID: <answer@hearth.example>\nIn-Reply-To: <wood@hearth.example>"


@pytest.fixture
def asked(store, monkeypatch):
    """The names of the calls that reach the store."""
    calls = []
    for name in ("mailboxes", "changes_since", "status", "facts", "summaries", "page"):
        real = getattr(store, name)

        def call(*args, _name=name, _real=real, **more):
            calls.append(_name)
            return _real(*args, **more)

        monkeypatch.setattr(store, name, call)
    return calls


def watch(**fields):
    until = timezone.now() + timedelta(seconds=45)
    fields = {"watched_until": until, "watches_all": True, **fields}
    IndexedAccount.objects.update(**fields)


def test_a_watched_mailbox_without_news_is_drawn_without_asking(mara, store, asked):
    store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())
    watch()
    asked.clear()
    assert b"Firewood" in mara.get(mara.list_url()).content
    assert asked == []


def test_an_unwatched_mailbox_is_asked_one_cheap_question(mara, store, asked):
    store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())
    asked.clear()
    mara.get(mara.list_url())
    # The inbox, then the counts, which tell of Sent too.
    assert asked == ["changes_since", "mailboxes"]


def test_an_answer_sent_by_another_program_is_counted_at_once(mara, store, asked):
    store.append("INBOX", letter("Firewood", head=WOOD))
    mara.get(mara.list_url())
    assert b"2<span" not in mara.get(mara.list_url()).content
    store.append("Sent", letter("Re: Firewood", head=ANSWER))
    asked.clear()
    assert b"2<span" in mara.get(mara.list_url()).content
    assert asked == ["changes_since", "mailboxes", "changes_since", "facts"]


def test_news_that_was_told_is_not_taken_for_known(mara, store, asked):
    """The list of folders is in step and would only say what the rows say."""
    store.append("INBOX", letter("Firewood", head=WOOD))
    mara.get(mara.list_url())
    watch()
    store.append("Sent", letter("Re: Firewood", head=ANSWER))
    IndexedMailbox.objects.filter(name="Sent").update(told=F("told") + 1)
    assert b"2<span" in mara.get(mara.list_url()).content


def test_what_the_watcher_tells_is_on_the_next_page(mara, store):
    mara.get(mara.list_url())
    watch()
    mara.get(mara.list_url())
    store.append("INBOX", letter("Firewood"))
    assert b"Firewood" not in mara.get(mara.list_url()).content
    mailboxes.tell(Account.objects.get().pk, "INBOX")
    answer = mara.get(mara.list_url())
    assert b"Firewood" in answer.content
    assert b"1 unread" in answer.content


def test_an_act_of_ours_is_on_the_next_page_whoever_watches(mara, store):
    ref = store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())
    watch()
    mara.act("flag", ref)
    assert b"Flagged</span>" in mara.get(mara.list_url()).content
    mara.act("archive", ref)
    assert b"Firewood" not in mara.get(mara.list_url()).content
    assert b"Firewood" in mara.get(mara.list_url("Archive")).content


def test_a_server_that_does_not_answer_leaves_the_list_as_it_was(mara, store, monkeypatch):
    store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())

    def silent(*_args, **_more):
        raise Unreachable("mail.hearth.example did not answer in time.", reason="timeout")

    monkeypatch.setattr(store, "changes_since", silent)
    monkeypatch.setattr(store, "mailboxes", silent)
    answer = mara.get(mara.list_url())
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Firewood" in text
    assert "Showing mail as of" in text


def test_a_session_that_broke_is_replaced_before_anybody_notices(mara, store, monkeypatch):
    store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())
    changes_since, breaks = store.changes_since, iter([True])

    def broken_once(*arguments):
        if next(breaks, False):
            raise Unreachable("mail.hearth.example ended the connection.", reason="cut")
        return changes_since(*arguments)

    monkeypatch.setattr(store, "changes_since", broken_once)
    text = mara.get(mara.list_url()).content.decode()
    assert "Firewood" in text
    assert "Showing mail as of" not in text


def test_a_session_that_breaks_twice_shows_what_is_known(mara, store, monkeypatch):
    store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())

    def broken(*_arguments, **_more):
        raise Unreachable("mail.hearth.example ended the connection.", reason="cut")

    monkeypatch.setattr(store, "changes_since", broken)
    assert b"Showing mail as of" in mara.get(mara.list_url()).content


def test_a_server_that_does_not_answer_and_nothing_known_is_said(mara, store, monkeypatch):
    def silent(*_args, **_more):
        raise Unreachable("mail.hearth.example did not answer in time.", reason="timeout")

    for name in ("status", "changes_since", "mailboxes"):
        monkeypatch.setattr(store, name, silent)
    assert mara.get(mara.list_url()).status_code == 503


def test_flags_changed_elsewhere_are_in_the_list(mara, store):
    ref = store.append("INBOX", letter("Firewood"))
    assert b"is-unread" in mara.get(mara.list_url()).content
    store.set_flags([ref], add=[SEEN, FLAGGED])
    text = mara.get(mara.list_url()).content
    assert b"is-unread" not in text
    assert b"Flagged</span>" in text


def test_nobody_sees_what_is_remembered_without_the_key(mara, store):
    """The index answers only who could open the mailbox (T70)."""
    store.append("INBOX", letter("Firewood"))
    mara.get(mara.list_url())
    watch()
    del mara.cookies["mk"]
    answer = mara.get(mara.list_url())
    assert b"Firewood" not in answer.content
    assert answer.status_code == 302
