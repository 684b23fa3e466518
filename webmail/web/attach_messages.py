"""Messages attached to a draft as they came: fetched from their server, never by the browser."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webmail.accounts.disk import DiskFull
from webmail.attachments import storage
from webmail.index.telling import lend_store
from webmail.message.query import parse_query
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import MailStore
from webmail.submission import drafts
from webmail.submission.models import StoredDraft
from webmail.web.actions import chosen_messages
from webmail.web.carried import carried_message, fetch
from webmail.web.compose import answer_kept, saved_json
from webmail.web.http import get_account, signed_in, wants_json
from webmail.web.limits import ask_server, message_limit, writer_of
from webmail.web.notices import notice
from webmail.web.paths import ref_text
from webmail.web.rail import rail_context
from webmail.web.rows import clock_of, short_time
from webmail.web.saving import Kept, Saved, mirror, open_draft, room_of, save_form
from webmail.web.sizes import size_text
from webmail.web.trouble import TROUBLES, answers_trouble, words_for
from webmail.web.typed import keeps_typed

MOST = 50
_SHOWN = 30
_HOME = "INBOX"
NONE = "Select one or more messages first."
TOO_MANY = f"Select {MOST} messages at most."


@dataclass(frozen=True, slots=True)
class Choice:
    ref: str
    people: str
    subject: str
    time_text: str
    size: str


@require_http_methods(["GET", "POST"])
@keeps_typed
@signed_in
@answers_trouble
def attach(request: HttpRequest, draft: str) -> HttpResponse:
    """The list to choose from; the compose form posts its fields here, the list its choice."""
    if request.method == "GET":
        return _show(request, _draft(request, draft))
    if "text" in request.POST:
        saved = save_form(request, draft)
        if isinstance(saved, Kept):
            return answer_kept(request, saved)
        return HttpResponseRedirect(reverse("draft-messages", args=[saved.draft.key]), status=303)
    row = open_draft(request, draft)
    if drafts.find_outgoing(row) is not None:
        raise Http404
    error = _attach_chosen(request, row)
    if wants_json(request):
        errors = {"form": error} if error else {}
        answer = saved_json(Saved(row), "") | {"errors": errors}
        return JsonResponse(answer, status=422 if error else 201)
    if error:
        return _show(request, row, error)
    if warning := mirror(request, row):
        notice(request, warning, level="error")
    return HttpResponseRedirect(f"{reverse('draft', args=[draft])}#files", status=303)


def _show(request: HttpRequest, row: StoredDraft, error: str = "") -> HttpResponse:
    text, mailbox = request.GET.get("q", "").strip(), request.GET.get("in", _HOME)
    with lend_store(request, row.account) as store:
        names = [each.name for each in store.mailboxes() if each.is_selectable]
        mailbox = mailbox if mailbox in names else _HOME
        query = parse_query(text, today=clock_of(request).today) if text else None
        found = store.page(mailbox, query, size=_SHOWN).rows
    context = rail_context(request, row.account) | {
        "draft": row,
        "choices": [_choice(request, row, each) for each in found],
        "text": text,
        "mailbox": mailbox,
        "mailboxes": names,
        "error": error,
    }
    return render(request, "compose/messages.html", context, status=422 if error else 200)


def _choice(request: HttpRequest, row: StoredDraft, summary: MessageSummary) -> Choice:
    clock = clock_of(request)
    envelope = summary.envelope
    people = ", ".join(each.name or each.addr_spec for each in envelope.from_)
    return Choice(
        ref=ref_text(row.account.key, summary.ref),
        people=people or "Nobody",
        subject=envelope.subject or "No subject",
        time_text=short_time(summary.internal_date.astimezone(clock.zone), clock),
        size=size_text(summary.size_bytes),
    )


def _attach_chosen(request: HttpRequest, row: StoredDraft) -> str:
    """A sentence on what went wrong; what was attached before that stays."""
    chosen = chosen_messages(request)
    count = sum(map(len, chosen.values()))
    if not 0 < count <= MOST:
        return TOO_MANY if count else NONE
    ask_server(row.account, writer_of(row))
    try:
        for key, refs in chosen.items():
            with lend_store(request, get_account(request, key)) as store:
                for ref in refs:
                    _attach_one(store, row, ref)
    except storage.UploadTooLarge:
        limit = size_text(message_limit(row.account, writer_of(row)))
        return f"Not all of these messages fit. The limit of a message is {limit}."
    except DiskFull as problem:
        return str(problem)
    except TROUBLES as problem:
        return words_for(problem)
    return ""


def _attach_one(store: MailStore, row: StoredDraft, ref: MessageRef) -> None:
    part = carried_message(store.summary(ref))
    room = room_of(row)
    upload = fetch(store, part, user=row.user, draft_key=row.key, limit_bytes=room)
    storage.make_distinct(upload)


def _draft(request: HttpRequest, key: str) -> StoredDraft:
    row = drafts.find(request.user, key)
    if row is None or drafts.find_outgoing(row) is not None:
        raise Http404
    return row
