"""Pages of a mailbox from the index: newest first by internal date, then by UID."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Count, Q, QuerySet

from webmail.accounts.ready import Ready
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import LISTED_COLUMNS, ListedMessage, listed_from_row, uid_of

Place = tuple[int, int]
"""Seconds since 1970 and UID: where a message stands in its list."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a mailbox.

    ``total`` counts what there is, ``first_position`` is the place of the first row among
    it, from 1 (0 when the page is empty).  ``as_of`` is set when the server did not answer:
    the rows are those of that moment.  Without ``is_exact`` there are more than ``total``.
    """

    mailbox: str
    rows: tuple[ListedMessage, ...]
    total: int
    first_position: int
    has_newer: bool = False
    has_older: bool = False
    as_of: datetime | None = None
    is_exact: bool = True


def page(
    mailbox: IndexedMailbox,
    *,
    older_than: Place | None = None,
    newer_than: Place | None = None,
    size: int,
) -> Listing:
    """At most ``size`` rows next below the one place or next above the other."""
    rows = messages_of(mailbox)
    if newer_than is not None:
        found = _rows(rows_above(mailbox, rows, newer_than).order_by("internal_date", "id"), size)
        found.reverse()
        first = rows_above(mailbox, rows, _place(found[0])).count() if found else 0
    else:
        found = _next_below(mailbox, older_than or _TOP, size)
        first = _count_above(mailbox, _place(found[0])) if found and older_than else 0
    last = first + len(found)
    return Listing(
        mailbox=mailbox.name,
        rows=tuple(listed_from_row(mailbox, row) for row in found),
        total=mailbox.messages,
        first_position=first + 1 if found else 0,
        has_newer=first > 0,
        has_older=last < mailbox.messages,
    )


def neighbours(mailbox: IndexedMailbox, place: Place) -> tuple[int, int, int]:
    """UIDs of the next newer and next older message (0 for none), and the position."""
    rows = messages_of(mailbox)
    above = rows_above(mailbox, rows, place)
    newer = above.order_by("internal_date", "id").values_list("pk", flat=True).first()
    older = rows_below(mailbox, rows, place).order_by("-internal_date", "-id")
    found = older.values_list("pk", flat=True).first()
    return uid_of(newer or 0), uid_of(found or 0), above.count() + 1


def find_place(mailbox: IndexedMailbox, uid: int) -> Place | None:
    """Where the message stands; None when it is not in the index."""
    key = mailbox.first_key | uid
    seconds = messages_of(mailbox).filter(pk=key).values_list("internal_date", flat=True).first()
    return None if seconds is None else (seconds, uid)


def messages_of(mailbox: IndexedMailbox) -> "QuerySet[IndexedMessage]":
    """The rows that stand in the list: those the index has grown down to."""
    rows = IndexedMessage.objects.filter(mailbox_id=mailbox.pk)
    if not mailbox.is_whole:
        rows = rows.filter(pk__gte=mailbox.first_key | mailbox.grown_down_to)
    return rows


# -- what every list asks, with its SQL built once ------------------------------------------------

_TOP: Place = (2**62, 0)


def _next_below(mailbox: IndexedMailbox, place: Place, size: int) -> list[tuple[Any, ...]]:
    seconds, uid = place
    key = mailbox.first_key | uid
    return _below_ready(size).rows(*_range(mailbox), seconds, seconds, key, seconds)


def _count_above(mailbox: IndexedMailbox, place: Place) -> int:
    seconds, uid = place
    key = mailbox.first_key | uid
    found = _above_ready.rows(*_range(mailbox), seconds, seconds, key, seconds)
    return found[0][0] if found else 0


def _range(mailbox: IndexedMailbox) -> tuple[int, int]:
    return mailbox.pk, mailbox.first_key | (0 if mailbox.is_whole else mailbox.grown_down_to)


@cache
def _below_ready(size: int) -> "Ready[IndexedMessage]":
    return Ready(
        lambda mailbox, floor, before, same, key, most: (
            IndexedMessage.objects.filter(mailbox_id=mailbox)
            .filter(pk__gte=floor)
            .filter(
                Q(internal_date__lt=before) | Q(internal_date=same, pk__lt=key),
                internal_date__lte=most,
            )
            .order_by("-internal_date", "-id")
            .values_list(*LISTED_COLUMNS)[:size]
        )
    )


_above_ready = Ready(
    lambda mailbox, floor, after, same, key, least: (
        IndexedMessage.objects.filter(mailbox_id=mailbox)
        .filter(pk__gte=floor)
        .filter(
            Q(internal_date__gt=after) | Q(internal_date=same, pk__gt=key), internal_date__gte=least
        )
        .values("mailbox_id")
        .annotate(count=Count("pk"))
        .values_list("count")
    )
)


# -- any part of a list --------------------------------------------------------------------------


def _rows(rows: "QuerySet[IndexedMessage]", size: int) -> list[tuple[object, ...]]:
    return list(rows.values_list(*LISTED_COLUMNS)[:size])


def _place(row: tuple[object, ...]) -> Place:
    return row[1], uid_of(row[0])


def rows_below(
    mailbox: IndexedMailbox, rows: "QuerySet[IndexedMessage]", place: Place
) -> "QuerySet[IndexedMessage]":
    seconds, uid = place
    same = Q(internal_date=seconds, pk__lt=mailbox.first_key | uid)
    return rows.filter(Q(internal_date__lt=seconds) | same, internal_date__lte=seconds)


def rows_above(
    mailbox: IndexedMailbox, rows: "QuerySet[IndexedMessage]", place: Place
) -> "QuerySet[IndexedMessage]":
    seconds, uid = place
    same = Q(internal_date=seconds, pk__gt=mailbox.first_key | uid)
    return rows.filter(Q(internal_date__gt=seconds) | same, internal_date__gte=seconds)
