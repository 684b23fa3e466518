"""Mail that waits for an answer: the list, and what can be done about each."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from webmail.index.by_message_id import find_by_message_id
from webmail.index.telling import lend_store
from webmail.store.mailbox import MessageRef, SpecialUse
from webmail.submission import follow_ups
from webmail.submission.models import FollowUp, State
from webmail.web.cards import sheet_of
from webmail.web.follow_up_card import is_own_sent
from webmail.web.http import MailRequest, get_account, next_url, signed_in, with_store
from webmail.web.later import REMINDERS, NoTime, read_reminder
from webmail.web.notices import notice
from webmail.web.paths import message_url, ref_text
from webmail.web.people import clean
from webmail.web.rail import rail_context
from webmail.web.rows import Clock, clock_of, full_time
from webmail.web.sheet import Sheet
from webmail.web.shell import special_mailboxes
from webmail.web.trouble import answers_trouble

ENDED = "Nothing is waited for any more."
NOT_IN_SENT = "This mail is not in Sent any more."
GONE = "This reminder was ended already, or the mail has been answered."
TOO_MANY = "Not set: you wait for very many answers already. End some of them first."


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """``url`` is empty where the index does not know the mail."""

    key: str
    subject: str
    to: str
    words: str
    is_due: bool
    url: str
    again_url: str


@require_GET
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    clock = clock_of(request)
    rows = [_row(each, clock) for each in follow_ups.open_of(request.user)]
    context = {"rows": sorted(rows, key=lambda row: not row.is_due), "reminders": REMINDERS}
    rail = rail_context(request, get_account(request), "/waiting/")
    return render(request, "waiting/page.html", {**rail, **context})


@require_POST
@signed_in
def act(request: HttpRequest, key: str) -> HttpResponse:
    """``do``: ``done``, or ``later:3``, or ``later`` with a day in ``remind_on``."""
    do, _, days = request.POST.get("do", "").partition(":")
    if do not in ("done", "later") or not request.user.follow_ups.filter(key=key).exists():
        raise Http404
    if do == "done":
        worked, said = follow_ups.end(request.user, key), ENDED
    else:
        try:
            at = read_reminder(days, request.POST.get("remind_on", ""), clock_of(request))
        except NoTime as problem:
            notice(request, f"Not changed: {problem}", level="error")
            return _back(request)
        worked, said = follow_ups.put_off(request.user, key, at), _set_text(full_time(at))
    notice(request, said if worked else GONE, level="ok" if worked else "error")
    return _back(request)


@require_GET
@signed_in
@answers_trouble
def again(request: HttpRequest, key: str) -> HttpResponse:
    """To an answer to one's own mail, wherever in Sent it is."""
    row = follow_ups.open_of(request.user).filter(key=key).first()
    if row is None:
        raise Http404
    ref = _look_in_sent(request, row)
    if ref is None:
        notice(request, NOT_IN_SENT, level="error")
        return _back(request)
    query = urlencode({"reply_all": ref_text(row.account.key, ref)})
    return HttpResponseRedirect(f"{reverse('compose')}?{query}")


def _look_in_sent(request: HttpRequest, row: FollowUp) -> MessageRef | None:
    with lend_store(request, row.account) as store:
        sent = special_mailboxes(store.mailboxes()).get(SpecialUse.SENT)
        found = store.find_message_id(sent.name, row.message_id) if sent else ()
    return found[0] if found else None


@require_POST
@with_store
def remind(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    """For a mail in Sent, from its page."""
    sheet = sheet_of(request, mailbox, place)
    if not is_own_sent(sheet):
        raise Http404
    days = request.POST.get("do", "").partition(":")[2]
    try:
        at = read_reminder(days, request.POST.get("remind_on", ""), sheet.clock)
        row = _set(sheet, at)
    except NoTime as problem:
        notice(request, f"Not set: {problem}", level="error")
    except follow_ups.TooMany:
        notice(request, TOO_MANY, level="error")
    else:
        follow_ups.ask_about(request.store, [row])
        row.refresh_from_db()
        notice(request, _told(row, full_time(at)))
    return HttpResponseRedirect(sheet.url, status=303)


def _set(sheet: Sheet, remind_at: datetime) -> FollowUp:
    envelope = sheet.summary.envelope
    people = (*envelope.to, *envelope.cc, *envelope.bcc)
    return follow_ups.set_for(
        sheet.request.account,
        message_id=envelope.message_id,
        subject=clean(envelope.subject),
        recipients=[each.addr_spec for each in people],
        sent_at=sheet.summary.internal_date,
        remind_at=remind_at,
    )


def _told(row: FollowUp, when: str) -> str:
    if row.state == FollowUp.State.ANSWERED:
        return f"{clean(row.answered_by)} has answered already: there is nothing to wait for."
    return _set_text(when)


def _set_text(when: str) -> str:
    return f"If nobody answers, you are reminded on {when}."


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(next_url(request, reverse("waiting")), status=303)


def _row(row: FollowUp, clock: Clock) -> WaitingRow:
    ref = find_by_message_id(row.account_id, row.message_id)
    return WaitingRow(
        key=row.key,
        subject=clean(row.subject) or "(no subject)",
        to=", ".join(clean(each) for each in row.recipients),
        words=_words(row, clock),
        is_due=row.state == FollowUp.State.DUE,
        url=message_url(row.account.key, ref) if ref else "",
        again_url=reverse("waiting-again", args=[row.key]),
    )


def _words(row: FollowUp, clock: Clock) -> str:
    sent_at = (row.outgoing.accepted_at if row.outgoing else None) or row.sent_at
    sent = full_time(sent_at.astimezone(clock.zone))
    remind = full_time(row.remind_at.astimezone(clock.zone))
    if row.outgoing and row.outgoing.state not in (State.ACCEPTED, State.DONE):
        return f"Not sent yet. If nobody answers, you are reminded on {remind}."
    if row.state == FollowUp.State.DUE:
        return f"Nobody has answered. Sent on {sent}."
    if row.remind_at <= clock.now:
        return f"The mail server is still to be asked for an answer. Sent on {sent}."
    return f"Sent on {sent}. You are reminded on {remind}."
