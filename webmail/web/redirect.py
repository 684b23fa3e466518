"""Sending a message on as it is: a page that asks for recipients and nothing else."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from webmail.accounts.connect import NeedsKey, NeedsPassword, password_for
from webmail.accounts.identity_servers import CannotLeave, access_of
from webmail.accounts.writing_as import (
    ForeignSender,
    Sender,
    find_sender,
    identity_named,
    read_sender,
)
from webmail.message.build import BuildError, BuiltMessage, new_message_id
from webmail.message.redirect import build_redirect
from webmail.submission import outbox
from webmail.submission.models import REDIRECT, State
from webmail.submission.wishes import NO_WISHES, Wishes, wishes_from_names
from webmail.web.cards import sheet_of
from webmail.web.compose_form import Written
from webmail.web.http import MailRequest, shell_context, with_store
from webmail.web.limits import TooLarge, check_size
from webmail.web.machine_sending import now_of
from webmail.web.notices import notice
from webmail.web.people import clean, name_of
from webmail.web.people_lists import filled_in
from webmail.web.recipients import FIELDS, Recipients, read_recipients
from webmail.web.senders import sender_choice
from webmail.web.sending import NOBODY, SIGN_IN_AGAIN
from webmail.web.sheet import Sheet
from webmail.web.suggestions import offers_for
from webmail.web.wishes import refusal_of, said_of, usual_wishes, wish_choices, wishes_note

# A receipt is asked for in the header, and that is somebody else's.
_WISHES = ("delivery", "tls")
TAKEN_BACK = "This was taken back. Press Redirect once more to send it after all."


@dataclass(frozen=True, slots=True)
class Form:
    """``token`` is the same however often one form is sent: the message leaves once (F01)."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    identity: str = ""
    sender: str = ""
    wishes: Wishes = NO_WISHES
    token: uuid.UUID = field(default_factory=uuid.uuid4)


@require_http_methods(["GET", "POST"])
@with_store
def redirect(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    sheet = sheet_of(request, mailbox, place)
    if request.method == "GET":
        typed = {name: request.GET.get(name, "") for name in FIELDS}
        form = Form(**typed, identity=_usual_sender(sheet).key, wishes=_usual_wishes(request))
        return _page(sheet, form, {})
    form = _read_form(request)
    errors = _send(sheet, form)
    if errors:
        return _page(sheet, replace(form, token=uuid.uuid4()), errors)
    return HttpResponseRedirect(sheet.url, status=303)


def _read_form(request: MailRequest) -> Form:
    names = (*FIELDS, "identity", "sender")
    typed = {name: request.POST.get(name, "").replace("\0", "") for name in names}
    try:
        token = uuid.UUID(request.POST.get("token", ""))
    except ValueError:
        token = uuid.uuid4()
    typed |= filled_in(request.user, {name: typed[name] for name in FIELDS})[0]
    return Form(**typed, wishes=_possible(request.POST.getlist("wishes")), token=token)


def _usual_wishes(request: MailRequest) -> Wishes:
    """Those of a redirection that was taken back, else what its writer always asks for."""
    named = request.GET.getlist("wishes") if "wishes" in request.GET else None
    return _possible(usual_wishes(request.user).names if named is None else named)


def _possible(names: Iterable[str]) -> Wishes:
    return wishes_from_names(set(names) & set(_WISHES))


def _usual_sender(sheet: Sheet) -> Sender:
    """Whom it was sent to; else the default identity."""
    account, envelope = sheet.request.account, sheet.summary.envelope
    named = [a.addr_spec for a in (*envelope.to, *envelope.cc, *envelope.from_)]
    return find_sender(account, named) or read_sender(account, "")


def _page(sheet: Sheet, form: Form, errors: dict[str, str]) -> HttpResponse:
    account = sheet.request.account
    written = Written(identity=form.identity, sender=form.sender)
    context = {
        "subject": clean(sheet.summary.envelope.subject) or "(no subject)",
        "author": name_of(sheet.sender),
        "url": sheet.url,
        "form": form,
        "errors": errors,
        "people": offers_for(sheet.request.user, "", most=50).people,
        "choice": sender_choice(account, written),
        "wish_choices": wish_choices(form.wishes, _WISHES),
        "wishes_said": said_of(form.wishes),
        "wishes_note": wishes_note(account, identity_named(account, form.identity), form.wishes),
    }
    context |= shell_context(sheet.request, sheet.ref.mailbox)
    return render(sheet.request, "message/redirect.html", context, status=422 if errors else 200)


def _send(sheet: Sheet, form: Form) -> dict[str, str]:
    """What is wrong, by field; empty where the message is in the outbox."""
    recipients, errors = read_recipients({name: getattr(form, name) for name in FIELDS})
    if not recipients and not errors:
        errors["to"] = NOBODY
    try:
        sender = read_sender(sheet.request.account, form.identity, form.sender)
    except ForeignSender as problem:
        return {**errors, "identity": str(problem)}
    if errors:
        return errors
    if refusal := refusal_of(sheet.request.account, sender.identity, form.wishes):
        return {"form": refusal}
    try:
        message_id = new_message_id(sender.addr_spec.rpartition("@")[2])
        built = _build(sheet, sender, recipients, message_id)
    except (BuildError, TooLarge) as problem:
        return {"form": f"Not sent. {problem}"}
    try:
        return _queue(sheet, form, sender, built, message_id)
    except (NeedsPassword, NeedsKey):
        return {"form": SIGN_IN_AGAIN}
    except CannotLeave as problem:
        return {"form": f"Not sent. {problem}"}


def _build(sheet: Sheet, sender: Sender, recipients: Recipients, message_id: str) -> BuiltMessage:
    request = sheet.request
    check_size(request.account, sender.identity, sheet.summary.size_bytes)
    built = build_redirect(
        b"".join(request.store.source(sheet.ref)),
        from_=sender.address,
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        message_id=message_id,
        date=now_of(request),
    )
    check_size(request.account, sender.identity, len(built.wire))
    return built


def _queue(
    sheet: Sheet, form: Form, sender: Sender, built: BuiltMessage, message_id: str
) -> dict[str, str]:
    request, wait_s = sheet.request, settings.WEBMAIL_UNDO_SECONDS
    outgoing, _ = outbox.queue(
        user=request.user,
        account=request.account,
        identity=sender.identity,
        client_token=form.token,
        draft=None,
        built=built,
        message_id=message_id,
        subject=f"Redirected: {clean(sheet.summary.envelope.subject)}",
        password=password_for(request, request.account),
        access=access_of(request, sender.identity),
        relation=REDIRECT,
        source=sheet.ref,
        undo_s=wait_s,
        wishes=form.wishes,
    )
    if outgoing.state == State.CANCELLED:
        return {"form": TAKEN_BACK}
    if wait_s:
        text = f"Redirecting in {wait_s} seconds."
        notice(request, text, outbox=outgoing.key, wait_s=wait_s)
    else:
        notice(request, "Redirecting.")
    return {}
