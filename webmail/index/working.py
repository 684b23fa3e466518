"""What the worker does for the index, with the password that a reading grant holds."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from webmail.accounts import grants
from webmail.accounts.connect import open_store, pool
from webmail.accounts.models import Account
from webmail.index import checking, growing
from webmail.index import sync as syncing
from webmail.index.models import IndexedMailbox
from webmail.store.protocol import MailboxNotFound, MailStore, SignInRefused, StoreError

log = logging.getLogger(__name__)

TURN_S = 20.0
_DRESS_TURNS = 20


def grow(mailbox_id: int) -> bool:
    """One turn of growing; True when there is more to do.

    A mailbox that became whole is proved before it is done.
    """
    with _at_work(mailbox_id) as (store, mailbox):
        if store is None or mailbox is None:
            return False
        mailbox = syncing.reconcile(store, mailbox.account_id, mailbox.name)
        growing.grow(store, mailbox, for_s=TURN_S)
        if not mailbox.is_whole:
            return True
        checking.prove(store, mailbox)
        for _ in range(_DRESS_TURNS):
            if not growing.dress_newest(store, mailbox):
                break
        growing.release(mailbox)
    return False


def sync(mailbox_id: int) -> None:
    """Makes the rows agree; with luck before anybody draws them."""
    with _at_work(mailbox_id) as (store, mailbox):
        if store is not None and mailbox is not None and mailbox.uidvalidity:
            syncing.reconcile(store, mailbox.account_id, mailbox.name)


def prove_oldest() -> None:
    """Proves the mailbox whose proof is the oldest among those that can be opened."""
    held = IndexedMailbox.objects.filter(held__gt=0, grown_down_to__lte=1)
    for mailbox in held.order_by("proved_at")[:1]:
        with _at_work(mailbox.pk) as (store, found):
            if store is not None and found is not None:
                checking.prove(store, found)


@contextmanager
def _at_work(mailbox_id: int) -> Iterator[tuple[MailStore | None, IndexedMailbox | None]]:
    """A session for the mailbox; nothing where it is gone or nobody lets us read it."""
    mailbox = IndexedMailbox.objects.filter(pk=mailbox_id).first()
    account = Account.objects.filter(pk=mailbox.account_id).first() if mailbox else None
    password = grants.password_of(account) if account else None
    if account is None or password is None:
        yield None, None
        return
    try:
        with pool.lend(account.pk, lambda: open_store(account, password)) as store:
            yield store, mailbox
    except SignInRefused:
        grants.erase_refused(account, password)
    except MailboxNotFound:
        log.info("mailbox gone: mailbox=%s", mailbox_id)
    except StoreError as problem:
        log.info("index put off: mailbox=%s kind=%s", mailbox_id, type(problem).__name__)
