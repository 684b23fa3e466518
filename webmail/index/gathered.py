"""Messages of many mailboxes and accounts as one list, newest first.

Each mailbox gives the newest it has below a place, found by an index of its own; the
newest of those are the page.  So a page costs the same however long the mailboxes are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from webmail.index.listing import messages_of
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.places import NEWEST, Beside, Place
from webmail.index.rows import LISTED_COLUMNS, ListedMessage, listed_from_row
from webmail.store.mailbox import SpecialUse

_INBOX = "INBOX"
# What other mailboxes hold too, so a message would be there twice.
_VIRTUAL = {SpecialUse.ALL.value, SpecialUse.FLAGGED.value}
_DISCARDED = {SpecialUse.TRASH.value, SpecialUse.JUNK.value}
_Rows = QuerySet[IndexedMessage]


@dataclass(frozen=True, slots=True)
class View:
    """Which mailboxes it gathers from, and which of their messages."""

    holds: Callable[[IndexedMailbox], bool]
    chooses: Callable[[_Rows], _Rows]


@dataclass(frozen=True, slots=True)
class Gathered:
    mailbox: IndexedMailbox
    listed: ListedMessage
    place: Place


@dataclass(frozen=True, slots=True)
class Gathering:
    """``is_whole`` is False while some mailbox still grows, so that more may be found."""

    rows: tuple[Gathered, ...]
    has_older: bool
    has_newer: bool
    is_whole: bool


def _is_inbox(mailbox: IndexedMailbox) -> bool:
    return mailbox.special_use == SpecialUse.INBOX or mailbox.name.upper() == _INBOX


def _has_unseen(mailbox: IndexedMailbox) -> bool:
    return _is_kept(mailbox) and mailbox.special_use != SpecialUse.DRAFTS


def _is_kept(mailbox: IndexedMailbox) -> bool:
    return mailbox.special_use not in _DISCARDED | _VIRTUAL


def _of_use(use: SpecialUse) -> Callable[[IndexedMailbox], bool]:
    return lambda mailbox: mailbox.special_use == use


VIEWS = {
    "inboxes": View(_is_inbox, lambda rows: rows),
    "unread": View(_has_unseen, lambda rows: rows.filter(is_seen=False)),
    "flagged": View(_is_kept, lambda rows: rows.filter(is_flagged=True)),
    "drafts": View(_of_use(SpecialUse.DRAFTS), lambda rows: rows),
    "sent": View(_of_use(SpecialUse.SENT), lambda rows: rows),
}


def mailboxes_for(view: str, account_ids: Iterable[int]) -> tuple[IndexedMailbox, ...]:
    """Those that the view gathers from, of these accounts and no others."""
    rows = IndexedMailbox.objects.filter(account_id__in=tuple(account_ids), is_selectable=True)
    return tuple(row for row in rows.order_by("account_id", "position") if VIEWS[view].holds(row))


def gather(
    view: str, mailboxes: Sequence[IndexedMailbox], *, beside: Beside = NEWEST, size: int
) -> Gathering:
    """At most ``size`` rows beside the place, newest first."""
    found: list[Gathered] = []
    order = ("internal_date", "id") if beside.is_above else ("-internal_date", "-id")
    for mailbox in mailboxes:
        rows = VIEWS[view].chooses(messages_of(mailbox))
        nearest = beside.rows(rows).order_by(*order).values_list(*LISTED_COLUMNS)[: size + 1]
        found += (Gathered(mailbox, listed_from_row(mailbox, r), (r[1], r[0])) for r in nearest)
    found.sort(key=lambda each: each.place, reverse=True)
    page = found[-size:] if beside.is_above else found[:size]
    is_more = len(found) > size
    return Gathering(
        tuple(page),
        has_older=beside.is_above or is_more,
        has_newer=is_more if beside.is_above else beside != NEWEST,
        is_whole=all(mailbox.is_whole for mailbox in mailboxes),
    )
