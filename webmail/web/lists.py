"""A page of a mailbox: from the index once it is in step, else with its server's help."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from django.db import OperationalError
from django.utils import timezone

from webmail.index import conversation_lines, growing, listing, mailboxes, sync
from webmail.index.keeping import dispensable
from webmail.index.listing import Listing, Place
from webmail.index.models import IndexedMailbox
from webmail.index.rows import listed_from_summary
from webmail.index.tasks import wake_growth
from webmail.store.mailbox import MessagePage, MessageRef, SpecialUse
from webmail.store.protocol import StoreError, Unreachable
from webmail.web.http import MailRequest, known_of, told_now, uses_of
from webmail.web.message_view import Neighbours
from webmail.web.shell import use_of

log = logging.getLogger(__name__)

_FIRST_REACH = 50


def is_grouped(request: MailRequest, name: str) -> bool:
    """Whether the mailbox is listed by conversation: asked for, else the person's setting.

    Drafts never are: each is opened to be written on.
    """
    asked = request.GET.get("group", "")
    wanted = asked == "1" if asked in {"0", "1"} else request.user.groups_conversations
    return wanted and _use_of(request, name) != SpecialUse.DRAFTS


def _use_of(request: MailRequest, name: str) -> str:
    row = known_of(request).row(name)
    if row is not None and row.listed:
        return row.special_use
    return use_of(name, uses_of(request)) or ""


def draw(
    request: MailRequest,
    name: str,
    *,
    older_than: Place | None = None,
    newer_than: Place | None = None,
    size: int,
    grouped: bool = False,
) -> Listing:
    """As `_draw`; where the index cannot be written, as the server has it (F25)."""
    try:
        return _draw(
            request, name, older_than=older_than, newer_than=newer_than, size=size, grouped=grouped
        )
    except OperationalError as problem:
        log.warning("the index cannot be kept, the server is asked instead: %s", problem)
        return _from_server(request, name, older_than, newer_than, size)


def _draw(
    request: MailRequest,
    name: str,
    *,
    older_than: Place | None,
    newer_than: Place | None,
    size: int,
    grouped: bool,
) -> Listing:
    """The rows next below the one place or next above the other; the newest without either.

    Raises the StoreError tree.  A server that does not answer is no error while rows are
    known: they are drawn, and ``as_of`` says how old they are.
    """
    page = conversation_lines.page if grouped else listing.page
    try:
        mailbox = bring_in_step(request, name)
        if grouped:
            reach_sent(request)
    except Unreachable as problem:
        known = known_row(request, name)
        if known is None or (problem.reason == "cut" and not request.is_second_try):
            raise
        found = page(known, older_than=older_than, newer_than=newer_than, size=size)
        return replace(found, as_of=known.synced_at)
    if name in _left_behind(request):
        return _from_server(request, name, older_than, newer_than, size)
    if older_than is not None and older_than[1] < mailbox.grown_down_to:
        return from_page(request.store.page(name, older_than=older_than[1], size=size))
    found = page(mailbox, older_than=older_than, newer_than=newer_than, size=size)
    if len(found.rows) < size and not mailbox.is_whole and newer_than is None:
        growing.extend(request.store, mailbox, size)
        found = page(mailbox, older_than=older_than, size=size)
    if not mailbox.is_whole:
        wake_growth(mailbox)
    again = partial(page, mailbox, older_than=older_than, newer_than=newer_than, size=size)
    return _dressed(request, mailbox, found, again)


def _from_server(
    request: MailRequest,
    name: str,
    older_than: Place | None,
    newer_than: Place | None,
    size: int,
) -> Listing:
    """The page without the index: by arrival, message by message."""
    older, newer = (place[1] if place else None for place in (older_than, newer_than))
    return from_page(request.store.page(name, older_than=older, newer_than=newer, size=size))


def bring_in_step(request: MailRequest, name: str) -> IndexedMailbox:
    """The mailbox's row; the server is asked, once for each request, unless the watcher
    would have told of news."""
    found: dict[str, IndexedMailbox] = request.__dict__.setdefault("_in_step", {})
    if name not in found:
        found[name] = _bring_in_step(request, name)
    return found[name]


def bring_in_reach(request: MailRequest, name: str) -> IndexedMailbox:
    """In step, and at least its newest messages known."""
    mailbox = bring_in_step(request, name)
    if not mailbox.is_whole:
        with dispensable():
            if not mailbox.held:
                growing.extend(request.store, mailbox, _FIRST_REACH)
            wake_growth(mailbox)
    return mailbox


def reach_sent(request: MailRequest) -> None:
    """One's own answers belong to conversations, but are better missed than waited for."""
    sent = uses_of(request).get(SpecialUse.SENT)
    if sent is not None:
        with suppress(StoreError):
            if not _is_told_unchanged(request, sent.name):
                bring_in_reach(request, sent.name)


def reach_drafts(request: MailRequest) -> None:
    """Copies of drafts come and go with each save.  The server is asked of those only whose
    change we have heard of: what another program saved is seen once somebody looks there."""
    drafts = uses_of(request).get(SpecialUse.DRAFTS)
    row = known_of(request).row(drafts.name) if drafts is not None else None
    if row is not None and row.synced_at and row.told != row.heard:
        with suppress(StoreError):
            bring_in_step(request, row.name)


def _is_told_unchanged(request: MailRequest, name: str) -> bool:
    """The folders, which the page shows with their counts, told of this one too."""
    row = known_of(request).row(name)
    if row is None or not row.is_whole or known_of(request).in_step(name, timezone.now()):
        return False
    return sync.agrees(row, told_now(request, name))


def _bring_in_step(request: MailRequest, name: str) -> IndexedMailbox:
    mailbox = known_of(request).in_step(name, timezone.now())
    if mailbox is not None:
        return mailbox
    with dispensable():
        return sync.reconcile(request.store, request.account.pk, name)
    _left_behind(request).add(name)
    return IndexedMailbox.objects.get(account_id=request.account.pk, name=name)


def _left_behind(request: MailRequest) -> set[str]:
    """Mailboxes of which the index could not write down what their server said."""
    found: set[str] = request.__dict__.setdefault("_left_behind", set())
    return found


def list_with(
    request: MailRequest, ref: MessageRef, *, size: int, grouped: bool = False
) -> Listing:
    """The list beside a message: the newest page, or else the one it begins.

    By conversation ``ref`` is that of a line.
    """
    found = draw(request, ref.mailbox, size=size, grouped=grouped)
    if any(row.ref == ref for row in found.rows):
        return found
    place = listing.find_place(bring_in_step(request, ref.mailbox), ref.uid)
    if place is None:
        return from_page(request.store.page(ref.mailbox, older_than=ref.uid + 1, size=size))
    return draw(
        request, ref.mailbox, older_than=(place[0], place[1] + 1), size=size, grouped=grouped
    )


def around(
    request: MailRequest, ref: MessageRef, *, grouped: bool = False, place: Place | None = None
) -> Neighbours:
    """What stands above and below a message, or its conversation, in its list.

    ``place`` is where ``ref`` stands in the list, for who knows that.
    """
    mailbox = bring_in_step(request, ref.mailbox)
    if grouped:
        above, below, position, total = conversation_lines.neighbours(mailbox, ref.uid, place)
        if not position:
            return _around_in_store(request, ref)
        return Neighbours(_beside(ref, above), _beside(ref, below), position, total)
    place = place or listing.find_place(mailbox, ref.uid)
    if place is None:
        return _around_in_store(request, ref)
    newer, older, position = listing.neighbours(mailbox, place)
    if not older and not mailbox.is_whole:
        with dispensable():
            growing.extend(request.store, mailbox, 1)
        newer, older, position = listing.neighbours(mailbox, place)
    return Neighbours(_beside(ref, newer), _beside(ref, older), position, mailbox.messages)


def _around_in_store(request: MailRequest, ref: MessageRef) -> Neighbours:
    """The same by UID, of a message that the index has not grown down to."""
    page = request.store.page(ref.mailbox, older_than=ref.uid + 1, size=2)
    above = request.store.page(ref.mailbox, newer_than=ref.uid, size=1).rows
    older = page.rows[1].ref if len(page.rows) > 1 else None
    return Neighbours(above[0].ref if above else None, older, page.first_position, page.total)


def _beside(ref: MessageRef, uid: int) -> MessageRef | None:
    return MessageRef(ref.mailbox, ref.uidvalidity, uid) if uid else None


def from_page(page: MessagePage) -> Listing:
    """What the store gave, as it is listed."""
    return Listing(
        mailbox=page.mailbox,
        rows=tuple(listed_from_summary(row) for row in page.rows),
        total=page.total,
        first_position=page.first_position,
        has_newer=page.has_newer,
        has_older=page.has_older,
    )


def _dressed(
    request: MailRequest, mailbox: IndexedMailbox, found: Listing, again: Callable[[], Listing]
) -> Listing:
    """The same rows with previews and marks; without them if the server is too slow to tell."""
    bare = [row.ref.uid for row in found.rows if not row.is_dressed]
    if not bare:
        return found
    try:
        growing.dress(request.store, mailbox, bare)
    except (StoreError, OperationalError):
        return found
    return again()


def known_row(request: MailRequest, name: str) -> IndexedMailbox | None:
    """The mailbox as it was when its server last answered."""
    mailbox = mailboxes.find_mailbox(request.account.pk, name)
    return mailbox if mailbox is not None and mailbox.synced_at and mailbox.held else None
