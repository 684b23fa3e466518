"""The rows of a mailbox follow its server."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.index.conftest import ACCOUNT
from tests.store.contract import file, letter
from webmail.index import growing, listing, mailboxes, sync
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.store.mailbox import DELETED, FLAGGED, FORWARDED, SEEN, MessageRef
from webmail.store.protocol import MailboxNotFound


def grown(store, name="INBOX"):
    """The mailbox's row, all of its messages in the index."""
    mailbox = sync.reconcile(store, ACCOUNT, name)
    return growing.grow(store, mailbox, for_s=60)


def subjects(mailbox, **where):
    return [row.subject for row in listing.page(mailbox, size=50, **where).rows]


def flags(mailbox, ref):
    rows = listing.page(mailbox, size=50).rows
    return next(row.flags for row in rows if row.ref == ref)


def test_a_mailbox_never_seen_grows_from_its_newest_message(store):
    file(store, *range(1, 8))
    mailbox = sync.reconcile(store, ACCOUNT, "INBOX")
    assert (mailbox.held, mailbox.is_whole, mailbox.messages) == (0, False, 7)
    growing.extend(store, mailbox, 3)
    assert subjects(mailbox) == ["Letter 7", "Letter 6", "Letter 5"]
    growing.grow(store, mailbox, for_s=60)
    assert mailbox.is_whole
    assert mailbox.held == 7
    assert subjects(mailbox)[-1] == "Letter 1"


def test_an_empty_mailbox_is_whole_at_once(store):
    assert sync.reconcile(store, ACCOUNT, "INBOX").is_whole


def test_new_mail_flags_and_expunges_are_followed(store):
    one, two = file(store, 1, 2)
    mailbox = grown(store)
    file(store, 3)
    store.set_flags([one], add=[SEEN, FORWARDED])
    store.expunge([two])
    mailbox = sync.reconcile(store, ACCOUNT, "INBOX")
    assert subjects(mailbox) == ["Letter 3", "Letter 1"]
    assert flags(mailbox, one) == {SEEN, FORWARDED}
    assert (mailbox.held, mailbox.messages, mailbox.unseen) == (2, 2, 1)


def test_flags_taken_away_are_followed(store):
    (ref,) = file(store, 1, flags=[SEEN, FLAGGED])
    grown(store)
    store.set_flags([ref], remove=[FLAGGED])
    assert flags(sync.reconcile(store, ACCOUNT, "INBOX"), ref) == {SEEN}


def test_more_than_fits_one_draw_begins_anew_from_the_top(store, monkeypatch):
    file(store, 1, 2)
    grown(store)
    monkeypatch.setattr(sync, "MOST_AT_ONCE", 3)
    file(store, *range(3, 9))
    mailbox = sync.reconcile(store, ACCOUNT, "INBOX")
    assert subjects(mailbox) == []
    growing.extend(store, mailbox, 2)
    assert subjects(mailbox) == ["Letter 8", "Letter 7"]
    growing.grow(store, mailbox, for_s=60)
    assert (mailbox.held, len(subjects(mailbox))) == (8, 8)


def test_a_mailbox_made_anew_shows_nothing_of_the_old_one(store):
    store.create_mailbox("Again")
    file(store, 1, 2, mailbox="Again")
    old = grown(store, "Again")
    store.delete_mailbox("Again")
    store.create_mailbox("Again")
    file(store, 3, mailbox="Again")
    new = grown(store, "Again")
    assert subjects(new) == ["Letter 3"]
    assert new.pk != old.pk, "a key would name a stranger"
    assert IndexedMessage.objects.count() == 1


def test_a_mailbox_that_is_gone_is_not_found(store):
    with pytest.raises(MailboxNotFound):
        sync.reconcile(store, ACCOUNT, "Never")


def test_rows_lost_by_accident_come_back_with_the_next_draw(store):
    file(store, *range(1, 6))
    mailbox = grown(store)
    IndexedMessage.objects.order_by("pk").first().delete()
    IndexedMailbox.objects.filter(pk=mailbox.pk).update(held=4)
    assert len(subjects(sync.reconcile(store, ACCOUNT, "INBOX"))) == 5


def test_who_read_an_older_state_does_not_write_over_a_newer_one(store):
    (ref,) = file(store, 1)
    stale = grown(store)
    store.set_flags([ref], add=[FLAGGED])
    old = store.changes_since("INBOX", stale.status)
    store.set_flags([ref], remove=[FLAGGED], add=[SEEN])
    newer = sync.reconcile(store, ACCOUNT, "INBOX")
    assert flags(sync._write(stale, old, []), ref) == {SEEN}
    assert newer.version == IndexedMailbox.objects.get().version


def test_growth_waits_for_the_news_it_missed(store):
    refs = file(store, *range(1, 5))
    mailbox = sync.reconcile(store, ACCOUNT, "INBOX")
    behind = IndexedMailbox.objects.get()
    facts = list(store.facts("INBOX", [range(1, 5)]))
    store.set_flags(refs, add=[SEEN])
    sync.reconcile(store, ACCOUNT, "INBOX")
    assert not growing._write(behind, facts, 1)
    growing.grow(store, mailbox, for_s=60)
    assert all(SEEN in row.flags for row in listing.page(mailbox, size=9).rows)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_what_was_asked_for_ahead_is_asked_again_after_news(store, monkeypatch, nth):
    monkeypatch.setattr(growing, "BATCH", 2)
    refs = file(store, *range(1, 8))
    mailbox = sync.reconcile(store, ACCOUNT, "INBOX")
    write, writes = growing._write, []

    def write_after_news(*arguments):
        writes.append(arguments)
        if len(writes) == nth:
            time.sleep(0.05)  # what is asked for ahead has been answered
            store.set_flags(refs, add=[SEEN])
            sync.reconcile(store, ACCOUNT, "INBOX")
        return write(*arguments)

    monkeypatch.setattr(growing, "_write", write_after_news)
    growing.grow(store, mailbox, for_s=60)
    assert mailbox.is_whole
    assert mailbox.held == 7
    assert all(SEEN in row.flags for row in listing.page(mailbox, size=9).rows)


class TestInStep:
    @pytest.fixture
    def mailbox(self, store):
        file(store, 1)
        mailboxes.count_told(ACCOUNT)
        return grown(store)

    def watch(self, **fields):
        account = mailboxes.find_account(ACCOUNT)
        account.watched_until = timezone.now() + timedelta(seconds=45)
        for name, value in fields.items():
            setattr(account, name, value)
        account.save()
        return account

    def is_in_step(self):
        account, mailbox = mailboxes.find_account(ACCOUNT), IndexedMailbox.objects.get()
        return mailboxes.is_in_step(account, mailbox, timezone.now())

    def test_nobody_watching_means_asking(self, mailbox):
        assert not self.is_in_step()

    def test_watched_and_nothing_told_means_in_step(self, mailbox):
        self.watch()
        assert self.is_in_step()

    def test_news_end_it_until_the_rows_agree_again(self, mailbox, store):
        self.watch()
        mailboxes.tell(ACCOUNT, "INBOX")
        assert not self.is_in_step()
        sync.reconcile(store, ACCOUNT, "INBOX")
        assert self.is_in_step()

    def test_news_told_while_the_server_is_asked_are_not_lost(self, mailbox, store, monkeypatch):
        self.watch()
        mailboxes.tell(ACCOUNT, "INBOX")
        changes_since = store.changes_since

        def told_meanwhile(*arguments):
            found = changes_since(*arguments)
            mailboxes.tell(ACCOUNT, "INBOX")
            return found

        monkeypatch.setattr(store, "changes_since", told_meanwhile)
        sync.reconcile(store, ACCOUNT, "INBOX")
        assert not self.is_in_step()

    def test_a_watcher_that_fell_silent_means_asking(self, mailbox):
        self.watch(watched_until=timezone.now())
        assert not self.is_in_step()


def test_messages_marked_deleted_stay_in_sight(store):
    (ref,) = file(store, 1)
    store.set_flags([ref], add=[DELETED])
    assert subjects(grown(store)) == ["Letter 1"]


def test_a_message_of_an_older_date_stands_where_it_belongs(store):
    """As after an undo: a new UID, the old date."""
    early, late = timezone.now() - timedelta(days=2), timezone.now()
    store.append("INBOX", letter(1), internal_date=late)
    grown(store)
    store.append("INBOX", letter(2), internal_date=early)
    mailbox = sync.reconcile(store, ACCOUNT, "INBOX")
    assert subjects(mailbox) == ["Letter 1", "Letter 2"]


def test_refs_name_the_mailbox_and_its_uidvalidity(store):
    (ref,) = file(store, 1)
    mailbox = grown(store)
    assert listing.page(mailbox, size=1).rows[0].ref == ref
    assert listing.find_place(mailbox, ref.uid)[1] == ref.uid
    assert listing.find_place(mailbox, MessageRef("INBOX", 1, 99).uid) is None
