"""From an account to a session with its mail server."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from webmail.accounts import vault
from webmail.accounts.models import Account
from webmail.accounts.vault import Secret
from webmail.outbound import Endpoint, parse_endpoint
from webmail.outbound import tls_context as new_tls_context
from webmail.store.imap import ImapStore
from webmail.store.pool import SessionPool
from webmail.store.protocol import MailStore

pool = SessionPool()


class NotConfigured(Exception):
    """The administrator has named no server for this."""


class NeedsPassword(Exception):
    """The session can no longer open the mail password: sign in again."""


class NeedsKey(Exception):
    """The browser kept the key cookie back because a link from another site led here.

    A second request from our own page brings it (SameSite=Strict, security.md 4.2).
    """


@contextmanager
def lend_store(request: HttpRequest, account: Account) -> Iterator[MailStore]:
    """A signed-in session with the account's server, for one block.

    The key cookie is opened on every request, so that a warm session never answers
    somebody who has lost the right to it.  A block inside another gets the same session:
    two requests that each want a second one would wait for each other.
    """
    lent: dict[int, MailStore] = request.__dict__.setdefault("_lent_stores", {})
    if account.pk in lent:
        yield lent[account.pk]
        return
    password = password_for(request, account)
    with pool.lend(account.pk, lambda: open_store(account, password)) as store:
        lent[account.pk] = store
        try:
            yield store
        finally:
            del lent[account.pk]


def password_for(request: HttpRequest, account: Account) -> Secret:
    """The account's password; raises NeedsKey or NeedsPassword."""
    try:
        return vault.password_from_session(request, account)
    except vault.Sealed as problem:
        withheld = settings.KEY_COOKIE_NAME not in request.COOKIES
        if withheld and request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
            raise NeedsKey from problem
        raise NeedsPassword from problem


@contextmanager
def store_for_worker(account: Account, password: Secret) -> Iterator[MailStore]:
    """A session for the worker, closed afterwards."""
    store = open_store(account, password)
    try:
        yield store
    finally:
        store.close()


def adopt(account: Account, store: MailStore) -> None:
    """Keeps a session with the configured server warm for the account's first page."""
    if account.imap_url:
        store.close()
    else:
        pool.adopt(account.pk, store)


def open_store(account: Account, password: Secret) -> MailStore:
    """A new session; raises the StoreError tree."""
    return ImapStore.open(
        imap_endpoint(account), account.address, password.reveal(), tls=tls_context()
    )


def imap_endpoint(account: Account | None = None) -> Endpoint:
    """Where the account's messages are; the configured server when it names none."""
    return _endpoint(account.imap_url if account else "", settings.WEBMAIL_IMAP, "imap")


def submission_endpoint(account: Account | None = None) -> Endpoint:
    """Where the account's messages leave (RFC 6409)."""
    url = account.submission_url if account else ""
    return _endpoint(url, settings.WEBMAIL_SUBMISSION, "submission")


def _endpoint(url: str, configured: Endpoint | None, protocol: str) -> Endpoint:
    if url:
        return parse_endpoint(url, protocol, allow_cleartext=settings.WEBMAIL_ALLOW_CLEARTEXT)
    if configured is None:
        raise NotConfigured(f"WEBMAIL_{protocol.upper()} names no server.")
    return configured


def tls_context() -> ssl.SSLContext:
    """One context for all connections: loading the system's authorities takes 20 ms."""
    return _context_of(settings.WEBMAIL_CA_FILE)


_context_of = lru_cache(maxsize=4)(new_tls_context)
