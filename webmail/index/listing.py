"""Pages of a mailbox from the index: newest first by internal date, then by UID."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.db.models import Count, Q, QuerySet

from webmail.accounts.ready import Ready
from webmail.index import positions
from webmail.index.lines import line
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import LISTED_COLUMNS, ListedMessage, uid_of

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
    if newer_than is not None:
        above = rows_above(mailbox, messages_of(mailbox), newer_than)
        found = _rows(above.order_by("internal_date", "id"), size)[::-1]
    else:
        found = _next_below(mailbox, older_than or _TOP, size)
    first = positions.above(
        mailbox,
        "messages",
        [_place(row) for row in found],
        older_than=older_than,
        newer_than=newer_than,
        count=partial(_count_above, mailbox),
    )
    last = first + len(found)
    return Listing(
        mailbox=mailbox.name,
        rows=tuple(line(mailbox, row) for row in found),
        total=mailbox.messages,
        first_position=first + 1 if found else 0,
        has_newer=first > 0,
        has_older=last < mailbox.messages,
    )


def neighbours(mailbox: IndexedMailbox, place: Place) -> tuple[int, int, int]:
    """UIDs of the next newer and next older message (0 for none), and the position."""
    return beside(mailbox, place)


def beside(
    mailbox: IndexedMailbox, place: Place, *, lines_only: bool = False
) -> tuple[int, int, int]:
    """As ``neighbours``; with ``lines_only`` among the newest of each conversation."""
    seconds, uid = place
    values = (*_range(mailbox), seconds, seconds, mailbox.first_key | uid, seconds)
    newer = _above_ready(lines_only).raw(*values)
    older = _below_key_ready(lines_only).raw(*values)
    position = 1 + (_count_above(mailbox, place, lines_only=lines_only) if newer else 0)
    return _first_uid(newer), _first_uid(older), position


def _first_uid(rows: list[tuple[Any, ...]]) -> int:
    return uid_of(rows[0][0]) if rows else 0


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
    return _below_ready(size).raw(*_range(mailbox), seconds, seconds, key, seconds)


def _count_above(mailbox: IndexedMailbox, place: Place, *, lines_only: bool = False) -> int:
    seconds, uid = place
    key = mailbox.first_key | uid
    found = _count_ready(lines_only).raw(*_range(mailbox), seconds, seconds, key, seconds)
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


@cache
def _count_ready(lines_only: bool) -> "Ready[IndexedMessage]":
    return Ready(
        lambda *values: (
            _above(lines_only, *values)
            .values("mailbox_id")
            .annotate(count=Count("pk"))
            .values_list("count")
        )
    )


@cache
def _above_ready(lines_only: bool) -> "Ready[IndexedMessage]":
    """The row next above, in the last place of the key."""
    return Ready(
        lambda *values: (
            _above(lines_only, *values).order_by("internal_date", "id").values_list("pk")[:1]
        )
    )


@cache
def _below_key_ready(lines_only: bool) -> "Ready[IndexedMessage]":
    return Ready(
        lambda mailbox, floor, before, same, key, most: (
            _lines_of(mailbox, lines_only)
            .filter(pk__gte=floor)
            .filter(
                Q(internal_date__lt=before) | Q(internal_date=same, pk__lt=key),
                internal_date__lte=most,
            )
            .order_by("-internal_date", "-id")
            .values_list("pk")[:1]
        )
    )


def _above(
    lines_only: bool, mailbox: int, floor: int, after: int, same: int, key: int, least: int
) -> "QuerySet[IndexedMessage]":
    return (
        _lines_of(mailbox, lines_only)
        .filter(pk__gte=floor)
        .filter(
            Q(internal_date__gt=after) | Q(internal_date=same, pk__gt=key), internal_date__gte=least
        )
    )


def _lines_of(mailbox: int, lines_only: bool) -> "QuerySet[IndexedMessage]":
    rows = IndexedMessage.objects.filter(mailbox_id=mailbox)
    return rows.filter(is_newest=True) if lines_only else rows


# -- any part of a list --------------------------------------------------------------------------


def _rows(rows: "QuerySet[IndexedMessage]", size: int) -> list[tuple[object, ...]]:
    return list(rows.values_list(*LISTED_COLUMNS)[:size])


def _place(row: tuple[object, ...]) -> Place:
    return row[1], uid_of(row[0])


def rows_above(
    mailbox: IndexedMailbox, rows: "QuerySet[IndexedMessage]", place: Place
) -> "QuerySet[IndexedMessage]":
    seconds, uid = place
    same = Q(internal_date=seconds, pk__gt=mailbox.first_key | uid)
    return rows.filter(Q(internal_date__gt=seconds) | same, internal_date__gte=seconds)
