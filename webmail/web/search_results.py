"""The messages of one search, found by the index or by the mail server, as one list."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from webmail.index import growing, search
from webmail.index.found import Search
from webmail.index.models import IndexedMessage
from webmail.index.places import Beside, Place
from webmail.index.rows import (
    LISTED_COLUMNS,
    ListedMessage,
    listed_from_row,
    listed_from_summary,
)
from webmail.index.telling import lend_store
from webmail.message.query import parse_query
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import StoreError
from webmail.web.http import MailRequest
from webmail.web.rows import clock_of
from webmail.web.search_places import Folder

_MOST_FETCHED = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in their order.  ``totals`` are those of each folder that the server was asked for."""

    rows: tuple[tuple[Folder, ListedMessage], ...]
    total: int
    is_exact: bool
    older: Place | None
    totals: tuple[tuple[Folder, int], ...]


class Results:
    """The messages of one search, wherever they were found."""

    def __init__(
        self,
        request: MailRequest,
        text: str,
        folders: list[Folder],
        sought: Search | None,
        *,
        beside: Beside,
    ) -> None:
        clock = clock_of(request)
        self._request, self._folders, self._sought, self._beside = request, folders, sought, beside
        self._zone = clock.zone
        self._query = parse_query(text, today=clock.today)
        self._by_mailbox = {each.row.pk: each for each in folders if each.row is not None}

    def page(self, size: int) -> Page:
        rows = [each.row for each in self._folders if each.row is not None]
        hits = search.find(rows, self._query, beside=self._beside, size=size, zone=self._zone)
        listed: dict[Place, tuple[Folder, ListedMessage] | None] = dict.fromkeys(hits.places)
        total, totals = hits.total, []
        for folder, uidvalidity, uids in self._brought():
            more, unread = self._more(folder, uidvalidity, uids)
            listed |= more
            total += unread
            totals.append((folder, unread))
        places = sorted(
            (place for place in listed if self._beside.holds(place)),
            reverse=True,
        )
        shown = places[:size]
        found = self._indexed([place[1] for place in shown if listed[place] is None])
        drawn = [listed[place] or found.get(place[1]) for place in shown]
        has_older = hits.has_older or len(places) > size
        return Page(
            rows=tuple(each for each in drawn if each is not None),
            total=total,
            is_exact=hits.is_exact,
            older=shown[-1] if shown and has_older else None,
            totals=tuple(totals),
        )

    def dressed(self, size: int) -> Page:
        """The same, with previews and marks where the server tells them."""
        page = self.page(size)
        bare: dict[Folder, list[int]] = {}
        for folder, listed in page.rows:
            if folder.row is not None and not listed.is_dressed:
                bare.setdefault(folder, []).append(listed.ref.uid)
        if not bare:
            return page
        for folder, uids in bare.items():
            with suppress(StoreError), lend_store(self._request, folder.account) as store:
                growing.dress(store, folder.row, uids)
        return self.page(size)

    def _brought(self) -> Iterable[tuple[Folder, int, list[int]]]:
        if self._sought is None:
            return
        for folder in self._folders:
            if (hits := self._sought.hits.get(folder.place)) and hits[1]:
                yield folder, *hits

    def _more(
        self, folder: Folder, uidvalidity: int, uids: list[int]
    ) -> tuple[dict[Place, tuple[Folder, ListedMessage] | None], int]:
        """What the server found and the index did not, and how many."""
        more: dict[Place, tuple[Folder, ListedMessage] | None] = {}
        row, unknown = folder.row, uids
        found_by_both = 0
        if row is not None and row.uidvalidity == uidvalidity:
            keys = [row.first_key | uid for uid in uids]
            rows = IndexedMessage.objects.filter(pk__in=keys)
            dates = dict(rows.values_list("pk", "internal_date"))
            both = search.matching(list(dates), self._query, zone=self._zone)
            found_by_both = len(both)
            more = {(date, key): None for key, date in dates.items() if key not in both}
            unknown = [uid for uid, key in zip(uids, keys, strict=True) if key not in dates]
        refs = [MessageRef(folder.mailbox.name, uidvalidity, uid) for uid in unknown]
        for summary in self._summaries(folder, refs[:_MOST_FETCHED]):
            listed = listed_from_summary(summary)
            more[(listed.place[0], self._key(folder, summary.ref.uid))] = (folder, listed)
        return more, len(uids) - found_by_both

    def _summaries(self, folder: Folder, refs: list[MessageRef]) -> tuple[MessageSummary, ...]:
        """None where the server is away by now, or the folder."""
        if refs:
            with suppress(StoreError), lend_store(self._request, folder.account) as store:
                return store.summaries(refs)
        return ()

    def _key(self, folder: Folder, uid: int) -> int:
        """The message's own in the index, or one that no message of the index has."""
        if folder.row is not None:
            return folder.row.first_key | uid
        return (self._folders.index(folder) + 1 << 52) | uid

    def _indexed(self, keys: list[int]) -> dict[int, tuple[Folder, ListedMessage]]:
        found = {}
        rows = IndexedMessage.objects.filter(pk__in=keys).values_list("mailbox_id", *LISTED_COLUMNS)
        for mailbox_id, *row in rows:
            folder = self._by_mailbox[mailbox_id]
            if folder.row is not None:
                found[row[0]] = (folder, listed_from_row(folder.row, tuple(row)))
        return found
