"""A search within one list: by the index where it knows the answer, else by the mail server."""

from dataclasses import replace
from datetime import tzinfo

from webmail.index import growing, search
from webmail.index.listing import Listing, Place
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.places import NEWEST, Beside
from webmail.index.plan import asks_server
from webmail.index.rows import LISTED_COLUMNS, listed_from_row, uid_of
from webmail.index.search import Hits
from webmail.message.query import Query
from webmail.store.protocol import StoreError, Unreachable
from webmail.web.http import MailRequest
from webmail.web.lists import bring_in_step, from_page, known_row

# A server may look through the text of so many messages while somebody waits.
_MOST_WAITED_FOR = 5000


def is_for_worker(request: MailRequest, name: str, query: Query) -> bool:
    """Whether the text of more messages would have to be read than a page may wait for."""
    row = known_row(request, name)
    return asks_server(query) and row is not None and row.messages > _MOST_WAITED_FOR


def search_list(
    request: MailRequest,
    name: str,
    query: Query,
    *,
    older_than: Place | None = None,
    newer_than: Place | None = None,
    size: int,
    zone: tzinfo,
) -> Listing:
    """Raises the StoreError tree; what the index knows is shown while the server is away."""
    as_of = None
    try:
        row = bring_in_step(request, name)
    except Unreachable:
        known = known_row(request, name)
        if known is None or not known.is_whole or asks_server(query):
            raise
        row, as_of = known, known.synced_at
    if asks_server(query) or not row.is_whole:
        return from_page(
            request.store.page(
                name,
                query,
                older_than=older_than[1] if older_than else None,
                newer_than=newer_than[1] if newer_than else None,
                size=size,
            )
        )
    hits = search.find_in(
        row, query, beside=_beside(row, older_than, newer_than), size=size, zone=zone
    )
    if as_of is None:
        _dress(request, row, hits)
    return replace(_listing(row, hits), as_of=as_of)


def _beside(row: IndexedMailbox, older: Place | None, newer: Place | None) -> Beside:
    place = older or newer
    if place is None:
        return NEWEST
    return Beside((place[0], row.first_key | place[1]), is_above=older is None)


def _listing(row: IndexedMailbox, hits: Hits) -> Listing:
    """Where among all hits the page lies, nobody has counted."""
    keys = [key for _, key in hits.places]
    columns = IndexedMessage.objects.filter(pk__in=keys).values_list(*LISTED_COLUMNS)
    found = {each[0]: each for each in columns}
    rows = tuple(listed_from_row(row, found[key]) for key in keys if key in found)
    first = 1 if rows and not hits.has_newer else 0
    return Listing(
        row.name, rows, hits.total, first, hits.has_newer, hits.has_older, is_exact=hits.is_exact
    )


def _dress(request: MailRequest, row: IndexedMailbox, hits: Hits) -> None:
    """Previews and marks, where the server tells them."""
    keys = [key for _, key in hits.places]
    bare = IndexedMessage.objects.filter(pk__in=keys, is_dressed=False)
    uids = [uid_of(key) for key in bare.values_list("pk", flat=True)]
    if not uids:
        return
    try:
        growing.dress(request.store, row, uids)
    except StoreError:
        return
