"""Searches that a mail server carries out, mailbox by mailbox, so that each shows as it comes."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from webmail.accounts import grants
from webmail.accounts.connect import store_for_worker
from webmail.accounts.models import Account
from webmail.index import found
from webmail.index.found import Asked, Search
from webmail.index.plan import for_server
from webmail.message.query import parse_query
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailboxNotFound, MailStore, Refused, SignInRefused, StoreError

log = logging.getLogger(__name__)


def carry_out(user_id: int, search_id: str) -> None:
    """The worker's part.  What cannot be searched is noted as such; nothing is tried twice."""
    search = found.find(user_id, search_id)
    if search is None or not found.take(user_id, search_id):
        return
    account = Account.objects.filter(pk=search.account_id, user_id=user_id).first()
    password = grants.password_of(account) if account else None
    try:
        if account is not None and password is not None:
            with store_for_worker(account, password) as store:
                _look_through(store, user_id, search)
    except SignInRefused:
        grants.erase(account)
    except StoreError as problem:
        log.info("search given up: account=%s kind=%s", account.pk, type(problem).__name__)
    finally:
        _give_up_rest(user_id, search_id)


def _look_through(store: MailStore, user_id: int, search: Search) -> None:
    for asked in search.asked:
        if not found.is_wanted(user_id, search.id):
            return
        refs = look(store, search, asked)
        if refs is None:
            found.note_failure(user_id, search.id, asked.name)
        else:
            found.note(user_id, search.id, asked.name, *_numbers(refs))


def _give_up_rest(user_id: int, search_id: str) -> None:
    search = found.find(user_id, search_id)
    for asked in search.waiting if search else ():
        found.note_failure(user_id, search_id, asked.name)


def look(store: MailStore, search: Search, asked: Asked) -> tuple[MessageRef, ...] | None:
    """What the server finds in one mailbox; None when it says no."""
    query = for_server(parse_query(search.text, today=search.today), is_whole=asked.is_whole)
    try:
        return store.search(asked.name, query)
    except MailboxNotFound:
        return ()
    except Refused as problem:
        log.info("search refused: account=%s code=%s", search.account_id, problem.code)
        return None


def look_now(
    store: MailStore, search: Search, *, most_messages: int, sizes: dict[str, int]
) -> Search:
    """The same at once, of as many of the smallest mailboxes as hold ``most_messages``."""
    hits, failed = dict(search.hits), list(search.failed)
    for asked in sorted(search.waiting, key=lambda each: sizes.get(each.name, 0)):
        most_messages -= sizes.get(asked.name, 0)
        refs = look(store, search, asked) if most_messages >= 0 else None
        if refs is None:
            failed.append(asked.name)
        else:
            hits[asked.name] = _numbers(refs)
    return replace(search, hits=hits, failed=tuple(failed))


def _numbers(refs: Iterable[MessageRef]) -> tuple[int, list[int]]:
    refs = tuple(refs)
    return (refs[0].uidvalidity if refs else 0), [ref.uid for ref in refs]
