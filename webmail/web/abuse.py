"""Reporting a message as abuse: a page that says what will be sent, and the report."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address
from webmail.message.build import BuildError
from webmail.message.report import build_complaint
from webmail.web.assemble import USER_AGENT
from webmail.web.cards import sheet_of
from webmail.web.http import MailRequest, shell_context, with_store
from webmail.web.limits import TooLarge, check_size
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


@require_http_methods(["GET", "POST"])
@with_store
def report(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    """Where the administrator names nobody to report to, there is no such page."""
    if not settings.WEBMAIL_ABUSE_REPORT_TO:
        raise Http404
    sheet = sheet_of(request, mailbox, place)
    if request.method == "GET":
        return _page(sheet, settings.WEBMAIL_ABUSE_REPORT_TO)
    address = request.POST.get("to", "").strip()
    try:
        wire_addr_spec(address)
        is_new = _send(sheet, address)
    except BadAddress as problem:
        return _page(sheet, address, error=str(problem))
    except NotQueued as problem:
        return _page(sheet, address, error=str(problem))
    words = f"The report goes to {address}."
    notice(request, words if is_new else "You reported this message already.")
    return HttpResponseRedirect(sheet.url, status=303)


def _page(sheet: Sheet, address: str, *, error: str = "") -> HttpResponse:
    context = {
        "subject": clean(sheet.summary.envelope.subject) or "(no subject)",
        "url": sheet.url,
        "to": address,
        "error": error,
    }
    context |= shell_context(sheet.request, sheet.ref.mailbox)
    return render(sheet.request, "message/abuse.html", context, status=422 if error else 200)


def _send(sheet: Sheet, address: str) -> bool:
    """False: this message was reported there before.  Raises NotQueued."""
    request, envelope = sheet.request, sheet.summary.envelope
    identity = identity_of(request, [a.addr_spec for a in (*envelope.to, *envelope.cc)])
    message_id = fresh_id(identity)
    try:
        check_size(request.account, identity, sheet.summary.size_bytes)
        built = build_complaint(
            to=Address("", address),
            from_=Address(identity.name, identity.addr_spec),
            original=b"".join(request.store.source(sheet.ref)),
            arrived=sheet.summary.internal_date,
            message_id=message_id,
            date=now_of(request),
            user_agent=USER_AGENT,
        )
        check_size(request.account, identity, len(built.wire))
    except (BuildError, TooLarge) as problem:
        raise NotQueued(NOT_SENT.format(words=problem)) from problem
    token = token_for(request, sheet.ref, f"abuse/{address.lower()}")
    subject = f"Abuse report: {envelope.subject}"
    return queue_built(
        request, identity, built, message_id=message_id, subject=subject, token=token
    )
