"""A message: its page, the frame with its HTML, its source and its parts."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.store.mailbox import SEEN, MessageRef, MessageSummary
from webmail.store.protocol import MessageGone, StoreError
from webmail.web.downloads import clean_filename, part_response, pieces_lent, source_response
from webmail.web.http import (
    MailRequest,
    body_headers,
    is_part,
    page_or_part,
    with_store,
)
from webmail.web.lists import around, list_with
from webmail.web.mailboxes import PAGE_SIZE, list_view
from webmail.web.message_view import message_view
from webmail.web.paths import message_url
from webmail.web.reading import find_kept, is_designed, read_message
from webmail.web.rows import clock_of

Place = tuple[int, int]


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    ref = MessageRef(mailbox, *place)
    clock = clock_of(request)
    summary = request.store.summary(ref)
    body = read_message(request, summary)
    _mark_seen(request, summary)
    message = message_view(request, summary, body, around(request, ref), clock)
    context = {"message": message, "account": request.account}
    if not is_part(request):
        page = list_with(request, ref, size=PAGE_SIZE)
        context["view"] = list_view(request, mailbox, page, clock=clock, open_place=place)
    return page_or_part(
        request, "message/page.html", "message/_part.html", context, current=mailbox
    )


def _mark_seen(request: MailRequest, summary: MessageSummary) -> None:
    """Reading marks it read; a mailbox that may only be read is read all the same."""
    if request.method == "GET" and SEEN not in summary.flags:
        with suppress(StoreError):
            request.store.set_flags([summary.ref], add=[SEEN])


@require_safe
@with_store
def body(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    """The document inside the frame.  It is as harmless opened by itself."""
    ref = MessageRef(mailbox, *place)
    message = find_kept((request.account.pk, ref))
    if message is None:
        message = read_message(request, request.store.summary(ref))
    context = {
        "body": message,
        "designed": is_designed(message),
        "theme": request.user.theme,
    }
    response = render(request, "message/body.html", context)
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
