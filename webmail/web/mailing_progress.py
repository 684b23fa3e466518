"""How far a list of mails is, and stopping it: a page, and a row of the outbox."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webmail.submission import drafts, mailings
from webmail.submission.models import Mailing
from webmail.web.http import signed_in
from webmail.web.merge import go_on
from webmail.web.notices import notice
from webmail.web.rail import rail_context
from webmail.web.trouble import answers_trouble


@require_http_methods(["GET", "POST"])
@signed_in
@answers_trouble
def progress(request: HttpRequest, key: str) -> HttpResponse:
    """``do``: ``stop``, ``go_on`` or ``dismiss``."""
    mailing = mailings.find(request.user, key)
    if mailing is None:
        raise Http404
    if request.method == "GET":
        return _progress_page(request, mailing)
    do = request.POST.get("do", "")
    if do == "stop":
        count = mailings.stop(mailing)
        notice(request, f"Stopped. {count} mail{'s' if count != 1 else ''} will not be sent.")
    elif do == "dismiss":
        mailings.dismiss(mailing)
        return HttpResponseRedirect(reverse("outbox"), status=303)
    elif do == "go_on" and not mailing.is_stopped:
        draft = drafts.find(request.user, mailing.draft_key)
        if draft is not None:
            return go_on(request, mailing, draft)
        notice(request, "Its draft is gone: the rest cannot be queued.", level="error")
    else:
        raise Http404
    return HttpResponseRedirect(reverse("mailing", args=[key]), status=303)


def _progress_page(request: HttpRequest, mailing: Mailing) -> HttpResponse:
    context = {
        **rail_context(request, mailing.account, "/outbox/"),
        "mailing": mailing_row(mailing),
    }
    return render(request, "outbox/mailing.html", context)


@dataclass(frozen=True, slots=True)
class MailingRow:
    key: str
    subject: str
    words: str
    sent: int
    total: int
    is_wrong: bool
    can_stop: bool
    can_go_on: bool
    can_dismiss: bool


def mailing_rows(request: HttpRequest) -> list[MailingRow]:
    return [mailing_row(each) for each in mailings.of_user(request.user)]


def mailing_row(mailing: Mailing) -> MailingRow:
    counts = mailings.counts_of(mailing)
    is_open = bool(counts["waiting"] or (counts["unmade"] and not mailing.is_stopped))
    return MailingRow(
        key=mailing.key,
        subject=mailing.subject or "(no subject)",
        words=_words(mailing, counts),
        sent=counts["sent"],
        total=mailing.total,
        is_wrong=bool(counts["failed"] or counts["unclear"]),
        can_stop=is_open,
        can_go_on=bool(counts["unmade"]) and not mailing.is_stopped and not mailing.is_whole,
        can_dismiss=not is_open,
    )


def _words(mailing: Mailing, counts: dict[str, int]) -> str:
    """``12 of 57 sent; 45 wait``"""
    said = [f"{counts['sent']} of {mailing.total} sent"]
    forms = (
        ("waiting", "{} wait" if counts["waiting"] != 1 else "{} waits"),
        ("failed", "{} refused: see below in the Outbox"),
        ("unclear", "{} may or may not have been taken: see below in the Outbox"),
        ("taken_back", "{} stopped"),
    )
    said += [form.format(counts[name]) for name, form in forms if counts[name]]
    if counts["unmade"]:
        said.append(f"{counts['unmade']} not queued" + ("" if mailing.is_stopped else " yet"))
    return "; ".join(said) + "."
