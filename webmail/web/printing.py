"""A message, or its whole conversation, as a page to print or to save as PDF.

The page is served like the frame of a message: no script, no form, nothing from elsewhere.
Each text stands in a shadow tree of its own, so that no style of one reaches another.
"""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webmail.message.cascade import hosted
from webmail.message.dark import in_the_light
from webmail.message.safe_html import SafeHtml
from webmail.store.mailbox import MessageRef
from webmail.web.conversation import Reading, expected_of, find_reading
from webmail.web.http import MailRequest, body_headers, with_store
from webmail.web.message_view import MessageView, Neighbours, message_view
from webmail.web.paths import message_url
from webmail.web.reading import open_messages
from webmail.web.rows import clock_of

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Printed:
    """``html`` is as sent; empty for a message of plain text."""

    message: MessageView
    html: SafeHtml | None


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: Place) -> HttpResponse:
    """With ``?open=all`` the conversation, oldest first.  Printing marks nothing as read."""
    ref = MessageRef(mailbox, *place)
    reading = Reading((), frozenset({ref}), ref)
    if "all" in request.GET.getlist("open"):
        reading = find_reading(request, ref)
    found, clock = open_messages(request, expected_of(request, reading)), clock_of(request)
    order = [m.listed.ref for m in reading.members if m.listed.ref in found] or [ref]
    printed = []
    for each in order:
        opened = found[each]
        view = message_view(request, opened, Neighbours(), clock)
        printed.append(Printed(view, _as_sent(opened.body.html) if view.has_html else None))
    response = render(request, "message/print.html", {"printed": printed})
    key = request.account.key
    parts = [request.build_absolute_uri(f"{message_url(key, each)}part/") for each in order]
    for name, value in body_headers(" ".join(parts), can_print=True).items():
        response.headers[name] = value
    return response


def _as_sent(html: SafeHtml | None) -> SafeHtml | None:
    return None if html is None else hosted(in_the_light(html))
