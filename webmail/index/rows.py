"""From what the store tells to the index's rows, and from rows to what a list shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from webmail.index.models import UID_BITS, IndexedMailbox, IndexedMessage
from webmail.message.address import Address
from webmail.message.bodystructure import Part
from webmail.message.envelope import Envelope
from webmail.store.mailbox import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    SEEN,
    Flag,
    MessageFacts,
    MessageRef,
    MessageSummary,
)

MOST_RECIPIENTS = 20
_TEXT = 500
_PREVIEW = 160
_BETWEEN_PARTS = "\x1f"
_BETWEEN_ADDRESSES = "\x1e"
_COLUMNS = {
    SEEN: "is_seen",
    FLAGGED: "is_flagged",
    ANSWERED: "is_answered",
    DRAFT: "is_draft",
    DELETED: "is_deleted",
}
FLAG_FIELDS = (*_COLUMNS.values(), "keywords", "modseq")
DRESS_FIELDS = ("preview", "has_attachment", "has_invitation", "is_dressed")
_WITH_FILES = "multipart/mixed"


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as a list shows it, from the index or straight from the store.

    ``has_attachment`` of a message whose structure was never fetched is a guess.  In a list
    by conversation it stands for ``count`` messages.
    """

    ref: MessageRef
    senders: tuple[Address, ...]
    recipients: tuple[Address, ...]
    subject: str
    preview: str
    flags: frozenset[Flag]
    internal_date: datetime
    has_attachment: bool
    has_invitation: bool
    is_dressed: bool = True
    count: int = 1
    has_draft: bool = False

    def __hash__(self) -> int:
        """Of enough to tell most apart: all of it takes longer than drawing the row."""
        return hash((self.ref.uid, self.subject))

    @property
    def place(self) -> tuple[int, int]:
        """Its place in the list: seconds since 1970, then the UID; lists run downwards."""
        return int(self.internal_date.timestamp()), self.ref.uid


# -- into the index ------------------------------------------------------------------------------


def message_from_facts(mailbox: IndexedMailbox, facts: MessageFacts) -> IndexedMessage:
    envelope = facts.envelope
    message = IndexedMessage(
        id=mailbox.first_key | facts.ref.uid,
        mailbox_id=mailbox.pk,
        internal_date=int(facts.internal_date.timestamp()),
        size_bytes=facts.size_bytes,
        has_attachment=facts.media_type == _WITH_FILES,
        has_invitation=facts.media_type == "text/calendar",
        senders=pack(envelope.from_ or envelope.sender),
        recipients=pack(_recipients(envelope)[:MOST_RECIPIENTS]),
        subject=_clean(envelope.subject)[:_TEXT],
        **flag_columns(facts.flags, facts.modseq),
    )
    everyone = (*envelope.to, *envelope.cc, *envelope.bcc)
    message.everyone = "\n".join(f"{each.name} {each.addr_spec}" for each in everyone)
    return message


def _recipients(envelope: Envelope) -> tuple[Address, ...]:
    return (*envelope.to, *envelope.cc) or envelope.bcc


def flag_columns(flags: frozenset[Flag], modseq: int) -> dict[str, object]:
    keywords = sorted(flag.name for flag in flags if flag not in _COLUMNS)
    named = {column: flag in flags for flag, column in _COLUMNS.items()}
    return {**named, "keywords": " ".join(keywords)[:_TEXT], "modseq": modseq}


def dress_columns(summary: MessageSummary) -> dict[str, object]:
    """What the structure and the preview add to a row."""
    has_attachment, has_invitation = marks_of(summary.structure)
    return {
        "preview": _clean(summary.preview)[:_PREVIEW],
        "has_attachment": has_attachment,
        "has_invitation": has_invitation,
        "is_dressed": True,
    }


def facts_of(summary: MessageSummary) -> MessageFacts:
    return MessageFacts(
        ref=summary.ref,
        modseq=0,
        flags=summary.flags,
        size_bytes=summary.size_bytes,
        internal_date=summary.internal_date,
        envelope=summary.envelope,
        media_type=summary.structure.media_type,
    )


def marks_of(structure: Part) -> tuple[bool, bool]:
    """Whether there is an attachment, and whether there is an invitation."""
    has_attachment = has_invitation = False
    for part in structure.walk():
        if part.media_type == "text/calendar":
            has_invitation = True
        elif part.disposition == "attachment" or part.media_type == "message/rfc822":
            has_attachment = has_attachment or not part.media_type.endswith("signature")
        elif part.filename and not part.content_id and not part.media_type.endswith("signature"):
            has_attachment = True
    return has_attachment, has_invitation


def pack(addresses: Sequence[Address]) -> str:
    """As many whole addresses as fit into a column."""
    packed = ""
    for address in addresses:
        one = _clean(address.name) + _BETWEEN_PARTS + _clean(address.addr_spec)
        longer = f"{packed}{_BETWEEN_ADDRESSES}{one}" if packed else one
        if len(longer) > _TEXT:
            break
        packed = longer
    return packed


def _clean(text: str) -> str:
    """No separators of ours, nothing a database refuses."""
    if text.isprintable():
        return text
    return "".join(
        c if c not in "\x00\x1e\x1f" and not "\ud800" <= c <= "\udfff" else " " for c in text
    )


# -- out of the index ----------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def unpack(packed: str) -> tuple[Address, ...]:
    if not packed:
        return ()
    return tuple(Address(*one.split(_BETWEEN_PARTS, 1)) for one in packed.split(_BETWEEN_ADDRESSES))


@lru_cache(maxsize=1024)
def flags_of(
    is_seen: bool,
    is_flagged: bool,
    is_answered: bool,
    is_draft: bool,
    is_deleted: bool,
    keywords: str,
) -> frozenset[Flag]:
    columns = (is_seen, is_flagged, is_answered, is_draft, is_deleted)
    flags = {flag for flag, is_set in zip(_COLUMNS, columns, strict=True) if is_set}
    return frozenset(flags | {Flag(word) for word in keywords.split()})


LISTED_COLUMNS = (
    *("id", "internal_date", "senders", "recipients", "subject", "preview"),
    *("has_attachment", "has_invitation", "is_dressed"),
    *("is_seen", "is_flagged", "is_answered", "is_draft", "is_deleted", "keywords"),
)


def listed_from_row(name: str, uidvalidity: int, row: tuple[object, ...]) -> ListedMessage:
    """``row`` has the values of LISTED_COLUMNS, booleans perhaps as 0 and 1."""
    key, seconds, senders, recipients, subject, preview, attached, invited, dressed, *flags = row
    return ListedMessage(
        ref=MessageRef(name, uidvalidity, uid_of(key)),
        senders=unpack(senders),
        recipients=unpack(recipients),
        subject=subject,
        preview=preview,
        flags=flags_of(*flags),
        internal_date=datetime.fromtimestamp(seconds, UTC),
        has_attachment=bool(attached),
        has_invitation=bool(invited),
        is_dressed=bool(dressed),
    )


def listed_from_summary(summary: MessageSummary) -> ListedMessage:
    """The same of a message that the index does not hold."""
    envelope = summary.envelope
    has_attachment, has_invitation = marks_of(summary.structure)
    return ListedMessage(
        ref=summary.ref,
        senders=envelope.from_ or envelope.sender,
        recipients=_recipients(envelope),
        subject=envelope.subject,
        preview=summary.preview,
        flags=summary.flags,
        internal_date=summary.internal_date,
        has_attachment=has_attachment,
        has_invitation=has_invitation,
    )


def uid_of(key: int) -> int:
    return key & (2**UID_BITS - 1)


def uid_ranges(uids: Iterable[int]) -> list[range]:
    """Ascending ranges that do not touch."""
    found: list[range] = []
    for uid in sorted(set(uids)):
        if found and found[-1].stop == uid:
            found[-1] = range(found[-1].start, uid + 1)
        else:
            found.append(range(uid, uid + 1))
    return found
