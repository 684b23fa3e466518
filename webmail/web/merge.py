"""One text to a list, a mail of their own for each: the list, the preview, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from webmail.accounts import disk
from webmail.accounts.connect import NeedsKey, NeedsPassword, password_for
from webmail.accounts.disk import DiskFull
from webmail.accounts.identity_servers import CannotLeave, access_of
from webmail.attachments import storage
from webmail.message.address import format_address
from webmail.message.build import BuildError, BuiltMessage, new_message_id
from webmail.message.charset import decode_text
from webmail.message.people_list import PeopleList, Person, read_people
from webmail.message.placeholders import KNOWN, find_placeholders
from webmail.submission import drafts, mailings, outbox
from webmail.submission.models import Mailing, StoredDraft
from webmail.web import sending
from webmail.web.assemble import build_message
from webmail.web.compose_form import written_from_fields
from webmail.web.http import signed_in
from webmail.web.limits import TooLarge
from webmail.web.notices import notice
from webmail.web.people import clean
from webmail.web.rail import rail_context
from webmail.web.repeat import remove_or_tell
from webmail.web.rows import clock_of
from webmail.web.saved_texts import filled, first_name, values_for
from webmail.web.saving import written_at
from webmail.web.sizes import size_text
from webmail.web.trouble import TROUBLES, answers_trouble, words_for

LONGEST_LIST = 200_000  # characters
TOO_LONG = "The list is longer than 200,000 characters."
NOBODY = "Paste a list, or choose a file with one: each line is one person."
ANOTHER_LIST = "Not queued: begun for another list. Go on with that in the Outbox, or write anew."
SIGN_IN_AGAIN = "Your session has ended. Sign in again; what was queued is not queued twice."


@dataclass(frozen=True, slots=True)
class Preview:
    """One mail as its receiver gets it; ``left`` are placeholders that nothing fills."""

    to: str
    subject: str
    text: str
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds, and what is to be said of it."""

    typed: str = ""
    found: PeopleList = PeopleList((), (), ())
    previews: tuple[Preview, ...] = ()
    errors: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@require_http_methods(["GET", "POST"])
@signed_in
@answers_trouble
def show(request: HttpRequest, draft: str) -> HttpResponse:
    """``do``: ``preview``, then ``send``."""
    row = drafts.find(request.user, draft)
    if row is None:
        return _gone(request, draft)
    if request.method == "GET":
        return _page(request, row, Asked())
    asked = _read(request, row)
    # Only what was shown is sent: a draft that was changed since is shown again.
    was_seen = request.POST.get("seen") == str(row.revision)
    if asked.errors or request.POST.get("do") != "send" or not was_seen:
        return _page(request, row, asked)
    if asked.questions and "sure" not in request.POST:
        return _page(request, row, asked)
    if problem := _no_room(request, row, asked):
        return _page(request, row, replace(asked, errors=(problem,)))
    mailing, _ = Mailing.objects.get_or_create(
        client_token=row.client_token,
        defaults={
            "user": row.user,
            "account": row.account,
            "draft_key": row.key,
            "subject": str(row.fields.get("subject", ""))[:998],
            "people": asked.typed,
            "total": len(asked.found.people),
        },
    )
    if read_people(mailing.people).people != asked.found.people:
        return _page(request, row, replace(asked, errors=(ANOTHER_LIST,)))
    return go_on(request, mailing, row)


def _gone(request: HttpRequest, draft: str) -> HttpResponse:
    """Sent twice: the second sees what became of the first (F01)."""
    sent = Mailing.objects.filter(user=request.user, draft_key=draft).first()
    if sent is None or request.method != "POST":
        raise Http404
    return HttpResponseRedirect(reverse("mailing", args=[sent.key]), status=303)


# -- reading --------------------------------------------------------------------------------------


def _read(request: HttpRequest, draft: StoredDraft) -> Asked:
    typed = _typed(request)
    if len(typed) > LONGEST_LIST:
        return Asked(errors=(TOO_LONG,))
    found = read_people(typed)
    if not found.people:
        return Asked(typed, found, errors=(*found.problems[:20], NOBODY))
    most = settings.WEBMAIL_MERGE_PEOPLE
    if len(found.people) > most:
        said = f"The list has {len(found.people)} people; {most} is the most that one may have."
        return Asked(typed, found, errors=(said,))
    mails = [_mail_to(request, draft, person) for person in found.people]
    pairs = zip(mails, found.people, strict=True)
    previews = tuple(_preview(mail, person, found) for mail, person in pairs)
    checked = sending.check(request, mails[0], is_sure=True)
    if isinstance(checked, sending.NotSent):
        return Asked(typed, found, previews, errors=tuple(checked.errors.values()))
    return Asked(typed, found, previews, questions=tuple(_questions(request, mails[0], previews)))


def _typed(request: HttpRequest) -> str:
    """The file, if there is one, else what was pasted."""
    file = request.FILES.get("list")
    if isinstance(file, UploadedFile):
        return decode_text(file.read(LONGEST_LIST * 4 + 4)).replace("\0", "")
    return request.POST.get("people", "").replace("\0", "")


def _mail_to(request: HttpRequest, draft: StoredDraft, person: Person) -> StoredDraft:
    """The draft as it goes to one person: to nobody else, and with what is known of them."""
    address = person.address
    values = values_for(draft, address, clock_of(request).now) | person.values
    if not person.values.get("first name"):
        values["first name"] = first_name(address.name)
    written = filled(written_from_fields(draft.fields), values)
    fields = draft.fields | written.as_fields()
    fields |= {"to": format_address(address), "cc": "", "bcc": ""}
    return StoredDraft(
        user=draft.user,
        account=draft.account,
        key=draft.key,
        fields=fields,
        relation=draft.relation,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
    )


def _preview(mail: StoredDraft, person: Person, found: PeopleList) -> Preview:
    subject, text = (str(mail.fields.get(name, "")) for name in ("subject", "text"))
    names = {*KNOWN, *found.columns}
    return Preview(
        to=clean(format_address(person.address)),
        subject=subject,
        text=text,
        left=find_placeholders(f"{subject}\n{text}", names),
    )


def _questions(request: HttpRequest, first: StoredDraft, previews: Sequence[Preview]) -> list[str]:
    """What is asked of any message, and of each mail what nothing fills."""
    asked = sending.check(request, first)
    questions = list(asked.questions) if isinstance(asked, sending.NotSent) else []
    questions = [each for each in questions if "still to be filled in" not in each]
    for each in previews:
        if each.left:
            names = ", ".join(f"{{{name}}}" for name in each.left)
            questions.append(f"The mail to {each.to} still has {names} in it.")
    return questions[:20]


def _page(request: HttpRequest, draft: StoredDraft, asked: Asked) -> HttpResponse:
    others = [str(draft.fields.get(name, "")) for name in ("to", "cc", "bcc")]
    context = {
        **rail_context(request, draft.account),
        "draft": draft,
        "subject": draft.fields.get("subject") or "(no subject)",
        "asked": asked,
        "others": ", ".join(filter(None, others)),
        "per_minute": settings.WEBMAIL_MERGE_PER_MINUTE,
        "most": settings.WEBMAIL_MERGE_PEOPLE,
    }
    return render(request, "compose/merge.html", context, status=422 if asked.errors else 200)


def _no_room(request: HttpRequest, draft: StoredDraft, asked: Asked) -> str:
    """Why not all of them are taken: half a list would be worse than none.

    All are about as large as the first.
    """
    if Mailing.objects.filter(client_token=draft.client_token).exists():
        return ""
    people = asked.found.people
    try:
        sending.fetch_rest(request, draft)
        draft.refresh_from_db()
        mail = _mail_to(request, draft, people[0])
        checked = sending.check(request, mail, is_sure=True)
        if isinstance(checked, sending.NotSent):
            return next(iter(checked.errors.values()))
        built, _ = _build(mail, checked, written_at(request))
    except sending.NOT_BUILT as problem:
        return next(iter(sending.not_built(problem).errors.values()))
    total = len(people) * len(built.wire)
    try:
        disk.must_have_room(total)
    except DiskFull as problem:
        return f"Not queued. These {len(people)} mails would take {size_text(total)}. {problem}"
    return ""


# -- queueing -------------------------------------------------------------------------------------


def go_on(request: HttpRequest, mailing: Mailing, draft: StoredDraft) -> HttpResponse:
    """Queues what is not queued yet; each person's mail has a token of its own."""
    problem = _queue_all(request, mailing, draft)
    if problem:
        notice(request, problem, level="error")
    else:
        Mailing.objects.filter(pk=mailing.pk).update(is_whole=True)
        remove_or_tell(request, draft)
        notice(request, f"{mailing.total} mails leave one by one.")
    return HttpResponseRedirect(reverse("mailing", args=[mailing.key]), status=303)


def _queue_all(request: HttpRequest, mailing: Mailing, draft: StoredDraft) -> str:
    """Empty when all are queued, else why not all of them."""
    try:
        sending.fetch_rest(request, draft)
        draft.refresh_from_db()
        password_for(request, draft.account)
        people = read_people(mailing.people).people
        start = timezone.now() + timedelta(seconds=settings.WEBMAIL_UNDO_SECONDS)
        for person, at in zip(people, mailings.times(start), strict=False):
            if mailings.is_stopped(mailing):
                return "Stopped: the rest was not queued."
            _queue(request, mailing, _mail_to(request, draft, person), person, at)
    except (NeedsKey, NeedsPassword):
        return SIGN_IN_AGAIN
    except TROUBLES as problem:
        return f"Not all are queued. {words_for(problem)}"
    except storage.UploadDamaged as problem:
        return f"Not all are queued. The file “{problem}” is damaged; attach it again."
    except (BuildError, TooLarge, DiskFull, CannotLeave, storage.UploadTooLarge) as problem:
        return f"Not all are queued. {problem}"
    return ""


def _queue(
    request: HttpRequest, mailing: Mailing, mail: StoredDraft, person: Person, at: datetime
) -> None:
    token = mailing.token_of(person.address.addr_spec)
    if outbox.find_by_token(mailing.user, token) is not None:
        return
    checked = sending.check(request, mail, is_sure=True)
    if isinstance(checked, sending.NotSent):
        raise BuildError(next(iter(checked.errors.values())))
    built, message_id = _build(mail, checked, written_at(request))
    disk.must_have_room(len(built.wire))
    outbox.queue(
        user=mailing.user,
        account=mailing.account,
        identity=checked.sender.identity,
        client_token=token,
        draft=None,
        built=built,
        message_id=message_id,
        subject=str(mail.fields.get("subject", "")),
        password=password_for(request, mailing.account),
        access=access_of(request, checked.sender.identity),
        send_at=at,
        wishes=checked.wishes,
        mailing=mailing,
    )


def _build(mail: StoredDraft, checked: sending.Checked, date: datetime) -> tuple[BuiltMessage, str]:
    message_id = new_message_id(checked.sender.addr_spec.rpartition("@")[2])
    built = build_message(
        mail, checked.recipients, checked.sender.address, message_id=message_id, date=date
    )
    return built, message_id
