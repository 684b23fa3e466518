"""Leaving a mailing list after a click: by one request to its page, or by one mail (T82).

The request (RFC 8058) comes from this server and says nothing but what the list's own
address does; a mail shows who leaves, whom the list wrote to anyway.
"""

import logging

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webmail import outbound_fetch
from webmail.message.address import Address
from webmail.message.build import BuildError, Draft, build
from webmail.message.list_headers import Command, MailingList, read_mailing_list
from webmail.message.one_click import FORM
from webmail.outbound_address import Refused
from webmail.outbound_fetch import FetchFailed
from webmail.web.cards import sheet_of
from webmail.web.http import MailRequest, with_store
from webmail.web.list_card import one_click_for
from webmail.web.machine_sending import (
    NOT_SENT,
    NotQueued,
    fresh_id,
    identity_of,
    now_of,
    queue_built,
    token_for,
)
from webmail.web.notices import notice
from webmail.web.people import clean
from webmail.web.sheet import Sheet

log = logging.getLogger(__name__)
ONE_CLICK = "one-click"
INSTEAD = "Try its page instead, or a mail to the list, where it offers them."


@require_POST
@with_store
def unsubscribe(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    sheet = sheet_of(request, mailbox, place)
    found = read_mailing_list(sheet.opened.fields)
    if found is not None and request.POST.get("way") == ONE_CLICK:
        return _by_one_click(sheet, found)
    command = found.by_mail if found else None
    if command is None:
        raise Http404
    try:
        is_new = _send(sheet, command)
    except NotQueued as problem:
        notice(request, str(problem), level="error")
    else:
        words = f"Your request to leave the list goes to {command.address}."
        notice(request, words if is_new else "You asked to leave this list already.")
    return HttpResponseRedirect(sheet.url, status=303)


def _by_one_click(sheet: Sheet, found: MailingList) -> HttpResponse:
    page = one_click_for(sheet, found)
    if page is None:
        raise Http404
    host = clean(page.host)
    try:
        status = outbound_fetch.post_form(page.url, FORM, rules=outbound_fetch.RULES)
    except (Refused, FetchFailed) as problem:
        log.info("one-click unsubscribing failed: %s", problem)
        words = f"Not unsubscribed: {host} did not answer. {INSTEAD}"
        notice(sheet.request, words, level="error")
    else:
        if 200 <= status < 300:
            notice(sheet.request, f"Unsubscribed: {host} took your request.")
        else:
            words = f"Not unsubscribed: {host} answered with an error ({status}). {INSTEAD}"
            notice(sheet.request, words, level="error")
    return HttpResponseRedirect(sheet.url, status=303)


def _send(sheet: Sheet, command: Command) -> bool:
    """From the address the list wrote to, or it would not know who leaves."""
    request, envelope = sheet.request, sheet.summary.envelope
    received = [sheet.header("Delivered-To"), *(a.addr_spec for a in (*envelope.to, *envelope.cc))]
    identity = identity_of(request, received)
    message_id = fresh_id(identity)
    subject = command.subject or "unsubscribe"
    draft = Draft(
        from_=Address(identity.name, identity.addr_spec),
        to=(Address("", command.address),),
        subject=subject,
        text=command.body or "unsubscribe",
    )
    try:
        built = build(draft, message_id=message_id, date=now_of(request))
    except BuildError as problem:
        raise NotQueued(NOT_SENT.format(words=problem)) from problem
    token = token_for(request, sheet.ref, "unsubscribe")
    return queue_built(
        request, identity, built, message_id=message_id, subject=subject, token=token
    )
