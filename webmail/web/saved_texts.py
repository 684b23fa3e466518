"""Templates: kept in the settings, saved from a message, and put into one."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webmail.accounts.models import User
from webmail.accounts.writing_as import ForeignSender, read_sender
from webmail.message.address import Address
from webmail.message.placeholders import KNOWN, fill_html, fill_text, find_placeholders
from webmail.message.sanitize import sanitize_for_compose, text_from_html
from webmail.message.signature_block import lines_html
from webmail.submission import drafts
from webmail.submission.models import SavedText, StoredDraft
from webmail.web.compose_form import PLAIN, RICH, Written, written_from_fields
from webmail.web.http import signed_in
from webmail.web.notices import notice
from webmail.web.rail import rail_context
from webmail.web.recipients import read_recipients
from webmail.web.rows import clock_of
from webmail.web.trouble import answers_trouble

MOST_TEXTS = 200
LONGEST_TEXT, LONGEST_HTML = 100_000, 400_000
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
SENT_ALREADY = "Not changed: this message was sent, or changed elsewhere, meanwhile."


# -- filling --------------------------------------------------------------------------------------


def values_for(draft: StoredDraft, to: Address | None, now: datetime) -> dict[str, str]:
    """What the placeholders of a message to ``to`` stand for; empty where it is not known."""
    name = (to.name if to else "").strip()
    fields = draft.fields
    try:
        sender = read_sender(
            draft.account, str(fields.get("identity", "")), str(fields.get("sender", ""))
        )
        mine = sender.identity.name
    except ForeignSender:
        mine = ""
    return {
        "first name": first_name(name),
        "name": name,
        "address": to.addr_spec if to else "",
        "date": f"{now.day} {_LONG_MONTHS[now.month - 1]} {now.year}",
        "my name": mine,
        "subject": _without_placeholders(str(fields.get("subject", ""))),
    }


def first_name(name: str) -> str:
    """``Weber, Anna`` and ``Anna Weber`` are Anna."""
    last, comma, first = name.partition(",")
    words = (first if comma else last).split()
    return words[0] if words else ""


def left_open(draft: StoredDraft) -> tuple[str, ...]:
    """The placeholders that nothing has filled yet."""
    text = f"{draft.fields.get('subject', '')}\n{draft.fields.get('text', '')}"
    named = draft.fields.get("placeholders", ())
    return find_placeholders(text, {*KNOWN, *map(str, named)})


def filled(written: Written, values: dict[str, str]) -> Written:
    html = fill_html(written.html, values) if written.format == RICH else ""
    html = str(sanitize_for_compose(html)) if html else ""
    return replace(
        written,
        subject=" ".join(fill_text(written.subject, values).split()),
        text=text_from_html(html) if html else fill_text(written.text, values),
        html=html,
    )


def _without_placeholders(subject: str) -> str:
    return "" if find_placeholders(subject) else subject


# -- in the compose window ------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@signed_in
@answers_trouble
def choose(request: HttpRequest, draft: str) -> HttpResponse:
    """``do``: ``insert:<key>``, ``fill`` or ``keep``."""
    row = drafts.find(request.user, draft)
    if row is None:
        raise Http404
    if request.method == "GET":
        return _choose_page(request, row, "")
    do, _, key = request.POST.get("do", "").partition(":")
    if do == "keep":
        problem = _keep(request, row)
        if problem:
            return _choose_page(request, row, problem)
        notice(request, "Kept as a template.")
        return HttpResponseRedirect(reverse("draft", args=[row.key]), status=303)
    written = written_from_fields(row.fields)
    if do == "insert":
        written = _inserted(written, _get(request, key))
    elif do != "fill":
        raise Http404
    _save(request, row, written)
    return HttpResponseRedirect(reverse("draft", args=[row.key]), status=303)


def _save(request: HttpRequest, row: StoredDraft, written: Written) -> None:
    """With everything filled in that the recipient and the writer tell."""
    row.fields = {**row.fields, **written.as_fields()}
    recipients, _ = read_recipients(row.fields)
    to = recipients.to[0] if len(recipients.to) == 1 else None
    written = filled(written, values_for(row, to, clock_of(request).now))
    try:
        drafts.save(row, written.as_fields(), revision=row.revision)
    except (drafts.RevisionConflict, drafts.AlreadySent):
        notice(request, SENT_ALREADY, level="error")


def _inserted(written: Written, saved: SavedText) -> Written:
    """Above what is written already; formatted if either is."""
    subject = written.subject or saved.subject
    is_plain = written.format == PLAIN and (bool(written.text.strip()) or not saved.html)
    if is_plain:
        text = f"{saved.text}\n\n{written.text}" if written.text.strip() else saved.text
        return replace(written, subject=subject, text=text)
    html = str(sanitize_for_compose(saved.html)) or lines_html(saved.text)
    below = written.html if written.format == RICH else ""
    html = f"{html}<div><br></div>{below}" if below else html
    return replace(written, subject=subject, html=html, text=text_from_html(html), format=RICH)


def _keep(request: HttpRequest, row: StoredDraft) -> str:
    written = written_from_fields(row.fields)
    name = " ".join(request.POST.get("name", "").split())[:60]
    html = written.html if written.format == RICH else ""
    saved = SavedText(user=request.user, name=name, subject=written.subject[:990], html=html)
    saved.text = written.text
    return _checked_save(saved)


def _choose_page(request: HttpRequest, row: StoredDraft, problem: str) -> HttpResponse:
    context = {
        **rail_context(request, row.account),
        "draft": row,
        "subject": row.fields.get("subject") or "(no subject)",
        "texts": _texts(request.user),
        "open": left_open(row),
        "problem": problem,
        "name": request.POST.get("name", ""),
    }
    return render(request, "compose/templates.html", context, status=422 if problem else 200)


# -- in the settings ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextForm:
    """``key`` is ``new`` for one to be added."""

    key: str
    name: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    error: str = ""


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    forms = [
        TextForm(each.key, each.name, each.subject, each.text, each.html)
        for each in _texts(request.user)
    ]
    forms.append(TextForm("new"))
    return {
        "texts": [_typed_again(request, each, errors) for each in forms],
        "placeholders": [f"{{{name}}}" for name in KNOWN],
    }


def save(request: HttpRequest) -> dict[str, str]:
    key, do = request.POST.get("text_key", ""), request.POST.get("do", "")
    saved = SavedText(user=request.user) if key == "new" else _get(request, key)
    if do == "remove":
        saved.delete()
        return {}
    saved.name = " ".join(_posted(request, "name").split())[:60]
    saved.subject = " ".join(_posted(request, "subject").split())[:990]
    saved.html = _posted(request, "html").strip()
    saved.text = _posted(request, "text").strip("\n")
    problem = _checked_save(saved)
    return {key: problem} if problem else {}


def _checked_save(saved: SavedText) -> str:
    """Why it was not kept; empty when it was."""
    if not saved.name:
        return "Give it a name, to find it by."
    if len(saved.text) > LONGEST_TEXT or len(saved.html) > LONGEST_HTML:
        return "The text is too long for a template."
    if not saved.pk and saved.user.saved_texts.count() >= MOST_TEXTS:
        return f"There can be {MOST_TEXTS} templates at most."
    if saved.html:
        saved.html = str(sanitize_for_compose(saved.html))
        saved.text = saved.text or text_from_html(saved.html)
    if not saved.text.strip():
        return "Write what the template says."
    saved.save()
    return ""


def _typed_again(request: HttpRequest, form: TextForm, errors: dict[str, str]) -> TextForm:
    if form.key not in errors:
        return form
    names = ("name", "subject", "text", "html")
    typed: dict[str, Any] = {name: _posted(request, name) for name in names}
    return TextForm(form.key, **typed, error=errors[form.key])


def _posted(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "")


def _texts(user: User) -> list[SavedText]:
    return list(user.saved_texts.all())


def _get(request: HttpRequest, key: str) -> SavedText:
    found = request.user.saved_texts.filter(key=key).first()
    if found is None:
        raise Http404
    return found
