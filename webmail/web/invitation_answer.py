"""Accept, Maybe, Decline: the answer to an invitation goes out by mail, and only on a click."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webmail.accounts.models import Identity
from webmail.message.address import Address
from webmail.message.build import BuildError, BuiltMessage
from webmail.message.fields import one_line
from webmail.message.invitation import Event
from webmail.message.invitation_reply import Answer, build_reply
from webmail.message.machine_mail import build_machine_mail, plain_leaf
from webmail.message.parts import Multipart, text_leaf
from webmail.store.protocol import StoreError
from webmail.web.cards import sheet_of
from webmail.web.http import MailRequest, with_store
from webmail.web.invitation_card import ANSWERED_AS, can_be_answered, find_calendar
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

_SUBJECTS = {Answer.ACCEPTED: "Accepted", Answer.TENTATIVE: "Maybe", Answer.DECLINED: "Declined"}
_TEXTS = {
    Answer.ACCEPTED: "{who} accepts the invitation to “{what}”.",
    Answer.TENTATIVE: "{who} may come to “{what}”.",
    Answer.DECLINED: "{who} declines the invitation to “{what}”.",
}
_SAID = {
    Answer.ACCEPTED: "You accepted. The organiser will be told by mail.",
    Answer.TENTATIVE: "You answered “maybe”. The organiser will be told by mail.",
    Answer.DECLINED: "You declined. The organiser will be told by mail.",
}


@require_POST
@with_store
def answer(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    sheet = sheet_of(request, mailbox, place)
    given = request.POST.get("answer", "")
    if given not in set(Answer):
        raise Http404
    try:
        _send(sheet, Answer(given))
        notice(request, _SAID[Answer(given)])
        _remember(sheet, Answer(given))
    except NotQueued as problem:
        notice(request, str(problem), level="error")
    return HttpResponseRedirect(sheet.url, status=303)


def _send(sheet: Sheet, given: Answer) -> None:
    found = find_calendar(sheet)
    event = found[1].main if found else None
    if found is None or event is None:
        raise Http404
    part, invitation = found
    method = invitation.method or part.parameter("method").upper()
    if not can_be_answered(method, event, sheet):
        raise NotQueued("This invitation cannot be answered: it names nobody to answer to.")
    request = sheet.request
    identity = identity_of(request, [each.address for each in event.attendees])
    subject = f"{_SUBJECTS[given]}: {one_line(event.summary) or 'your invitation'}"[:200]
    message_id = fresh_id(identity)
    built = _built(sheet, sheet.small[part.section], event, given, identity, subject, message_id)
    once = request.POST.get("once", "")[:64]  # pressed twice is sent once; a new page asks anew
    token = token_for(request, sheet.ref, f"invitation/{once}")
    queue_built(request, identity, built, message_id=message_id, subject=subject, token=token)


def _built(
    sheet: Sheet,
    raw: bytes,
    event: Event,
    given: Answer,
    identity: Identity,
    subject: str,
    message_id: str,
) -> BuiltMessage:
    now = now_of(sheet.request)
    calendar = build_reply(raw, given, address=identity.addr_spec, name=identity.name, now=now)
    if calendar is None or event.organizer is None:
        raise NotQueued("This invitation cannot be answered: it names no event.")
    who = identity.name or identity.addr_spec
    text = _TEXTS[given].format(who=who, what=one_line(event.summary) or "your event")
    root = Multipart(
        "alternative",
        (
            text_leaf("text/plain", f"{text}\n"),
            plain_leaf("text/calendar", calendar, charset="utf-8", method="REPLY"),
        ),
    )
    try:
        return build_machine_mail(
            from_=Address(identity.name, identity.addr_spec),
            to=[Address(one_line(event.organizer.name), event.organizer.address)],
            subject=subject,
            root=root,
            message_id=message_id,
            date=now,
            about=(sheet.summary.envelope.message_id,),
        )
    except BuildError as problem:
        raise NotQueued(NOT_SENT.format(words=problem)) from problem


def _remember(sheet: Sheet, given: Answer) -> None:
    """As keywords of the message; a server that takes none only forgets what was answered."""
    others = [flag for each, flag in ANSWERED_AS.items() if each is not given]
    try:
        sheet.request.store.set_flags([sheet.ref], add=[ANSWERED_AS[given]], remove=others)
    except StoreError:
        notice(sheet.request, "Your mail server does not keep what you answered.")
