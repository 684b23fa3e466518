"""Where a message stands among those of many mailboxes, and the pages beside such a place."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from webmail.index.models import IndexedMessage

Place = tuple[int, int]
"""Seconds since 1970 and the key of a message."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Where a page lies: next below the place, or next above it."""

    place: Place
    is_above: bool = False

    def holds(self, place: Place) -> bool:
        return place > self.place if self.is_above else place < self.place or self == NEWEST

    def rows(self, rows: "QuerySet[IndexedMessage]") -> "QuerySet[IndexedMessage]":
        if self == NEWEST:
            return rows
        seconds, key = self.place
        if self.is_above:
            later = Q(internal_date__gt=seconds) | Q(internal_date=seconds, pk__gt=key)
            return rows.filter(later, internal_date__gte=seconds)
        earlier = Q(internal_date__lt=seconds) | Q(internal_date=seconds, pk__lt=key)
        return rows.filter(earlier, internal_date__lte=seconds)


NEWEST = Beside((2**40, 0))
"""The page that begins with the newest."""
