"""What a message store (RFC 5598, "MS") does for its user.  Each call is one visible act.

The errors a store raises::

    StoreError
      Unreachable        no connection, TLS failure, time out, pool busy
      SignInRefused      the server said no to these credentials
      MailboxNotFound
      MessageGone        expunged, or UIDVALIDITY changed
      Refused            a NO with its response code (OVERQUOTA, NOPERM…)
      Unsupported        asked of a store without the feature: our bug
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Protocol

from webmail.message.bodystructure import Part
from webmail.message.query import Query
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

Wanted = Callable[[Part], Mapping[str, int]]
"""Of a structure, the sections to be fetched and how many octets of each at most."""

AHEAD_BYTES = 16 * 1024


class StoreError(Exception):
    """Something the store could not do.  ``host`` names the server that was asked."""

    def __init__(self, text: str, *, host: str = "") -> None:
        super().__init__(text)
        self.host = host


class Unreachable(StoreError):
    """No usable connection.

    ``reason`` is one of ``dns connect timeout certificate starttls greeting cut busy``;
    the text quotes what happened.  ``may_repeat``: an old session of the pool broke, and
    the block it was lent for has written nothing; another try gets a new session.
    """

    def __init__(self, text: str, *, host: str = "", reason: str = "connect") -> None:
        super().__init__(text, host=host)
        self.reason = reason
        self.may_repeat = False


class SignInRefused(StoreError):
    """The server said no to these credentials; the text is the server's own."""


class MailboxNotFound(StoreError):
    """No mailbox of this name."""


class MessageGone(StoreError):
    """The message is no longer where the ref says."""


class Refused(StoreError):
    """A NO.  ``code`` is the response code (RFC 5530) without brackets, or empty."""

    def __init__(self, text: str, *, host: str = "", code: str = "") -> None:
        super().__init__(text, host=host)
        self.code = code


class Unsupported(StoreError):
    """Asked of a store that has not got the feature."""


class MailStore(Protocol):
    """One signed-in session with a store.  Not safe for two threads at once."""

    @property
    def features(self) -> Features: ...

    @property
    def is_open(self) -> bool:
        """Whether nothing has ended the session, as far as we noticed.  Asks nobody."""

    @property
    def writes_sent(self) -> int:
        """How often this session has asked for a change of anything, done or not."""

    def is_alive(self, *, ask: bool = False) -> bool:
        """Whether the session can still be used; ``ask`` the server even if all is quiet."""

    def mailboxes(self) -> tuple[MailboxSummary, ...]:
        """All mailboxes with their status: the inbox, then the rest in the server's order."""

    def status(self, mailbox: str) -> MailboxStatus: ...

    def quota(self) -> Quota | None:
        """Of the storage quotas, the one that leaves least room; None where there is none."""

    def size_bytes(self, mailbox: str) -> int:
        """All messages of it together.  Costly on servers without STATUS=SIZE."""

    def page(
        self,
        mailbox: str,
        query: Query | None = None,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        size: int = 50,
    ) -> MessagePage:
        """At most ``size`` rows, newest first.

        ``older_than`` and ``newer_than`` are UIDs that need not exist any more: the rows
        next below the one, or next above the other.  Both at once is a ValueError.
        """

    def summary(self, ref: MessageRef) -> MessageSummary:
        """Raises MessageGone when the ref names nothing."""

    def summaries(self, refs: Iterable[MessageRef]) -> tuple[MessageSummary, ...]:
        """Those of ``refs`` (all in one mailbox) that still exist, in the order asked."""

    def fetch(
        self, refs: Iterable[MessageRef], wanted: Wanted, *, ahead_bytes: int = AHEAD_BYTES
    ) -> tuple[FetchedMessage, ...]:
        """Those of ``refs`` (all in one mailbox) that still exist, with the parts ``wanted``.

        The first ``ahead_bytes`` of each come in the first round trip, with its structure;
        a second is made only for messages where those do not hold all that is wanted.
        Never \\Seen.
        """

    def changes_since(self, mailbox: str, known: MailboxStatus) -> Changes:
        """What happened since ``known``: 1 command when nothing did, else 2 (RFC 7162).

        MailboxNotFound when it is gone.  Never changes anything, \\Recent included.
        """

    def uids(self, mailbox: str) -> tuple[range, ...]:
        """Every UID of the mailbox, as ascending ranges that do not touch."""

    def flag_states(self, mailbox: str, uids: range) -> Iterator[FlagState]:
        """The flags of the messages in ``uids``, ascending; what is gone is left out."""

    def facts(self, mailbox: str, uids: Iterable[range]) -> Iterator[MessageFacts]:
        """Those of ``uids`` that exist, in no order.  A few hundred at a time are cheap;
        the generator must be used up or closed before the next call on this store."""

    def headers(self, ref: MessageRef) -> bytes:
        """The raw header of the message, at most 256 KB of it."""

    def part(
        self,
        ref: MessageRef,
        section: str,
        *,
        offset_bytes: int = 0,
        limit_bytes: int | None = None,
    ) -> Iterator[bytes]:
        """The octets of a part as transferred (not decoded), a piece at a time.

        ``section`` is that of a Part of the structure; MessageGone when it names none.
        Never \\Seen.  It begins at ``offset_bytes``; ``limit_bytes`` ends it early.  The
        generator must be used up or closed before the next call on this store.
        """

    def source(self, ref: MessageRef, *, offset_bytes: int = 0) -> Iterator[bytes]:
        """The whole message, or what follows ``offset_bytes``, a piece at a time."""

    def set_flags(
        self, refs: Iterable[MessageRef], *, add: Iterable[Flag] = (), remove: Iterable[Flag] = ()
    ) -> None:
        """Adds and removes; flags not named stay as they are (F48).

        Messages that are gone are passed over; a changed UIDVALIDITY raises MessageGone.
        """

    def begin_flags(self, refs: Iterable[MessageRef], *, add: Iterable[Flag]) -> None:
        """As ``set_flags``, without waiting for the answer: ``settle`` does."""

    def settle(self) -> None:
        """Waits for what was begun; raises what went wrong with it.  It is safe to use the
        store meanwhile, and to settle when nothing was begun."""

    def move(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        """Where the messages are now, as far as the server says (COPYUID).

        Without MOVE: COPY, then only UID EXPUNGE of these (F46, F47); without UIDPLUS
        they stay marked \\Deleted in the old place and nothing else is expunged.
        """

    def copy(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]: ...

    def expunge(self, refs: Iterable[MessageRef]) -> None:
        """Removes these messages for good, and no others (F47).

        A server without UIDPLUS cannot: there they stay, marked \\Deleted.
        """

    def append(
        self,
        mailbox: str,
        message: bytes,
        *,
        flags: Iterable[Flag] = (),
        internal_date: datetime | None = None,
    ) -> MessageRef | None:
        """Files a message; its place where the server tells (APPENDUID), else None."""

    def replace(
        self, old: MessageRef, message: bytes, *, flags: Iterable[Flag] = ()
    ) -> MessageRef | None:
        """Files a message in the place of another, both or neither (REPLACE, RFC 8508).

        Its place as by ``append``.  Unsupported unless ``features.replace``.
        """

    def create_mailbox(self, name: str, special_use: SpecialUse | None = None) -> str:
        """The name it got: a new top level may have to go into a namespace (RFC 2342)."""

    def rename_mailbox(self, name: str, new_name: str) -> None: ...

    def delete_mailbox(self, name: str) -> None: ...

    def search(self, mailbox: str, query: Query) -> tuple[MessageRef, ...]:
        """Every match, newest first."""

    def sort(
        self, mailbox: str, query: Query, by: SortKey, *, descending: bool = False
    ) -> tuple[MessageRef, ...]:
        """Every match in this order; Unsupported unless ``features.sort``."""

    def saved_before(self, mailbox: str, day: date) -> tuple[MessageRef, ...]:
        """What came into this mailbox before the day, newest first; by the internal date
        where the server does not keep that."""

    def find_message_id(
        self, mailbox: str, message_id: str, *, field: str = "Message-ID"
    ) -> tuple[MessageRef, ...]:
        """Messages with exactly this Message-ID field, newest first.

        ``field`` may be Resent-Message-ID; of several the first counts.
        """

    def close(self) -> None:
        """Signs out; never raises."""
