"""Searches that a mail server carries out, mailbox by mailbox, so that each shows as it comes."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from webmail.accounts import grants
from webmail.accounts.connect import store_for_worker
from webmail.accounts.models import Account
from webmail.index import found
from webmail.index.found import Asked, Place, Search
from webmail.index.plan import for_server
from webmail.message.query import parse_query
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailboxNotFound, MailStore, Refused, SignInRefused, StoreError

log = logging.getLogger(__name__)


def carry_out(user_id: int, search_id: str, tell: Callable[[], object] = lambda: None) -> None:
    """The worker's part, account by account; ``tell`` is called whenever a mailbox is done.

    What cannot be searched is noted as such; nothing is tried twice.
    """
    search = found.find(user_id, search_id)
    if search is None or not found.take(user_id, search_id):
        return
    try:
        for account_id in dict.fromkeys(each.account_id for each in search.asked):
            account = Account.objects.filter(pk=account_id, user_id=user_id).first()
            if account is not None:
                _look_through(account, search, tell)
            _give_up_rest(user_id, search_id, account_id)
    finally:
        _give_up_rest(user_id, search_id)
        tell()


def _look_through(account: Account, search: Search, tell: Callable[[], object]) -> None:
    password = grants.password_of(account)
    if password is None:
        return
    try:
        with store_for_worker(account, password) as store:
            for asked in search.asked:
                if asked.account_id == account.pk:
                    _look_and_note(store, account.user_id, search, asked)
                    tell()
    except SignInRefused:
        grants.erase(account)
    except StoreError as problem:
        log.info("search given up: account=%s kind=%s", account.pk, type(problem).__name__)


def _look_and_note(store: MailStore, user_id: int, search: Search, asked: Asked) -> None:
    if not found.is_wanted(user_id, search.id):
        return
    refs = look(store, search, asked)
    if refs is None:
        found.note_failure(user_id, search.id, asked.place)
    else:
        found.note(user_id, search.id, asked.place, *_numbers(refs))


def _give_up_rest(user_id: int, search_id: str, account_id: int = 0) -> None:
    """Of one account, or of all."""
    search = found.find(user_id, search_id)
    for asked in search.waiting if search else ():
        if account_id in {0, asked.account_id}:
            found.note_failure(user_id, search_id, asked.place)


def look(store: MailStore, search: Search, asked: Asked) -> tuple[MessageRef, ...] | None:
    """What the server finds in one mailbox; None when it says no."""
    query = for_server(parse_query(search.text, today=search.today), is_whole=asked.is_whole)
    try:
        return store.search(asked.name, query)
    except MailboxNotFound:
        return ()
    except Refused as problem:
        log.info("search refused: account=%s code=%s", asked.account_id, problem.code)
        return None


def look_now(
    store: MailStore,
    search: Search,
    account_id: int,
    *,
    most_messages: int,
    sizes: dict[Place, int],
) -> Search:
    """The same at once, of as many of the account's smallest mailboxes as hold
    ``most_messages``."""
    hits, failed = dict(search.hits), list(search.failed)
    mine = [each for each in search.waiting if each.account_id == account_id]
    for asked in sorted(mine, key=lambda each: sizes.get(each.place, 0)):
        most_messages -= sizes.get(asked.place, 0)
        refs = look(store, search, asked) if most_messages >= 0 else None
        if refs is None:
            failed.append(asked.place)
        else:
            hits[asked.place] = _numbers(refs)
    return replace(search, hits=hits, failed=tuple(failed))


def _numbers(refs: Iterable[MessageRef]) -> tuple[int, list[int]]:
    refs = tuple(refs)
    return (refs[0].uidvalidity if refs else 0), [ref.uid for ref in refs]
