"""Writing: a form that works by itself, and the requests of the script that helps it.

``new`` changes nothing: it draws a form around a signed, fresh draft, and the first
request that brings the form back makes the row.  Every request saves what was typed
before it does anything that can fail.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from webmail.attachments import resumable, storage
from webmail.index.telling import lend_store
from webmail.submission import draft_copy, drafts
from webmail.submission.follow_ups import find_open
from webmail.submission.models import StoredDraft
from webmail.submission.words import condition_text, state_text
from webmail.web import sending
from webmail.web.certificate_writing import certified_json
from webmail.web.choices_kept import posted
from webmail.web.compose_window import (
    after_send_url,
    fresh_window,
    show_window,
    stored_window,
    with_errors,
)
from webmail.web.file_cards import upload_cards
from webmail.web.http import signed_in, wants_json
from webmail.web.later import NoTime, read_reminder, read_time
from webmail.web.limits import message_limit, writer_of
from webmail.web.notices import notice, said_json
from webmail.web.openpgp_writing import protection_json
from webmail.web.prefill import Prefill, prefill
from webmail.web.rows import clock_of, full_time, reader_zone
from webmail.web.saving import Kept, Saved, find_signed, mirror, room_of, save_form, take_files
from webmail.web.senders import note_of
from webmail.web.sizes import size_text
from webmail.web.text_pictures import files_beside, picture_urls
from webmail.web.trouble import answers_trouble
from webmail.web.typed import keeps_typed
from webmail.web.wishes import learn_offers, wishes_json

Answer = Callable[[HttpRequest, str], HttpResponse]
_PAGES = ("repeat", "templates", "merge")
_SEEN_S = 10  # how long Undo is offered beside the words, whenever it is to leave


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("quoted", "quoted_subject")
@signed_in
@answers_trouble
def new(request: HttpRequest) -> HttpResponse:
    """By POST for whoever answers what they opened with a certificate: it changes nothing."""
    start = prefill(request)
    if isinstance(start, StoredDraft):
        return HttpResponseRedirect(reverse("draft", args=[start.key]))
    return _show_fresh(request, start)


@require_http_methods(["GET", "POST"])
@keeps_typed
@signed_in
@answers_trouble
def edit(request: HttpRequest, draft: str) -> HttpResponse:
    if request.method == "POST":
        return _answer_for(request.POST.get("do", "save"))(request, draft)
    row = drafts.find_row(request.user, draft)
    outgoing = drafts.find_outgoing(row) if row else None
    if outgoing is not None:
        return render(request, "compose/sent.html", {"words": state_text(outgoing)}, status=409)
    if row is None or row.has_left:
        raise Http404
    return show_window(request, stored_window(row))


# -- save -----------------------------------------------------------------------------------------


def _save(request: HttpRequest, key: str) -> HttpResponse:
    saved = save_form(request, key)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    errors = take_files(request, saved.draft)
    learn_offers(saved.draft)
    warning = mirror(request, saved.draft, only_if_behind="autosave" in request.POST)
    if wants_json(request):
        return JsonResponse(saved_json(saved, warning))
    if errors:
        return show_window(request, with_errors(stored_window(saved.draft), errors), status=422)
    said = f"Saved in Drafts. {saved.note}".strip()
    notice(request, warning or said, level="error" if warning else "ok")
    return HttpResponseRedirect(reverse("draft", args=[saved.draft.key]), status=303)


def saved_json(saved: Saved, warning: str) -> dict[str, object]:
    draft = saved.draft
    return {
        "key": draft.key,
        "url": reverse("draft", args=[draft.key]),
        "files_url": reverse("draft-files", args=[draft.key]),
        "revision": draft.revision,
        "limit_bytes": room_of(draft),
        "limit_text": size_text(message_limit(draft.account, writer_of(draft))),
        "warning": warning or saved.note,
        "pictures": picture_urls(draft),
        "sender_note": note_of(draft),
        **wishes_json(draft),
        **protection_json(draft),
        **certified_json(draft),
        "files": [
            {
                "key": card.key,
                "name": card.name,
                "kind": card.kind,
                "icon": card.icon,
                "meta": f"{card.kind_text}, {card.size}",
                "in_text": card.in_text,
                "offers": [
                    {"text": offer.text, "choices": [[c.value, c.label] for c in offer.choices]}
                    for offer in card.offers
                ],
                "photo": reverse("draft-file-photo", args=[draft.key, card.key]),
                "remove": reverse("draft-file-remove", args=[draft.key, card.key]),
            }
            for card in upload_cards(files_beside(draft))
        ],
    }


def answer_kept(request: HttpRequest, kept: Kept) -> HttpResponse:
    """The draft went another way meanwhile; what was typed is a draft of its own (F02, F34).

    The window may be gone that this is said to, so that it is in Drafts at once.
    """
    mirror(request, kept.draft)
    window = with_errors(stored_window(kept.draft), {"form": kept.sentence})
    if wants_json(request):
        answer = saved_json(Saved(kept.draft), "") | {"conflict": kept.sentence}
        return JsonResponse(answer, status=409)
    return show_window(request, window, status=409)


# -- send -----------------------------------------------------------------------------------------


def _later(request: HttpRequest, key: str) -> HttpResponse:
    """``do=later:2026-11-27T08:00``, or ``do=later`` with that in ``at``."""
    typed = next(filter(None, request.POST.getlist("at")), "")
    chosen = request.POST["do"].partition(":")[2] or typed
    try:
        send_at = read_time(chosen, clock_of(request))
    except NoTime as problem:
        return _answer_no_time(request, key, f"Not queued: {problem}")
    return _send(request, key, send_at=send_at)


def _answer_no_time(request: HttpRequest, key: str, sentence: str) -> HttpResponse:
    saved = save_form(request, key)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    return _answer_not_sent(request, saved, sending.NotSent({"form": sentence}))


def _send(request: HttpRequest, key: str, *, send_at: datetime | None = None) -> HttpResponse:
    try:
        when = _when(request, send_at)
    except NoTime as problem:
        return _answer_no_time(request, key, f"Not sent: {problem}")
    saved = save_form(request, key)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    errors = take_files(request, saved.draft)
    not_sent = sending.NotSent(errors)
    if not errors:
        is_sure = "sure" in request.POST
        sent = sending.send(request, saved.draft, is_sure=is_sure, when=when)
        if isinstance(sent, sending.Sent):
            return _answer_sent(request, saved, sent, send_at)
        not_sent = sent
    return _answer_not_sent(request, saved, not_sent)


def _when(request: HttpRequest, send_at: datetime | None) -> sending.When:
    """What the menu beside Send says; it is there twice.  Raises NoTime."""
    chosen, clock = posted(request), clock_of(request)
    days, day = chosen.remind, chosen.remind_on
    return sending.When(
        send_at,
        unless_answered=chosen.unless_answered,
        remind_at=read_reminder(days, day, clock, send_at) if days or day else None,
    )


def _entity(request: HttpRequest, key: str) -> HttpResponse:
    """For the script: what it signs or encrypts, before it sends what it made of that."""
    saved = save_form(request, key)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    made = sending.entity(request, saved.draft, is_sure="sure" in request.POST)
    if isinstance(made, sending.NotSent):
        return _answer_not_sent(request, saved, made)
    return JsonResponse(saved_json(saved, "") | made)


def _answer_not_sent(request: HttpRequest, saved: Saved, why: sending.NotSent) -> HttpResponse:
    if wants_json(request):
        told = asdict(why)
        return JsonResponse(saved_json(saved, "") | told, status=422)
    window = with_errors(stored_window(saved.draft), why.errors)
    window = replace(
        window,
        questions=why.questions,
        passphrase=why.passphrase,
        act=request.POST["do"][:40],
        chosen=posted(request),
    )
    return show_window(request, window, status=422)


def _answer_sent(
    request: HttpRequest, saved: Saved, sent: sending.Sent, send_at: datetime | None
) -> HttpResponse:
    wait_s = settings.WEBMAIL_UNDO_SECONDS
    reminder = f"{_reminder_text(request, sent)} {saved.note}".rstrip()
    if send_at is not None:
        condition = condition_text(sent.outgoing)
        text = f"It will be sent on {full_time(send_at)}{condition}.{reminder}"
        notice(request, text, outbox=sent.outgoing.key, wait_s=_SEEN_S)
    elif wait_s:
        text = f"Sending in {wait_s} seconds.{reminder}"
        notice(request, text, outbox=sent.outgoing.key, wait_s=wait_s)
    else:
        notice(request, f"Sending.{reminder}")
    next_url = after_send_url(saved.draft)
    if wants_json(request):
        answer = {"outgoing": sent.outgoing.key, "next": next_url, **said_json(request)}
        return JsonResponse(answer, status=201 if sent.is_new else 200)
    return HttpResponseRedirect(next_url, status=303)


def _reminder_text(request: HttpRequest, sent: sending.Sent) -> str:
    follow_up = find_open(sent.outgoing.account, sent.outgoing.message_id)
    if follow_up is None:
        return ""
    at = follow_up.remind_at.astimezone(reader_zone(request))
    return f" If nobody answers, you are reminded on {full_time(at)}."


# -- going on to another page ----------------------------------------------------------------------


def _go(request: HttpRequest, key: str) -> HttpResponse:
    """``do=go:repeat``: what was written is kept, and the next page is about it."""
    name = request.POST["do"].partition(":")[2]
    if name not in _PAGES:
        raise Http404
    saved = save_form(request, key)
    if isinstance(saved, Kept):
        return answer_kept(request, saved)
    errors = take_files(request, saved.draft)
    if errors:
        return _answer_not_sent(request, saved, sending.NotSent(errors))
    url = reverse(f"draft-{name}", args=[saved.draft.key])
    if wants_json(request):
        return JsonResponse({"next": url})
    return HttpResponseRedirect(url, status=303)


# -- discard --------------------------------------------------------------------------------------


def _discard(request: HttpRequest, key: str) -> HttpResponse:
    """Asks first when there is something to lose."""
    draft = drafts.find(request.user, key)
    signed = None if draft else find_signed(request, key)
    if draft is None and signed is None:
        raise Http404
    if "sure" not in request.POST:
        saved = save_form(request, key)
        context = {"action": reverse("draft", args=[saved.draft.key]), "draft": saved.draft}
        return render(request, "compose/discard.html", context)
    if draft is None and signed.fresh.origin.copy:
        draft = save_form(request, key).draft
    if draft is not None:
        remove_draft(request, draft)
    notice(request, "Draft discarded.")
    if wants_json(request):
        return JsonResponse({"next": reverse("mail"), **said_json(request)})
    return HttpResponseRedirect(reverse("mail"), status=303)


def remove_draft(request: HttpRequest, draft: StoredDraft) -> None:
    uploads = storage.uploads_of(draft.user, draft.key)
    if draft_copy.copy_ref(draft) is None and not draft.copy_unsettled:
        drafts.discard(None, draft)
    else:
        with lend_store(request, draft.account) as store:
            drafts.discard(store, draft)
    for upload in uploads:
        storage.remove(upload)
    for unfinished in resumable.of_draft(draft.user, draft.key):
        resumable.abandon(unfinished)


def _answer_for(act: str) -> Answer:
    answers: dict[str, Answer] = {
        "save": _save,
        "send": _send,
        "entity": _entity,
        "later": _later,
        "go": _go,
        "discard": _discard,
    }
    act = act.partition(":")[0]
    if act not in answers:
        raise Http404
    return answers[act]


def _show_fresh(request: HttpRequest, start: Prefill) -> HttpResponse:
    window = fresh_window(request, start.account, start.fresh, start.written, start.carried)
    return show_window(request, window)
