"""A message: its page, the frame with its HTML, its source and its parts."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.message.quoted import with_quotation_folded
from webmail.message.safe_html import SafeHtml
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MessageGone
from webmail.web import images
from webmail.web.attached_in import part_at
from webmail.web.conversation import (
    Item,
    Reading,
    conversation_view,
    expected_of,
    find_reading,
)
from webmail.web.downloads import clean_filename, pieces_lent, source_response
from webmail.web.http import (
    MailRequest,
    body_headers,
    is_part,
    page_or_part,
    shell_context,
    with_store,
)
from webmail.web.lists import around, list_with
from webmail.web.looks import frame_context
from webmail.web.mailboxes import PAGE_SIZE, list_view
from webmail.web.message_view import Neighbours, message_view, placed
from webmail.web.part_download import part_response
from webmail.web.paths import message_url
from webmail.web.pictures import shown_body
from webmail.web.reading import Opened, find_kept, open_message, open_messages
from webmail.web.rows import Clock, clock_of
from webmail.web.seen import marked_seen
from webmail.web.trust import told_html

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
    beside = around(request, reading.line, grouped=grouped, place=reading.place)
    opened = open_messages(request, expected_of(request, reading))
    if ref not in opened and ref in reading.opened:
        raise MessageGone("This message is no longer there.")
    with marked_seen(request, [each.summary for each in opened.values()]):
        return _draw(request, reading, opened, ref, beside, clock)


def _draw(
    request: MailRequest,
    reading: Reading,
    opened: dict[MessageRef, Opened],
    ref: MessageRef,
    beside: Neighbours,
    clock: Clock,
) -> HttpResponse:
    views = {each: message_view(request, one, Neighbours(), clock) for each, one in opened.items()}
    shown = views.get(ref) or next(iter(views.values()))
    shown = placed(shown, request.account.key, beside)
    views |= {ref: shown} if ref in views else {}
    context = {
        "message": shown,
        "conversation": conversation_view(request, reading, views, shown, clock),
        "account": request.account,
    }
    if not is_part(request):
        line, grouped = reading.line, bool(reading.members)
        page = list_with(request, line, size=PAGE_SIZE, grouped=grouped)
        at = (line.uidvalidity, line.uid)
        context["view"] = list_view(
            request, ref.mailbox, page, clock=clock, open_place=at, grouped=grouped
        )
    return page_or_part(
        request, "message/page.html", "message/_part.html", context, current=ref.mailbox
    )


def _show_alone(request: MailRequest, ref: MessageRef) -> HttpResponse:
    """One open message of a conversation, to be put in the place of its folded line."""
    opened = open_message(request, ref)
    view = message_view(request, opened, Neighbours(), clock_of(request))
    with marked_seen(request, [opened.summary]):
        context = {"item": Item(message=view), "account": request.account, "is_alone": True}
        context |= shell_context(request, request.GET.get("current", ""))
        return render(request, "conversation/_opened.html", context)


@require_safe
@with_store
def body(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    """The document inside the frame.  It is as harmless opened by itself."""
    ref = MessageRef(mailbox, *place)
    opened = find_kept((request.account.pk, ref)) or open_message(request, ref)
    is_off = request.GET.get("links") == "off"
    shown = opened.body if is_off else shown_body(request, opened)
    subject = opened.summary.envelope.subject

    def finished(html: SafeHtml) -> SafeHtml:
        return told_html(opened, with_quotation_folded(html, subject), is_off=is_off)

    context = frame_context(request, opened, shown, finished)
    response = render(request, "message/body.html", context)
    parts = request.build_absolute_uri(f"{message_url(request.account.key, ref)}part/")
    pictures = request.build_absolute_uri(images.PREFIX) if shown is not opened.body else ""
    for name, value in body_headers(parts, pictures).items():
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
def part(request: MailRequest, mailbox: str, place: Place, section: str) -> HttpResponseBase:
    ref = MessageRef(mailbox, *place)
    return part_response(request, ref, part_at(request, ref, section))
