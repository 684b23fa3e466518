"""Sessions whose writes are news to the index, whoever made them and however they end."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError
from django.http import HttpRequest

from webmail.accounts import connect
from webmail.accounts.models import Account
from webmail.accounts.vault import Secret
from webmail.index.mailboxes import tell
from webmail.store.mailbox import Flag, MessageRef, SpecialUse
from webmail.store.protocol import MailStore

log = logging.getLogger(__name__)


class TellingStore:
    """A store that says after every write, refused or not, where something may be new."""

    def __init__(self, store: MailStore, account_id: int) -> None:
        self._store = store
        self._account_id = account_id
        self._begun: set[str] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    @contextmanager
    def _told(self, *mailboxes: str) -> Iterator[None]:
        try:
            yield
        finally:
            self._tell(mailboxes)

    def _tell(self, mailboxes: tuple[str, ...]) -> None:
        """What the mail server did is done, told or not: the next look finds it too."""
        try:
            tell(self._account_id, *mailboxes)
        except DatabaseError as error:
            log.warning("the index was not told: account=%s error=%s", self._account_id, error)

    def set_flags(
        self, refs: Iterable[MessageRef], *, add: Iterable[Flag] = (), remove: Iterable[Flag] = ()
    ) -> None:
        with self._told(*_places(refs := tuple(refs))):
            self._store.set_flags(refs, add=add, remove=remove)

    def begin_flags(self, refs: Iterable[MessageRef], *, add: Iterable[Flag]) -> None:
        self._begun |= _places(refs := tuple(refs))
        self._store.begin_flags(refs, add=add)

    def settle(self) -> None:
        """Told now, when the server has done it: who asks before that hears old news."""
        begun, self._begun = self._begun, set()
        if begun:
            with self._told(*begun):
                self._store.settle()

    def move(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        with self._told(*_places(refs := tuple(refs)), target):
            return self._store.move(refs, target)

    def copy(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        with self._told(target):
            return self._store.copy(refs, target)

    def expunge(self, refs: Iterable[MessageRef]) -> None:
        with self._told(*_places(refs := tuple(refs))):
            self._store.expunge(refs)

    def append(
        self,
        mailbox: str,
        message: bytes,
        *,
        flags: Iterable[Flag] = (),
        internal_date: datetime | None = None,
    ) -> MessageRef | None:
        with self._told(mailbox):
            return self._store.append(mailbox, message, flags=flags, internal_date=internal_date)

    def create_mailbox(self, name: str, special_use: SpecialUse | None = None) -> str:
        with self._told():
            return self._store.create_mailbox(name, special_use)

    def rename_mailbox(self, name: str, new_name: str) -> None:
        with self._told():
            self._store.rename_mailbox(name, new_name)

    def delete_mailbox(self, name: str) -> None:
        with self._told():
            self._store.delete_mailbox(name)


def _places(refs: Iterable[MessageRef]) -> set[str]:
    return {ref.mailbox for ref in refs}


@contextmanager
def lend_store(request: HttpRequest, account: Account) -> Iterator[MailStore]:
    """As ``connect.lend_store``, with every write told."""
    with connect.lend_store(request, account) as store:
        telling = TellingStore(store, account.pk)
        try:
            yield telling
        finally:
            telling.settle()


@contextmanager
def store_for_worker(account: Account, password: Secret) -> Iterator[MailStore]:
    """As ``connect.store_for_worker``, with every write told."""
    with connect.store_for_worker(account, password) as store:
        telling = TellingStore(store, account.pk)
        try:
            yield telling
        finally:
            telling.settle()
