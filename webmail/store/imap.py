"""A message store over IMAP: RFC 9051 and 3501, with the extensions a server offers."""

import contextlib
import ssl
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Self

from webmail.message.query import Query
from webmail.outbound import Endpoint
from webmail.outbound_sasl import BearerToken
from webmail.store import imap_acts as acts
from webmail.store.imap_account import fetch_quota, find_append_limit, has_quota, mailbox_size
from webmail.store.imap_changes import (
    changes_since,
    fetch_facts,
    fetch_flag_states,
    fetch_uids,
)
from webmail.store.imap_connect import compress, open_wire, sign_in
from webmail.store.imap_fetch import fetch_messages
from webmail.store.imap_listing import (
    create_mailbox,
    delete_mailbox,
    list_mailboxes,
    rename_mailbox,
)
from webmail.store.imap_parts import fetch_header, fetch_pieces
from webmail.store.imap_reread import is_own, own_part, reread
from webmail.store.imap_rows import fetch_page, fetch_rows
from webmail.store.imap_search import find_message_id, saved_before, search_uids, sorted_uids
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import (
    Changes,
    Features,
    FetchedMessage,
    Flag,
    FlagState,
    MailboxStatus,
    MailboxSummary,
    MessageFacts,
    MessagePage,
    MessageRef,
    MessageSummary,
    Quota,
    SortKey,
    SpecialUse,
)
from webmail.store.naming import check_section
from webmail.store.protocol import AHEAD_BYTES, SignInRefused, StoreError, Wanted


class ImapStore:
    """One signed-in session.

    Commands a call costs on a session whose mailbox is selected: ``page`` 2 (NOOP, FETCH),
    3 with ``older_than`` or a query; ``summary`` and ``headers`` 1; ``fetch`` 1, and 1 for
    each message that has more to it, in one round trip; ``part`` 1 for every 512 KB;
    ``set_flags``, ``move`` and ``copy`` 1, or 2 when the mailbox was selected over
    10 s ago; ``mailboxes`` 1.  Opening costs 1 over implicit TLS.  Without PREVIEW a page
    costs a command more for each section that previews stand in, without LIST-STATUS the
    list one for each mailbox.
    """

    def __init__(self, session: ImapSession) -> None:
        self._session = session

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        username: str,
        password: object,
        *,
        tls: ssl.SSLContext,
        timeout_s: float = 30,
        connect_timeout_s: float = 10,
    ) -> Self:
        """Connects and signs in.

        ``password`` is a BearerToken, a str, or something with ``reveal()``.
        """
        wire = open_wire(endpoint, tls, timeout_s=timeout_s, connect_timeout_s=connect_timeout_s)
        try:
            sign_in(wire, username, _revealed(password))
            compress(wire)
            session = ImapSession(wire)
            session.enable_utf8()
        except BaseException:
            wire.drop()
            raise
        return cls(session)

    @property
    def features(self) -> Features:
        selected = self._session.selected
        return Features(
            keywords=selected is None or selected.takes_keywords,
            append_limit_bytes=find_append_limit(self._session),
            quota=has_quota(self._session),
            sort=self._session.can("SORT"),
            replace=self._session.can("REPLACE"),
        )

    @property
    def is_open(self) -> bool:
        return self._session.wire.is_open

    @property
    def commands_sent(self) -> int:
        """How many commands this session has sent: for measurements and tests."""
        return self._session.wire.commands_sent

    @property
    def writes_sent(self) -> int:
        return self._session.writes_sent

    def is_alive(self, *, ask: bool = False) -> bool:
        """Whether the session can be used.  Reads what waits; asks the server by NOOP only
        when something waits or ``ask`` says so."""
        if self.is_open and (ask or self._session.wire.has_news()):
            with contextlib.suppress(StoreError):
                self._session.command("NOOP", timeout_s=5)
        return self.is_open

    def mailboxes(self) -> tuple[MailboxSummary, ...]:
        return list_mailboxes(self._session)

    def status(self, mailbox: str) -> MailboxStatus:
        return self._session.status(mailbox)

    def quota(self) -> Quota | None:
        return fetch_quota(self._session)

    def size_bytes(self, mailbox: str) -> int:
        return mailbox_size(self._session, mailbox)

    @property
    def server_id(self) -> dict[str, str]:
        """What the server called itself (RFC 2971), for diagnosis; empty before it was asked."""
        return dict(self._session.server_id)

    def page(
        self,
        mailbox: str,
        query: Query | None = None,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        size: int = 50,
    ) -> MessagePage:
        return fetch_page(
            self._session, mailbox, query, older_than=older_than, newer_than=newer_than, size=size
        )

    def summary(self, ref: MessageRef) -> MessageSummary:
        for found in self.summaries([ref]):
            return found
        raise self._session.gone(ref.mailbox)

    def summaries(self, refs: Iterable[MessageRef]) -> tuple[MessageSummary, ...]:
        uids = self._session.select_for(wanted := tuple(refs))
        rows = reread(self._session, fetch_rows(self._session, uids))
        found = {row.ref.uid: row for row in rows}
        return tuple(found[ref.uid] for ref in wanted if ref.uid in found)

    def fetch(
        self, refs: Iterable[MessageRef], wanted: Wanted, *, ahead_bytes: int = AHEAD_BYTES
    ) -> tuple[FetchedMessage, ...]:
        return fetch_messages(self._session, tuple(refs), wanted, ahead_bytes)

    def changes_since(self, mailbox: str, known: MailboxStatus) -> Changes:
        return changes_since(self._session, mailbox, known)

    def uids(self, mailbox: str) -> tuple[range, ...]:
        return fetch_uids(self._session, mailbox)

    def flag_states(self, mailbox: str, uids: range) -> Iterator[FlagState]:
        return fetch_flag_states(self._session, mailbox, uids)

    def facts(self, mailbox: str, uids: Iterable[range]) -> Iterator[MessageFacts]:
        return fetch_facts(self._session, mailbox, uids)

    def headers(self, ref: MessageRef) -> bytes:
        return fetch_header(self._session, ref)

    def part(
        self,
        ref: MessageRef,
        section: str,
        *,
        offset_bytes: int = 0,
        limit_bytes: int | None = None,
    ) -> Iterator[bytes]:
        check_section(section)
        fetch = own_part if is_own(section) else fetch_pieces
        return fetch(self._session, ref, section, offset_bytes, limit_bytes)

    def source(self, ref: MessageRef, *, offset_bytes: int = 0) -> Iterator[bytes]:
        return fetch_pieces(self._session, ref, "", offset_bytes, None)

    def set_flags(
        self, refs: Iterable[MessageRef], *, add: Iterable[Flag] = (), remove: Iterable[Flag] = ()
    ) -> None:
        acts.set_flags(self._session, refs, add=add, remove=remove)

    def begin_flags(self, refs: Iterable[MessageRef], *, add: Iterable[Flag]) -> None:
        acts.begin_flags(self._session, refs, add)

    def settle(self) -> None:
        acts.settle(self._session)

    def move(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        return acts.move(self._session, refs, target)

    def copy(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        return acts.copy(self._session, refs, target)

    def expunge(self, refs: Iterable[MessageRef]) -> None:
        acts.expunge(self._session, refs)

    def append(
        self,
        mailbox: str,
        message: bytes,
        *,
        flags: Iterable[Flag] = (),
        internal_date: datetime | None = None,
    ) -> MessageRef | None:
        return acts.append(
            self._session, mailbox, message, flags=flags, internal_date=internal_date
        )

    def replace(
        self, old: MessageRef, message: bytes, *, flags: Iterable[Flag] = ()
    ) -> MessageRef | None:
        return acts.replace(self._session, old, message, flags=flags)

    def create_mailbox(self, name: str, special_use: SpecialUse | None = None) -> str:
        return create_mailbox(self._session, name, special_use)

    def rename_mailbox(self, name: str, new_name: str) -> None:
        rename_mailbox(self._session, name, new_name)

    def delete_mailbox(self, name: str) -> None:
        delete_mailbox(self._session, name)

    def search(self, mailbox: str, query: Query) -> tuple[MessageRef, ...]:
        selected = self._session.refresh(mailbox)
        uids = search_uids(self._session, query)
        return tuple(MessageRef(mailbox, selected.uidvalidity, uid) for uid in reversed(uids))

    def sort(
        self, mailbox: str, query: Query, by: SortKey, *, descending: bool = False
    ) -> tuple[MessageRef, ...]:
        selected = self._session.refresh(mailbox)
        uids = sorted_uids(self._session, query, by, descending=descending)
        return tuple(MessageRef(mailbox, selected.uidvalidity, uid) for uid in uids)

    def saved_before(self, mailbox: str, day: date) -> tuple[MessageRef, ...]:
        selected = self._session.refresh(mailbox)
        uids = saved_before(self._session, day)
        return tuple(MessageRef(mailbox, selected.uidvalidity, uid) for uid in reversed(uids))

    def find_message_id(
        self, mailbox: str, message_id: str, *, field: str = "Message-ID"
    ) -> tuple[MessageRef, ...]:
        selected = self._session.refresh(mailbox)
        uids = find_message_id(self._session, message_id, field)
        return tuple(MessageRef(mailbox, selected.uidvalidity, uid) for uid in reversed(uids))

    def close(self) -> None:
        if self.is_open:
            with contextlib.suppress(StoreError):
                self._session.command("LOGOUT", timeout_s=2)
        self._session.wire.drop()


def _revealed(password: object) -> str | BearerToken:
    if isinstance(password, str | BearerToken):
        return password
    reveal = getattr(password, "reveal", None)
    if not callable(reveal):
        raise SignInRefused("There is no password to sign in with.")
    return str(reveal())
