"""Rows of a list: which messages a page holds, and what is fetched of each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from webmail.message.bodystructure import Part
from webmail.message.query import EVERYTHING, Query
from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_replies import Reply
from webmail.store.imap_search import count_up_to, newest_uids, search_uids
from webmail.store.imap_session import ImapSession, Selected
from webmail.store.mailbox import MessagePage, MessageSummary
from webmail.store.paging import check_page, page_bounds
from webmail.store.preview import PREVIEW_BYTES, preview_of, previewed_part
from webmail.store.sequence_set import sequence_sets

_HEADER = Atom(
    "BODY.PEEK[HEADER.FIELDS (DATE SUBJECT FROM SENDER REPLY-TO TO CC BCC"
    " MESSAGE-ID IN-REPLY-TO REFERENCES CONTENT-TYPE)]"
)
_FACTS = [Atom(item) for item in ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODYSTRUCTURE")]
_NEEDED = frozenset({b"UID", b"RFC822.SIZE", b"BODYSTRUCTURE"})
_FORGIVING = ("NONEXISTENT", "EXPUNGEISSUED")
_MAX_PREVIEW_COMMANDS = 4


def fetch_page(
    session: ImapSession,
    mailbox: str,
    query: Query | None,
    *,
    older_than: int | None,
    newer_than: int | None,
    size: int,
) -> MessagePage:
    check_page(older_than, newer_than, size)
    selected = session.refresh(mailbox)
    if query is None or query == EVERYTHING:
        low, high = _bounds(session, selected, older_than, newer_than, size)
        rows = _fetch(session, "FETCH", Atom(f"{low}:{high}")) if low <= high else []
        return _page(selected, rows, low, high, selected.exists)
    newest = newest_uids(session, query, size) if older_than is newer_than is None else None
    if newest is not None:
        uids, total = newest
        rows = fetch_rows(session, uids)
        return _page(selected, rows, total - len(uids) + 1, total, total)
    uids = search_uids(session, query)
    low, high = page_bounds(uids, older_than=older_than, newer_than=newer_than, size=size)
    rows = fetch_rows(session, uids[low - 1 : high]) if low <= high else []
    return _page(selected, rows, low, high, len(uids))


def fetch_rows(session: ImapSession, uids: Sequence[int]) -> list[MessageSummary]:
    """The messages of the selected mailbox that still exist, newest first."""
    rows: list[MessageSummary] = []
    for uid_set in sequence_sets(uids):
        rows += _fetch(session, "UID FETCH", Atom(uid_set))
    wanted = set(uids)
    return sorted((row for row in rows if row.ref.uid in wanted), key=_uid, reverse=True)


def _bounds(
    session: ImapSession,
    selected: Selected,
    older_than: int | None,
    newer_than: int | None,
    size: int,
) -> tuple[int, int]:
    """First and last sequence number of the page; sequence numbers ascend with UIDs."""
    if newer_than is not None:
        low = count_up_to(session, newer_than) + 1
        return low, min(low + size - 1, selected.exists)
    high = selected.exists if older_than is None else count_up_to(session, older_than - 1)
    return max(high - size + 1, 1), high


def _page(
    selected: Selected, rows: Iterable[MessageSummary], low: int, high: int, total: int
) -> MessagePage:
    newest_first = tuple(sorted(rows, key=_uid, reverse=True))
    return MessagePage(
        mailbox=selected.mailbox,
        uidvalidity=selected.uidvalidity,
        rows=newest_first,
        total=total,
        first_position=total - high + 1 if newest_first else 0,
        has_newer=high < total,
        has_older=1 < low <= total + 1,
    )


def _fetch(session: ImapSession, command: str, numbers: Atom) -> list[MessageSummary]:
    """A message expunged meanwhile is left out, not an error."""
    items: list[Argument] = [*_FACTS, _HEADER]
    if session.can("PREVIEW"):
        items.append(Atom("PREVIEW"))
    reply = session.command(command, numbers, items, forgiving=_FORGIVING)
    rows = _summaries(session, reply)
    untold = _unpreviewed(reply) if session.can("PREVIEW") else {row.ref.uid for row in rows}
    return _with_previews(session, rows, untold)


def _unpreviewed(reply: Reply) -> set[int]:
    """The UIDs whose preview the server does not tell.

    Cyrus 3.6 offers PREVIEW and has none of what came by APPEND: NIL (RFC 8970, section 3).
    """
    return {
        items[b"UID"]
        for items in codec.fetched(reply)
        if isinstance(items.get(b"UID"), int) and items.get(b"PREVIEW", b"") is None
    }


def _summaries(session: ImapSession, reply: Reply) -> list[MessageSummary]:
    selected = session.selected
    if selected is None:
        return []
    return [
        codec.summary_from_fetch(items, selected.mailbox, selected.uidvalidity)
        for items in codec.fetched(reply)
        if items.keys() >= _NEEDED
    ]


def _with_previews(
    session: ImapSession, rows: list[MessageSummary], untold: set[int]
) -> list[MessageSummary]:
    """The beginning of each ``untold`` first text, by one command for each section."""
    wanted: dict[str, list[int]] = defaultdict(list)
    parts: dict[int, Part] = {}
    for row in rows:
        part = previewed_part(row.structure)
        if part is not None and row.ref.uid in untold:
            wanted[part.section].append(row.ref.uid)
            parts[row.ref.uid] = part
    begun: dict[int, bytes] = {}
    for section in sorted(wanted, key=lambda s: -len(wanted[s]))[:_MAX_PREVIEW_COMMANDS]:
        begun |= _beginnings(session, section, wanted[section])
    return [
        replace(row, preview=preview_of(parts[row.ref.uid], begun[row.ref.uid]))
        if row.ref.uid in begun
        else row
        for row in rows
    ]


def _beginnings(session: ImapSession, section: str, uids: list[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    item = Atom(f"(BODY.PEEK[{section}]<0.{PREVIEW_BYTES}>)")
    for uid_set in sequence_sets(uids):
        reply = session.command("UID FETCH", Atom(uid_set), item, forgiving=_FORGIVING)
        for items in codec.fetched(reply):
            if isinstance(items.get(b"UID"), int):
                found[items[b"UID"]] = codec.body_of(items)
    return found


def _uid(row: MessageSummary) -> int:
    return row.ref.uid
