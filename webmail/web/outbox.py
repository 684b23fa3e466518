"""The outbox: what has been written and has not left yet, its state in words."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from webmail.accounts.connect import NeedsKey, NeedsPassword, password_for
from webmail.accounts.identity_servers import CannotLeave, access_of
from webmail.message.redirect import read_resent
from webmail.store.mailbox import MessageRef
from webmail.submission import drafts, outbox
from webmail.submission.models import REDIRECT, Outgoing, State, Step, Trouble
from webmail.submission.standing import outgoing_of
from webmail.submission.words import answered_text, condition_text, is_late, state_text
from webmail.web.fates import Fate, fates_of, notes_of
from webmail.web.http import PART_HEADERS, get_account, signed_in, to_sign_in
from webmail.web.mailing_progress import mailing_rows
from webmail.web.notices import notice
from webmail.web.paths import message_url
from webmail.web.rail import rail_context
from webmail.web.recipients import typed_addresses
from webmail.web.repeat import series_rows
from webmail.web.rows import clock_of, full_time, reader_zone
from webmail.web.saving import mirror
from webmail.web.sizes import size_text

_SOON = timedelta(minutes=2)
_EDITABLE = frozenset({State.READY, State.RETRY_WAIT, State.FAILED})
_REPEATABLE = frozenset({State.RETRY_WAIT, State.FAILED, State.UNCERTAIN})
_DISCARDABLE = _EDITABLE | {State.CANCELLED}
_WRONG = frozenset({State.FAILED, State.UNCERTAIN})

# do: what is said when it worked, and when the message had moved on meanwhile.
_SAID = {
    "send_again": ("Trying again now.", "This message is already on its way."),
    "mark_as_sent": ("Marked as sent.", "This message is not unclear any more."),
    "file_again": ("Filing it in Sent now.", "This message is in Sent already."),
    "dismiss": ("Taken off the outbox.", "This message is not in the outbox any more."),
    "discard": (
        "Taken off the outbox. The message is in Drafts.",
        "Too late: the message is on its way.",
    ),
}
DISCARDED = "Discarded."
TOO_LATE = "Too late: the message is on its way."


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message in the outbox with its words, and what can be done about it."""

    key: str
    subject: str
    to: str
    when: str
    size: str
    words: str
    level: str
    can_undo: bool
    can_edit: bool
    can_send_again: bool
    can_send_now: bool
    can_mark_as_sent: bool
    can_file_again: bool
    can_discard: bool
    can_dismiss: bool
    draft_url: str
    has_source: bool
    fates: tuple[Fate, ...] = ()
    notes: tuple[str, ...] = ()


@require_GET
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    found = outgoing_of(request.user).prefetch_related("outcomes")
    # Mails of a list are told of together while nothing is wrong with them.
    outgoing = [each for each in found if each.mailing_id is None or _wants_a_look(each)]
    existing = drafts.existing_keys(each.draft_key for each in outgoing)
    rows = [_row(request, each, each.draft_key in existing) for each in outgoing]
    rail = rail_context(request, get_account(request), "/outbox/")
    return render(
        request,
        "outbox/page.html",
        {**rail, "rows": rows, "series": series_rows(request), "mailings": mailing_rows(request)},
    )


@require_POST
@signed_in
def act(request: HttpRequest, key: str) -> HttpResponse:
    outgoing = _get(request, key)
    do = request.POST.get("do", "")
    if do in ("undo", "edit"):
        return _take_back(request, outgoing)
    if do not in _ACTS:
        raise Http404
    is_gone = do == "discard" and drafts.find(request.user, outgoing.draft_key) is None
    if is_gone and outgoing.relation != REDIRECT and "sure" not in request.POST:
        return _ask_whether(request, outgoing)
    try:
        worked = _ACTS[do](request, outgoing)
    except (NeedsKey, NeedsPassword):
        return to_sign_in(request, again=True)
    except CannotLeave as problem:
        notice(request, str(problem), level="error")
        return HttpResponseRedirect(reverse("outbox"), status=303)
    if worked and do == "discard" and not is_gone:
        _bring_back(request, outgoing.draft_key)
    done, missed = (DISCARDED, TOO_LATE) if is_gone else _SAID[do]
    notice(request, done if worked else missed, level="ok" if worked else "error")
    return HttpResponseRedirect(reverse("outbox"), status=303)


@require_GET
@signed_in
def source(request: HttpRequest, key: str) -> HttpResponse:
    """The frozen bytes, to be kept where nothing else can be done."""
    outgoing = _get(request, key)
    try:
        content = outbox.sent_bytes(outgoing)
    except FileNotFoundError as problem:
        raise Http404 from problem
    response = HttpResponse(content, content_type="message/rfc822", headers=PART_HEADERS)
    response.headers["Content-Disposition"] = f'attachment; filename="message-{key}.eml"'
    return response


def _ask_whether(request: HttpRequest, outgoing: Outgoing) -> HttpResponse:
    """Discarding what is nowhere else asks first, on a page of its own."""
    return render(request, "outbox/discard.html", {"outgoing": outgoing})


def _take_back(request: HttpRequest, outgoing: Outgoing) -> HttpResponse:
    """Undo and edit both end in the compose window, or say truly that it was too late (F37)."""
    again = _redirect_url(outgoing)
    if request.POST["do"] == "undo":
        taken = outbox.undo(request.user, outgoing.key)
        draft_key = outgoing.draft_key if taken else None
    else:
        draft_key = outbox.edit(request.user, outgoing.key)
        taken = draft_key is not None
    if not taken:
        notice(request, TOO_LATE, level="error")
        return HttpResponseRedirect(reverse("outbox"), status=303)
    notice(request, "Not sent.")
    if draft_key and _bring_back(request, draft_key):
        return HttpResponseRedirect(reverse("draft", args=[draft_key]), status=303)
    return HttpResponseRedirect(again or reverse("mail"), status=303)


def _bring_back(request: HttpRequest, draft_key: str) -> bool:
    """Into Drafts as well, where other programs see it: what is sent at once was never there."""
    draft = drafts.find(request.user, draft_key)
    if draft is not None and draft.revision > draft.copy_revision:
        mirror(request, draft)  # else it comes there when somebody looks
    return draft is not None


def _redirect_url(outgoing: Outgoing) -> str:
    """Where a redirection is asked for again, its recipients filled in; empty for other mail."""
    if outgoing.relation != REDIRECT or not outgoing.sent_path:
        return ""
    mailbox, validity = outgoing.source_mailbox, outgoing.source_uidvalidity
    source = message_url(outgoing.account.key, MessageRef(mailbox, validity, outgoing.source_uid))
    with suppress(FileNotFoundError):
        resent = read_resent(outbox.sent_bytes(outgoing))
        typed = {name: typed_addresses(addresses) for name, addresses in resent.items()}
        asked = {"wishes": outgoing.wishes.names or ""}
        return f"{source}redirect/?{urlencode(typed | asked, doseq=True)}"
    return f"{source}redirect/"


def _send_again(request: HttpRequest, outgoing: Outgoing) -> bool:
    """By its identity's server as that is now; one that lost its identity keeps its grant."""
    password = password_for(request, outgoing.account)
    access = access_of(request, outgoing.identity)
    return outbox.send_again(request.user, outgoing.key, password=password, access=access)


def _file_again(request: HttpRequest, outgoing: Outgoing) -> bool:
    password = password_for(request, outgoing.account)
    return outbox.file_again(request.user, outgoing.key, password=password)


def _mark_as_sent(request: HttpRequest, outgoing: Outgoing) -> bool:
    return outbox.mark_as_sent(request.user, outgoing.key)


def _dismiss(request: HttpRequest, outgoing: Outgoing) -> bool:
    return outbox.dismiss(request.user, outgoing.key)


def _discard(request: HttpRequest, outgoing: Outgoing) -> bool:
    return outbox.discard(request.user, outgoing.key)


_ACTS: dict[str, Callable[[HttpRequest, Outgoing], bool]] = {
    "send_again": _send_again,
    "mark_as_sent": _mark_as_sent,
    "file_again": _file_again,
    "discard": _discard,
    "dismiss": _dismiss,
}


def _get(request: HttpRequest, key: str) -> Outgoing:
    """Somebody else's row is as unknown as none (T69)."""
    found = Outgoing.objects.filter(user=request.user, key=key).select_related("account").first()
    if found is None:
        raise Http404
    return found


def _row(request: HttpRequest, outgoing: Outgoing, has_draft: bool) -> OutboxRow:
    state = State(outgoing.state)
    clock = clock_of(request)
    created = outgoing.created_at.astimezone(reader_zone(request))
    is_unfiled, waits = _is_unfiled(outgoing), outgoing.waits_for_writer
    return OutboxRow(
        key=outgoing.key,
        subject=outgoing.subject or "(no subject)",
        to=", ".join(outgoing.rcpt_to),
        when=f"{created.day} {created:%b}, {created:%H:%M}",
        size=size_text(outgoing.size_bytes),
        words=_words(request, outgoing),
        level=_level(outgoing, is_unfiled),
        can_undo=state is State.HELD and not waits,
        can_edit=has_draft and (state in _EDITABLE or waits),
        can_send_again=state in _REPEATABLE or outgoing.is_restored,
        can_send_now=outgoing.is_too_late,
        can_mark_as_sent=state is State.UNCERTAIN or outgoing.is_restored,
        can_file_again=is_unfiled and bool(outgoing.sent_path),
        can_discard=(state is State.DONE and is_unfiled)
        or (not has_draft and (state in _DISCARDABLE or waits)),
        can_dismiss=outgoing.is_answered and not outgoing.wire_path,
        draft_url=reverse("draft", args=[outgoing.draft_key])
        if has_draft and outgoing.is_answered
        else "",
        has_source=bool(outgoing.sent_path),
        fates=fates_of(outgoing, clock) if _are_apart(outgoing) else (),
        notes=tuple(notes_of(outgoing)),
    )


def _words(request: HttpRequest, outgoing: Outgoing) -> str:
    """The state; of one that is to leave later, the time in the reader's own zone."""
    if outgoing.waits_for_writer:
        return state_text(outgoing)
    if outgoing.is_answered and outgoing.answered_at:
        at = outgoing.answered_at.astimezone(reader_zone(request))
        return answered_text(outgoing, f"{at.day} {at:%b} at {at:%H:%M}")
    if outgoing.state == State.HELD and outgoing.send_at > timezone.now() + _SOON:
        at = outgoing.send_at.astimezone(reader_zone(request))
        condition = condition_text(outgoing)
        return (
            f"Will be sent on {full_time(at)}{condition}. Undo to change the message or the time."
        )
    return state_text(outgoing)


def _are_apart(outgoing: Outgoing) -> bool:
    """Whether the recipients have more to tell than the state of the whole."""
    has_several = len(outgoing.rcpt_to) > 1 and bool(outgoing.recipient_replies)
    return has_several or bool(outgoing.outcomes.all())


def _is_unfiled(outgoing: Outgoing) -> bool:
    """Whether it was sent, and its copy in Sent has failed at least once."""
    if outgoing.state == State.DONE:
        return outgoing.sent_copy == Step.FAILED
    is_waiting = outgoing.sent_copy == Step.PENDING and outgoing.sent_copy_attempt > 0
    return outgoing.state == State.ACCEPTED and is_waiting


def _wants_a_look(outgoing: Outgoing) -> bool:
    return bool(outgoing.trouble) or outgoing.state in _WRONG or _is_unfiled(outgoing)


def _level(outgoing: Outgoing, is_unfiled: bool) -> str:
    if outgoing.state in _WRONG:
        return "bad"
    is_odd = is_unfiled or outgoing.trouble != Trouble.NONE or is_late(outgoing)
    return "warn" if is_odd else ""
