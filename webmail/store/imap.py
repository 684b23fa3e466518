"""A message store over IMAP: RFC 9051 and 3501, with the extensions a server offers."""

import contextlib
import ssl
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Self

from webmail.message.query import Query
from webmail.outbound import Endpoint
from webmail.store import imap_codec as codec
from webmail.store.imap_changes import (
    changes_since,
    fetch_facts,
    fetch_flag_states,
    fetch_uids,
)
from webmail.store.imap_connect import open_wire, sign_in
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_listing import list_mailboxes, personal_prefix
from webmail.store.imap_rows import fetch_header, fetch_page, fetch_rows
from webmail.store.imap_search import find_message_id, search_uids
from webmail.store.imap_session import ImapSession
from webmail.store.imap_wire import Reply
from webmail.store.mailbox import (
    DELETED,
    Changes,
    Features,
    Flag,
    FlagState,
    MailboxStatus,
    MailboxSummary,
    MessageFacts,
    MessagePage,
    MessageRef,
    MessageSummary,
    SpecialUse,
)
from webmail.store.naming import check_mailbox_name, check_section
from webmail.store.protocol import Refused, SignInRefused, StoreError
from webmail.store.sequence_set import numbers_in, sequence_sets

PIECE_BYTES = 256 * 1024
_NOT_THERE = ("NONEXISTENT", "EXPUNGEISSUED")


class ImapStore:
    """One signed-in session.

    Commands a call costs on a session whose mailbox is selected: ``page`` 2 (NOOP, FETCH),
    3 with ``older_than`` or a query; ``summary`` and ``headers`` 1; ``part`` 1 for every
    256 KB; ``set_flags``, ``move`` and ``copy`` 1, or 2 when the mailbox was selected over
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
        """Connects and signs in.  ``password`` is a str or something with ``reveal()``."""
        wire = open_wire(endpoint, tls, timeout_s=timeout_s, connect_timeout_s=connect_timeout_s)
        try:
            sign_in(wire, username, _revealed(password))
            session = ImapSession(wire)
            session.enable_utf8()
        except BaseException:
            wire.drop()
            raise
        return cls(session)

    @property
    def features(self) -> Features:
        limits = (c for c in self._session.wire.capabilities if c.startswith("APPENDLIMIT="))
        limit = next(limits, "").partition("=")[2]
        selected = self._session.selected
        return Features(
            keywords=selected is None or selected.takes_keywords,
            append_limit_bytes=int(limit) if limit.isdigit() else None,
        )

    @property
    def is_open(self) -> bool:
        return self._session.wire.is_open

    @property
    def commands_sent(self) -> int:
        """How many commands this session has sent: for measurements and tests."""
        return self._session.wire.commands_sent

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
        found = {row.ref.uid: row for row in fetch_rows(self._session, uids)}
        return tuple(found[ref.uid] for ref in wanted if ref.uid in found)

    def changes_since(self, mailbox: str, known: MailboxStatus) -> Changes:
        return changes_since(self._session, mailbox, known)

    def uids(self, mailbox: str) -> tuple[range, ...]:
        return fetch_uids(self._session, mailbox)

    def flag_states(self, mailbox: str, uids: range) -> Iterator[FlagState]:
        return fetch_flag_states(self._session, mailbox, uids)

    def facts(self, mailbox: str, uids: Iterable[range]) -> Iterator[MessageFacts]:
        return fetch_facts(self._session, mailbox, uids)

    def headers(self, ref: MessageRef) -> bytes:
        self._session.select_for([ref])
        octets = fetch_header(self._session, ref.uid, limit_bytes=PIECE_BYTES)
        if octets is None:
            raise self._session.gone(ref.mailbox)
        return octets

    def part(
        self,
        ref: MessageRef,
        section: str,
        *,
        offset_bytes: int = 0,
        limit_bytes: int | None = None,
    ) -> Iterator[bytes]:
        check_section(section)
        return self._pieces(ref, section, offset_bytes, limit_bytes)

    def source(self, ref: MessageRef, *, offset_bytes: int = 0) -> Iterator[bytes]:
        return self._pieces(ref, "", offset_bytes, None)

    def set_flags(
        self, refs: Iterable[MessageRef], *, add: Iterable[Flag] = (), remove: Iterable[Flag] = ()
    ) -> None:
        uids = self._session.select_to_change(refs)
        for item, flags in (("+FLAGS.SILENT", tuple(add)), ("-FLAGS.SILENT", tuple(remove))):
            if flags:
                self._store_flags(uids, item, flags)

    def move(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        if not self._session.can("MOVE"):
            return self._move_by_copy(tuple(refs), target)
        return self._transfer("UID MOVE", refs, target)[0]

    def copy(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        return self._transfer("UID COPY", refs, target)[0]

    def expunge(self, refs: Iterable[MessageRef]) -> None:
        uids = self._session.select_to_change(refs)
        self._store_flags(uids, "+FLAGS.SILENT", (DELETED,))
        # A plain EXPUNGE would take what other programs have marked with it (F47).
        if self._session.can("UIDPLUS"):
            for uid_set in sequence_sets(uids):
                self._session.command("UID EXPUNGE", Atom(uid_set))

    def append(
        self,
        mailbox: str,
        message: bytes,
        *,
        flags: Iterable[Flag] = (),
        internal_date: datetime | None = None,
    ) -> MessageRef | None:
        arguments: list[Argument] = [[Atom(flag.name) for flag in flags]]
        if internal_date is not None:
            arguments.append(codec.internal_date_text(internal_date))
        reply = self._session.mailbox_command("APPEND", mailbox, *arguments, message)
        place = (reply.find_code("APPENDUID") or b"").split()
        if len(place) != 2 or not all(number.isdigit() for number in place):
            return None
        return MessageRef(mailbox, int(place[0]), int(place[1]))

    def create_mailbox(self, name: str, special_use: SpecialUse | None = None) -> str:
        check_mailbox_name(name, host=self._session.wire.host)
        prefix = personal_prefix(self._session)
        if prefix and prefix[-1] not in name:
            name = prefix + name
        self._create(name, special_use)
        self._session.command("SUBSCRIBE", self._session.name(name))
        return name

    def rename_mailbox(self, name: str, new_name: str) -> None:
        self._session.leave(name)
        self._session.mailbox_command("RENAME", name, self._session.name(new_name))
        self._session.command("SUBSCRIBE", self._session.name(new_name))
        self._unsubscribe(name)

    def delete_mailbox(self, name: str) -> None:
        self._session.leave(name)
        self._session.mailbox_command("DELETE", name)
        self._unsubscribe(name)

    def search(self, mailbox: str, query: Query) -> tuple[MessageRef, ...]:
        selected = self._session.refresh(mailbox)
        uids = search_uids(self._session, query)
        return tuple(MessageRef(mailbox, selected.uidvalidity, uid) for uid in reversed(uids))

    def find_message_id(self, mailbox: str, message_id: str) -> tuple[MessageRef, ...]:
        selected = self._session.refresh(mailbox)
        uids = find_message_id(self._session, message_id)
        return tuple(MessageRef(mailbox, selected.uidvalidity, uid) for uid in reversed(uids))

    def close(self) -> None:
        if self.is_open:
            with contextlib.suppress(StoreError):
                self._session.command("LOGOUT", timeout_s=2)
        self._session.wire.drop()

    def _pieces(
        self, ref: MessageRef, section: str, offset: int, limit: int | None
    ) -> Iterator[bytes]:
        """Partial fetches, one after the other, so that memory holds one of them."""
        end = None if limit is None else offset + limit
        while end is None or offset < end:
            asked = PIECE_BYTES if end is None else min(PIECE_BYTES, end - offset)
            piece = self._piece(ref, section, offset, asked)
            if piece:
                yield piece
            if len(piece) < asked:
                return
            offset += len(piece)

    def _piece(self, ref: MessageRef, section: str, offset: int, size: int) -> bytes:
        self._session.select_for([ref])
        item = Atom(f"(BODY.PEEK[{section}]<{offset}.{size}>)")
        reply = self._session.command("UID FETCH", ref.uid, item, forgiving=_NOT_THERE)
        for items in codec.fetched(reply):
            if items.get(b"UID") == ref.uid and any(key.startswith(b"BODY[") for key in items):
                return codec.body_of(items)[:size]
        raise self._session.gone(ref.mailbox)

    def _store_flags(self, uids: list[int], item: str, flags: Iterable[Flag]) -> None:
        words = [Atom(flag.name) for flag in flags]
        for uid_set in sequence_sets(uids):
            self._session.command(
                "UID STORE", Atom(uid_set), Atom(item), words, forgiving=_NOT_THERE
            )

    def _transfer(
        self, command: str, refs: Iterable[MessageRef], target: str
    ) -> tuple[tuple[MessageRef, ...], list[int]]:
        """Copies or moves; where the messages are now, and which of the UIDs went."""
        uids = self._session.select_to_change(refs)
        places: list[MessageRef] = []
        gone_over: list[int] = []
        for uid_set in sequence_sets(uids):
            reply = self._to_mailbox(command, uid_set, target)
            sources, targets = _copied(reply, target)
            places += targets
            gone_over += sources or numbers_in(uid_set)
        return tuple(places), gone_over

    def _to_mailbox(self, command: str, uid_set: str, target: str) -> Reply:
        try:
            return self._session.command(command, Atom(uid_set), self._session.name(target))
        except Refused as refusal:
            if self._session.means_nowhere(refusal, command, target):
                raise self._session.not_found(target) from refusal
            raise

    def _move_by_copy(self, refs: tuple[MessageRef, ...], target: str) -> tuple[MessageRef, ...]:
        """COPY first, and only what is known to be copied is removed (F46)."""
        places, copied = self._transfer("UID COPY", refs, target)
        if refs:
            self.expunge(MessageRef(refs[0].mailbox, refs[0].uidvalidity, uid) for uid in copied)
        return places

    def _create(self, name: str, special_use: SpecialUse | None) -> None:
        if special_use is not None and self._session.can("CREATE-SPECIAL-USE"):
            use = [Atom("USE"), [Atom(f"\\{special_use.value.capitalize()}")]]
            try:
                self._session.mailbox_command("CREATE", name, use)
            except Refused as refusal:
                if refusal.code != "USEATTR":
                    raise
            else:
                return
        self._session.mailbox_command("CREATE", name)

    def _unsubscribe(self, name: str) -> None:
        with contextlib.suppress(Refused):
            self._session.command("UNSUBSCRIBE", self._session.name(name))


def _copied(reply: Reply, target: str) -> tuple[list[int], list[MessageRef]]:
    """COPYUID (RFC 4315): the UIDs copied, and where they are now."""
    words = (reply.find_code("COPYUID") or b"").decode("ascii", "replace").split()
    try:
        uidvalidity, sources, targets = int(words[0]), numbers_in(words[1]), numbers_in(words[2])
        places = [MessageRef(target, uidvalidity, uid) for uid in targets]
    except (ValueError, IndexError):
        return [], []
    return sources, places


def _revealed(password: object) -> str:
    if isinstance(password, str):
        return password
    reveal = getattr(password, "reveal", None)
    if not callable(reveal):
        raise SignInRefused("There is no password to sign in with.")
    return str(reveal())
