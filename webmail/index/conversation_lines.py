"""Pages of a mailbox by conversation, and the members of one.

A line is the newest message a conversation has in the mailbox, with what is true of all of
it: who wrote last, how many, whether anything is unread, flagged or attached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial

from django.db import connections
from django.db.models import F, Q, QuerySet

from webmail.accounts.ready import Ready, ask
from webmail.index import positions
from webmail.index.keeping import ALIAS
from webmail.index.lines import Member as MemberRow
from webmail.index.lines import line
from webmail.index.listing import Listing, Place, beside, messages_of, rows_above
from webmail.index.mailboxes import all_mailboxes
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.numbers import slices
from webmail.index.rows import LISTED_COLUMNS, ListedMessage, uid_of
from webmail.store.mailbox import MessageRef, SpecialUse

# A conversation of more is told by its newest.
MOST_MEMBERS = 5_000
_TOP: Place = (2**62, 0)
_SET_ASIDE = {SpecialUse.TRASH.value, SpecialUse.JUNK.value}
_MOST_PARAMETERS = 900
# CROSS JOIN keeps SQLite from going through all messages of the account's mailboxes.
_MEMBERS = """
SELECT m.conversation, m.mailbox_id, b.special_use, m.message_hash, m.senders,
       m.is_seen, m.is_flagged, m.is_draft, m.has_attachment, m.has_invitation
  FROM index_indexedmessage m CROSS JOIN index_indexedmailbox b
 WHERE b.id = m.mailbox_id AND b.account_id = %s AND m.conversation IN ({})
 ORDER BY m.internal_date DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A message of a conversation, in whichever mailbox of the account it is."""

    listed: ListedMessage
    message_hash: int
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """``members`` and, as nobody has sent them yet, ``drafts`` apart; both oldest first."""

    members: tuple[Member, ...] = ()
    drafts: tuple[ListedMessage, ...] = ()


def page(
    mailbox: IndexedMailbox,
    *,
    older_than: Place | None = None,
    newer_than: Place | None = None,
    size: int,
) -> Listing:
    """As ``listing.page``, a row for each conversation: two queries and what is remembered.

    ``total`` is 0 while the mailbox is not whole, since nobody can know it.
    """
    if newer_than is not None:
        above = rows_above(mailbox, _lines(mailbox), newer_than).order_by("internal_date", "id")
        found = _rows(above, size)[:size][::-1]
        has_older = bool(found)
    else:
        found = _next_below(mailbox, older_than or _TOP, size + 1)
        has_older = len(found) > size or not mailbox.is_whole
        found = found[:size]
    first = positions.above(
        mailbox,
        "conversations",
        [_place(row) for row in found],
        older_than=older_than,
        newer_than=newer_than,
        count=partial(_count_above, mailbox),
    )
    return Listing(
        mailbox=mailbox.name,
        rows=tuple(_told(mailbox, found)),
        total=_total(mailbox.pk, mailbox.version, mailbox.held, mailbox.synced_at)
        if mailbox.is_whole
        else 0,
        first_position=first + 1 if found else 0,
        has_newer=first > 0,
        has_older=has_older,
    )


def neighbours(
    mailbox: IndexedMailbox, uid: int, place: Place | None = None
) -> tuple[int, int, int, int]:
    """Of the message's conversation: the UIDs of the lines above and below (0 for none), its
    position among them, and their number (0 while nobody knows).  ``place`` is where its
    line stands, for who knows that already."""
    place = place or find_line(mailbox, uid)
    if place is None:
        return 0, 0, 0, 0
    newer, older, position = beside(mailbox, place, lines_only=True)
    total = (
        _total(mailbox.pk, mailbox.version, mailbox.held, mailbox.synced_at)
        if mailbox.is_whole
        else 0
    )
    return newer, older, position, total


def read_conversation(mailbox: IndexedMailbox, uid: int) -> Conversation:
    """The whole conversation of a message; empty when the index has it not.

    Of copies in several mailboxes that in ``mailbox`` counts.  What lies in Trash or Spam is
    left out, unless the message lies there itself.
    """
    conversation = _conversation_of(mailbox, uid)
    if not conversation:
        return Conversation()
    mailboxes = {each.pk: each for each in _shown_beside(mailbox)}
    found = _members_ready.raw(conversation)
    members: list[Member] = []
    drafts: list[ListedMessage] = []
    held: set[tuple[object, ...]] = set()
    for mailbox_id, message_hash, size_bytes, *row in sorted(
        found, key=lambda row: row[0] != mailbox.pk
    ):
        where = mailboxes.get(mailbox_id)
        if where is None:
            continue
        listed = line(where, tuple(row))
        if where.special_use == SpecialUse.DRAFTS and where.pk != mailbox.pk:
            drafts.append(listed)
            continue
        # A Message-ID may be forged: only what looks the same in another mailbox is a copy.
        looks = (message_hash, listed.subject, listed.senders)
        if mailbox_id == mailbox.pk or looks not in held:
            members.append(Member(listed, message_hash, size_bytes))
        held.add(looks)
    return Conversation(
        tuple(sorted(members, key=lambda member: _age(member.listed))),
        tuple(sorted(drafts, key=_age)),
    )


def _age(listed: ListedMessage) -> tuple[datetime, int]:
    return listed.internal_date, listed.ref.uid


def companions(mailbox: IndexedMailbox, uids: Sequence[int]) -> tuple[MessageRef, ...]:
    """All messages of the mailbox that stand in the lines of these.

    None that came after the one named: nobody has seen it.
    """
    keys = tuple(mailbox.first_key | uid for uid in uids)
    found: set[int] = set(keys)
    for chunk in slices(keys, _MOST_PARAMETERS):
        rows = IndexedMessage.objects.filter(pk__in=chunk)
        newest: dict[int, tuple[int, int]] = {}
        for number, *place in rows.values_list("conversation", "internal_date", "pk"):
            newest[number] = max(newest.get(number, (0, 0)), tuple(place))
        beside = _beside(mailbox, tuple(newest)).values_list("conversation", "internal_date", "pk")
        found.update(key for number, at, key in beside if (at, key) <= newest[number])
    where = (mailbox.name, mailbox.uidvalidity)
    return tuple(MessageRef(*where, uid_of(key)) for key in sorted(found))


# -- lines ---------------------------------------------------------------------------------------


def _told(mailbox: IndexedMailbox, rows: Sequence[tuple[object, ...]]) -> Iterable[ListedMessage]:
    """The rows with what is true of their conversations."""
    members: dict[object, list[tuple[object, ...]]] = {row[0]: [] for row in rows}
    for conversation, member in _members(mailbox, tuple(members)):
        members[conversation].append(member)
    for row in rows:
        mine = members[row[0]]
        yield line(mailbox, row[1:], mine if len(mine) > 1 else ())


def _members(
    mailbox: IndexedMailbox, conversations: tuple[object, ...]
) -> Iterable[tuple[object, MemberRow]]:
    """Each with its conversation.

    In SQL, since the ORM's work on some hundred rows costs more than all the rest of a page.
    """
    if not conversations:
        return
    numbers = ", ".join(["%s"] * len(conversations))
    values = (mailbox.account_id, *conversations, MOST_MEMBERS)
    for row in ask(connections[ALIAS], _MEMBERS.format(numbers), values):
        if row[1] == mailbox.pk:
            yield row[0], (False, *row[3:])
        elif row[2] not in _SET_ASIDE:
            yield row[0], (bool(row[2] == SpecialUse.DRAFTS or row[7]), *row[3:])


# -- queries -------------------------------------------------------------------------------------


def _lines(mailbox: IndexedMailbox) -> "QuerySet[IndexedMessage]":
    return messages_of(mailbox).filter(is_newest=True)


def _next_below(mailbox: IndexedMailbox, place: Place, size: int) -> list[tuple[object, ...]]:
    """The SQL of the first query of a page is built once, as in ``listing.py``."""
    seconds, uid = place
    floor = mailbox.first_key | (0 if mailbox.is_whole else mailbox.grown_down_to)
    values = (mailbox.pk, floor, seconds, seconds, mailbox.first_key | uid, seconds)
    return _below_ready(size).raw(*values)


def _count_above(mailbox: IndexedMailbox, place: Place) -> int:
    return rows_above(mailbox, _lines(mailbox), place).count()


@cache
def _below_ready(size: int) -> "Ready[IndexedMessage]":
    return Ready(
        lambda mailbox, floor, before, same, key, most: (
            IndexedMessage.objects.filter(mailbox_id=mailbox, is_newest=True)
            .filter(pk__gte=floor)
            .filter(
                Q(internal_date__lt=before) | Q(internal_date=same, pk__lt=key),
                internal_date__lte=most,
            )
            .order_by("-internal_date", "-id")
            .values_list("conversation", *LISTED_COLUMNS)[:size]
        )
    )


def _rows(rows: "QuerySet[IndexedMessage]", size: int) -> list[tuple[object, ...]]:
    """One more than asked for, to tell whether there are more."""
    return list(rows.values_list("conversation", *LISTED_COLUMNS)[: size + 1])


def _place(row: tuple[object, ...]) -> Place:
    return row[2], uid_of(row[1])


def find_line(mailbox: IndexedMailbox, uid: int) -> Place | None:
    """Where the line stands that holds the message; None when it is not in the index."""
    number = _conversation_of(mailbox, uid)
    if number is None:
        return None
    newest = _beside(mailbox, (number,)).filter(is_newest=True)
    found = newest.values_list("internal_date", "pk").first()
    return (found[0], uid_of(found[1])) if found else None


def _beside(mailbox: IndexedMailbox, conversations: tuple[int, ...]) -> "QuerySet[IndexedMessage]":
    """By the conversation, not by the mailbox, as ``conversations.mark_newest`` says."""
    rows = IndexedMessage.objects.annotate(place=F("mailbox_id") + 0)
    return rows.filter(place=mailbox.pk, conversation__in=conversations)


def _shown_beside(mailbox: IndexedMailbox) -> Iterable[IndexedMailbox]:
    rows = all_mailboxes(mailbox.account_id)
    return (row for row in rows if row.pk == mailbox.pk or row.special_use not in _SET_ASIDE)


def _conversation_of(mailbox: IndexedMailbox, uid: int) -> int | None:
    """The number of the message's conversation; None when it is not in the index."""
    found = _conversation_ready.raw(mailbox.first_key | uid)
    return int(found[0][0]) if found else None


# Asked for every message that is opened: the SQL of these is built once.
_conversation_ready = Ready(
    lambda key: IndexedMessage.objects.filter(pk=key).values_list("conversation")
)
_members_ready = Ready(
    lambda conversation: (
        IndexedMessage.objects.filter(conversation=conversation)
        .order_by("-internal_date", "-id")
        .values_list("mailbox_id", "message_hash", "size_bytes", *LISTED_COLUMNS)[:MOST_MEMBERS]
    )
)


@lru_cache(maxsize=4096)
def _total(mailbox_id: int, *_state: object) -> int:
    """How many lines there are, counted once for each state of the mailbox."""
    return IndexedMessage.objects.filter(mailbox_id=mailbox_id, is_newest=True).count()
