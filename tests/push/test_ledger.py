"""What the watcher writes: the index must never seem in step when it may not be."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webmail.index.models import IndexedAccount, IndexedMailbox
from webmail.push import ledger
from webmail.push.watching import Bell

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailboxes():
    rows = [(1, "INBOX"), (1, "Work"), (2, "INBOX")]
    return [IndexedMailbox.objects.create(account_id=a, name=n, told=5) for a, n in rows]


def told():
    return {(m.account_id, m.name): m.told for m in IndexedMailbox.objects.all()}


def watched(account_id):
    until = IndexedAccount.objects.get(pk=account_id).watched_until
    return until is not None and until > timezone.now() + timedelta(seconds=40)


def test_a_new_connection_puts_every_mailbox_of_its_account_out_of_step(mailboxes):
    ledger.begin(1, watches_all=True, tells_inbox=True)
    assert told() == {(1, "INBOX"): 6, (1, "Work"): 6, (2, "INBOX"): 5}
    account = IndexedAccount.objects.get()
    assert (account.list_told, account.watches_all, watched(1)) == (1, True, True)


def test_a_server_that_is_only_asked_is_never_taken_for_watched(mailboxes):
    ledger.begin(1, watches_all=False, tells_inbox=False)
    assert not watched(1)


def test_news_put_their_own_mailbox_out_of_step(mailboxes):
    ledger.begin(1, watches_all=True, tells_inbox=True)
    assert ledger.tell(1, {"Work", "Unknown"}) == [mailboxes[1].pk]
    assert told() == {(1, "INBOX"): 6, (1, "Work"): 7, (2, "INBOX"): 5}
    assert IndexedAccount.objects.get().list_told == 2


def test_a_lost_connection_takes_its_word_back_at_once(mailboxes):
    for account in (1, 2):
        ledger.begin(account, watches_all=True, tells_inbox=True)
    ledger.end(1)
    assert (watched(1), watched(2)) == (False, True)
    ledger.beat([2])
    assert (watched(1), watched(2)) == (False, True)
    ledger.forget_all()
    assert (watched(1), watched(2)) == (False, False)


def test_the_bell_rings_at_once_and_then_every_two_seconds():
    rung = []
    bell = Bell(rung.append)
    for at in (0.0, 0.1, 1.9):
        bell.ask(7, at)
    assert rung == [7]
    bell.tick(2.1)
    assert rung == [7, 7]
    bell.tick(9.0)
    assert rung == [7, 7]
