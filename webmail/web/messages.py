"""A message: its page, the frame with its HTML, its source and its parts."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.store.mailbox import SEEN, MessageRef, MessageSummary
from webmail.store.protocol import MessageGone, StoreError
from webmail.web.conversation import Item, conversation_view, find_reading, summaries_of
from webmail.web.downloads import clean_filename, part_response, pieces_lent, source_response
from webmail.web.http import (
    MailRequest,
    body_headers,
    forget_mailboxes,
    is_part,
    page_or_part,
    shell_context,
    with_store,
)
from webmail.web.lists import around, list_with
from webmail.web.looks import frame_context
from webmail.web.mailboxes import PAGE_SIZE, list_view
from webmail.web.message_view import MessageView, Neighbours, message_view, placed
from webmail.web.paths import message_url
from webmail.web.reading import find_kept, open_message
from webmail.web.rows import Clock, clock_of

Place = tuple[int, int]


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    """A message in its conversation; with ``?alone=1`` a script gets its part of the page."""
    ref = MessageRef(mailbox, *place)
    if is_part(request) and "alone" in request.GET:
        return _show_alone(request, ref)
    clock = clock_of(request)
    reading = find_reading(request, ref)
    grouped = bool(reading.members)
    beside = around(request, reading.line, grouped=grouped)
    summaries = summaries_of(request, reading)
    views = {each: _view(request, one, Neighbours(), clock) for each, one in summaries.items()}
    _mark_seen(request, summaries.values())
    shown = views.get(ref)
    if shown is None and ref in reading.opened:
        raise MessageGone("This message is no longer there.")
    shown = placed(shown or next(iter(views.values())), request.account.key, beside)
    views |= {ref: shown} if ref in views else {}
    context = {
        "message": shown,
        "conversation": conversation_view(request, reading, views, shown, clock),
        "account": request.account,
    }
    if not is_part(request):
        page = list_with(request, reading.line, size=PAGE_SIZE, grouped=grouped)
        at = (reading.line.uidvalidity, reading.line.uid)
        context["view"] = list_view(
            request, mailbox, page, clock=clock, open_place=at, grouped=grouped
        )
    return page_or_part(
        request, "message/page.html", "message/_part.html", context, current=mailbox
    )


def _show_alone(request: MailRequest, ref: MessageRef) -> HttpResponse:
    """One open message of a conversation, to be put in the place of its folded line."""
    summary = request.store.summary(ref)
    view = _view(request, summary, Neighbours(), clock_of(request))
    _mark_seen(request, [summary])
    context = {"item": Item(message=view), "account": request.account, "is_alone": True}
    context |= shell_context(request, request.GET.get("current", ""))
    return render(request, "conversation/_opened.html", context)


def _view(
    request: MailRequest, summary: MessageSummary, beside: Neighbours, clock: Clock
) -> MessageView:
    return message_view(request, open_message(request, summary), beside, clock)


def _mark_seen(request: MailRequest, summaries: Iterable[MessageSummary]) -> None:
    """Reading marks it read; a mailbox that may only be read is read all the same."""
    if request.method != "GET":
        return
    refs = [summary.ref for summary in summaries if SEEN not in summary.flags]
    for _, each in groupby(refs, key=lambda ref: (ref.mailbox, ref.uidvalidity)):
        with suppress(StoreError):
            request.store.set_flags(tuple(each), add=[SEEN])
    if refs:
        forget_mailboxes(request)  # the rail counts what is unread now


@require_safe
@with_store
def body(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    """The document inside the frame.  It is as harmless opened by itself."""
    ref = MessageRef(mailbox, *place)
    opened = find_kept((request.account.pk, ref))
    if opened is None:
        opened = open_message(request, request.store.summary(ref))
    response = render(request, "message/body.html", frame_context(request, opened))
    parts = request.build_absolute_uri(f"{message_url(request.account.key, ref)}part/")
    for name, value in body_headers(parts).items():
        response.headers[name] = value
    return response


@require_safe
@with_store
def source(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    """A file, or with ``?view=1`` text to look at."""
    summary = request.store.summary(MessageRef(mailbox, *place))
    filename = clean_filename(f"{summary.envelope.subject[:80] or 'message'}.eml")
    pieces = pieces_lent(
        request, lambda store, offset: store.source(summary.ref, offset_bytes=offset)
    )
    return source_response(pieces, filename, inline="view" in request.GET)


@require_safe
@with_store
def part(request: MailRequest, mailbox: str, place: Place, section: str) -> HttpResponse:
    ref = MessageRef(mailbox, *place)
    structure = request.store.summary(ref).structure
    wanted = next((part for part in structure.walk() if part.section == section), None)
    if wanted is None or wanted.is_multipart or not section:
        raise MessageGone("This message has no such part.")
    pieces = pieces_lent(
        request, lambda store, offset: store.part(ref, section, offset_bytes=offset)
    )
    return part_response(wanted, pieces)
