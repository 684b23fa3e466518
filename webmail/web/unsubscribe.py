"""Leaving a mailing list by mail: one message to the address the list names, after a click.

The list sees who wrote anyway; nothing else is told, and no page is asked for (T82).
"""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webmail.message.address import Address
from webmail.message.build import BuildError, Draft, build
from webmail.message.list_headers import Command, read_mailing_list
from webmail.web.cards import sheet_of
from webmail.web.http import MailRequest, with_store
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
from webmail.web.sheet import Sheet


@require_POST
@with_store
def unsubscribe(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    sheet = sheet_of(request, mailbox, place)
    found = read_mailing_list(sheet.opened.fields)
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
