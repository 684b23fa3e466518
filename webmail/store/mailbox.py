"""The values a message store answers with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webmail.message.bodystructure import Part
from webmail.message.envelope import Envelope


class SpecialUse(StrEnum):
    """RFC 6154 attributes, and the inbox, which has none."""

    INBOX = "inbox"
    FLAGGED = "flagged"
    DRAFTS = "drafts"
    SENT = "sent"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"
    ALL = "all"


class SortKey(StrEnum):
    """What messages can be put in order by (RFC 5256)."""

    ARRIVAL = "arrival"
    DATE = "date"
    FROM = "from"
    TO = "to"
    SUBJECT = "subject"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Flag:
    """A message flag or keyword, compared without regard to case.

    System flags start with a backslash (``\\Seen``); keywords do not
    (``$Forwarded``).  RFC 9051, section 2.3.2.
    """

    name: str

    def __post_init__(self) -> None:
        word = self.name.removeprefix("\\")
        if (
            not word
            or len(word) > 64
            or not word.isascii()
            or any(c not in _FLAG_CHARS for c in word)
        ):
            raise ValueError(f"{self.name!r} cannot be an IMAP flag")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flag) and self.name.lower() == other.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())


_FLAG_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.-")

SEEN = Flag("\\Seen")
FLAGGED = Flag("\\Flagged")
ANSWERED = Flag("\\Answered")
DRAFT = Flag("\\Draft")
DELETED = Flag("\\Deleted")
FORWARDED = Flag("$Forwarded")
JUNK = Flag("$Junk")
NOT_JUNK = Flag("$NotJunk")


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where a message is.  A UID means nothing without its UIDVALIDITY (RFC 9051, 2.3.1.1)."""

    mailbox: str
    uidvalidity: int
    uid: int

    def __post_init__(self) -> None:
        if not self.mailbox or not 0 < self.uid < 2**32 or not 0 <= self.uidvalidity < 2**32:
            raise ValueError(f"{self!r} names no message")


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """STATUS (RFC 9051, 6.3.11).  ``highestmodseq`` is 0 without CONDSTORE (RFC 7162)."""

    messages: int
    unseen: int
    uidnext: int
    uidvalidity: int
    highestmodseq: int = 0


@dataclass(frozen=True, slots=True)
class MailboxSummary:
    """A mailbox as LIST shows it, its name decoded to Unicode.

    ``name`` is the full name with the server's ``delimiter`` (empty when the names are
    flat).  ``status`` is None for a mailbox that cannot be selected.
    """

    name: str
    delimiter: str
    special_use: SpecialUse | None = None
    is_selectable: bool = True
    is_subscribed: bool = True
    status: MailboxStatus | None = None

    @property
    def parent(self) -> str:
        """The full name of the mailbox above; empty at the top."""
        return self.name.rpartition(self.delimiter)[0] if self.delimiter else ""

    @property
    def leaf(self) -> str:
        """The last level of the name."""
        return self.name.rpartition(self.delimiter)[2] if self.delimiter else self.name


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """One row of a list.  ``preview`` is empty where nobody knows it (RFC 8970)."""

    ref: MessageRef
    envelope: Envelope
    flags: frozenset[Flag]
    size_bytes: int
    internal_date: datetime
    structure: Part
    preview: str = ""


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """A message as it is opened.

    ``header`` is raw, 256 KB at most.  ``parts`` are octets as transferred, by section.
    The summary has no preview.
    """

    summary: MessageSummary
    header: bytes
    parts: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What an index keeps of a message: no structure, no text.

    ``media_type`` is that of the whole message (``multipart/mixed``).  ``thread_id`` is
    the server's own (RFC 8474, X-GM-THRID), empty where it has none.  ``modseq`` is 0
    without CONDSTORE.  ``email_id`` is the same for every copy of the message; empty
    without OBJECTID.
    """

    ref: MessageRef
    modseq: int
    flags: frozenset[Flag]
    size_bytes: int
    internal_date: datetime
    envelope: Envelope
    media_type: str = ""
    thread_id: str = ""
    email_id: str = ""


@dataclass(frozen=True, slots=True)
class FlagState:
    """The flags of a message at a mod-sequence (0 without CONDSTORE)."""

    uid: int
    flags: frozenset[Flag]
    modseq: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to a mailbox since a status.

    ``status`` is how it stands now, taken no later than the rest.  ``flags`` has every
    message that is new or whose flags changed, ``vanished`` the UIDs that are gone, and
    perhaps some that were never known.  ``is_whole`` is False where the store cannot tell
    (no CONDSTORE or QRESYNC, another UIDVALIDITY): then both are empty, and who wants to
    know compares ``uids`` and ``flag_states``.
    """

    status: MailboxStatus
    flags: tuple[FlagState, ...] = ()
    vanished: tuple[range, ...] = ()
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Rows of a mailbox, newest (highest UID) first.

    ``total`` counts what matches; ``first_position`` is the place of the first row among
    them, from 1 (0 when the page is empty).
    """

    mailbox: str
    uidvalidity: int
    rows: tuple[MessageSummary, ...]
    total: int
    first_position: int
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class Features:
    """What users can see of a store's abilities."""

    move: bool = True
    flags: bool = True
    keywords: bool = True
    mailboxes: bool = True
    search: bool = True
    append_limit_bytes: int | None = None
    quota: bool = False
    sort: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """The room an account has, and how much of it is taken (RFC 9208)."""

    used_bytes: int
    limit_bytes: int
