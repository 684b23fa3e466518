"""A message that repeats: set from its draft, and what its writer can do about it later."""

from dataclasses import dataclass, field, replace
from datetime import date, time

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from webmail.accounts import vault
from webmail.accounts.connect import NeedsKey, NeedsPassword, password_for
from webmail.accounts.disk import DiskFull
from webmail.accounts.identity_servers import CannotLeave, access_of
from webmail.attachments import storage
from webmail.message.build import BuildError
from webmail.submission import drafts, series
from webmail.submission.models import Series, StoredDraft
from webmail.submission.recurrence import DAILY, MONTHLY, WEEKLY, Rule, rule_text
from webmail.web import occurrences, sending
from webmail.web.compose import remove_draft
from webmail.web.http import signed_in
from webmail.web.notices import notice
from webmail.web.rail import rail_context
from webmail.web.rows import clock_of, full_time
from webmail.web.trouble import TROUBLES, answers_trouble, words_for

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FREQUENCIES = (
    (DAILY, "Every day"),
    (WEEKLY, "Every week, on"),
    (MONTHLY, "Every month, on day"),
)
MOST_TIMES = 1000
SEALED = "The password kept for it can no longer be read. Edit it to go on."
NO_DAY = "There is no such day to come."
NEEDS_COPY = (
    "Tick that your password may be kept: without it nothing can be sent while you are away."
)


@dataclass(frozen=True, slots=True)
class RepeatForm:
    """As typed; ``ends`` is never, until or times."""

    frequency: str = WEEKLY
    weekdays: tuple[str, ...] = ()
    month_day: str = "1"
    at: str = "08:00"
    ends: str = "never"
    until: str = ""
    times: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] = ()


class BadRule(ValueError):
    """Its text is the sentence to show."""


@require_http_methods(["GET", "POST"])
@signed_in
@answers_trouble
def show(request: HttpRequest, draft: str) -> HttpResponse:
    row = drafts.find(request.user, draft)
    if row is None:
        before = Series.objects.filter(user=request.user, draft_key=draft).exists()
        if before and request.method == "POST":
            return HttpResponseRedirect(reverse("outbox"), status=303)  # sent twice (F01)
        raise Http404
    if request.method == "GET":
        return _page(request, row, _form_of(_repeated(row), clock_of(request).today))
    form = _read(request)
    problem = _begin(request, row, form)
    if problem is not None:
        return _page(request, row, problem)
    return HttpResponseRedirect(reverse("outbox"), status=303)


def _begin(request: HttpRequest, draft: StoredDraft, form: RepeatForm) -> RepeatForm | None:
    """Begins the series and removes the draft; the form with what is wrong, or None."""
    checked = sending.check(request, draft, is_sure="sure" in request.POST)
    if isinstance(checked, sending.NotSent):
        return replace(form, errors=checked.errors, questions=checked.questions)
    if "keeps_password" not in request.POST:
        return replace(form, errors={"password": NEEDS_COPY})
    try:
        rule = _rule(form, request)
        times = _times(form)
        password = password_for(request, draft.account)
        access = access_of(request, checked.sender.identity)
        sending.fetch_rest(request, draft)
    except BadRule as problem:
        return replace(form, errors={"rule": str(problem)})
    except (NeedsKey, NeedsPassword):
        return replace(form, errors={"form": sending.SIGN_IN_AGAIN})
    except CannotLeave as problem:
        return replace(form, errors={"form": f"Not set. {problem}"})
    except TROUBLES as problem:
        return replace(form, errors={"form": f"Not set. {words_for(problem)}"})
    row = _repeated(draft) or Series(user=request.user, account=draft.account)
    if series.first_to_come(row, rule) is None:  # before its files are others
        return replace(form, errors={"rule": NO_DAY})
    draft.refresh_from_db()
    kept = {name: value for name, value in draft.fields.items() if name != "series"}
    row.fields, row.draft_key = kept, draft.key
    for old in storage.uploads_of(draft.user, row.key):
        storage.remove(old)
    for upload in storage.uploads_of(draft.user, draft.key):
        storage.copy_to(upload, row.key)
    if not series.start(row, rule, times, password, access):
        return replace(form, errors={"rule": NO_DAY})
    remove_or_tell(request, draft)
    first = full_time(row.next_at.astimezone(rule.zone))
    notice(request, f"Will be sent {rule_text(rule)}; the first time on {first}.")
    return None


def remove_or_tell(request: HttpRequest, draft: StoredDraft) -> None:
    """The text is the series' now; a copy that cannot be removed is told of."""
    try:
        remove_draft(request, draft)
    except TROUBLES as problem:
        drafts.discard(None, draft)
        notice(request, f"A copy is left in Drafts. {words_for(problem)}", level="error")


def _repeated(draft: StoredDraft) -> Series | None:
    """The series that this draft was opened to change."""
    return series.find(draft.user, str(draft.fields.get("series", "")))


def _read(request: HttpRequest) -> RepeatForm:
    post = request.POST
    names = ("frequency", "month_day", "at", "ends", "until", "times")
    typed = {name: post.get(name, "")[:20] for name in names}
    return RepeatForm(**typed, weekdays=tuple(post.getlist("weekdays")[:7]))


def _form_of(row: Series | None, today: date) -> RepeatForm:
    if row is None:
        return RepeatForm(weekdays=(str(today.weekday()),), month_day=str(today.day))
    ends = "until" if row.until else "times" if row.times_left is not None else "never"
    return RepeatForm(
        frequency=row.frequency,
        weekdays=tuple(map(str, row.weekdays)),
        month_day=str(row.month_day),
        at=f"{row.at:%H:%M}",
        ends=ends,
        until=row.until.isoformat() if row.until else "",
        times=str(row.times_left or ""),
    )


def _rule(form: RepeatForm, request: HttpRequest) -> Rule:
    """In the writer's zone, now and later.  Raises BadRule."""
    if form.frequency == WEEKLY and not form.weekdays:
        raise BadRule("Choose at least one day of the week.")
    try:
        return Rule(
            frequency=form.frequency,
            at=time.fromisoformat(form.at),
            zone=clock_of(request).zone,
            weekdays=frozenset(map(int, form.weekdays))
            if form.frequency == WEEKLY
            else frozenset(),
            month_day=int(form.month_day or 1),
            until=date.fromisoformat(form.until) if form.ends == "until" else None,
        )
    except (ValueError, OverflowError) as problem:
        raise BadRule("Choose a time, and a day from 1 to 31 or a last day.") from problem


def _times(form: RepeatForm) -> int | None:
    if form.ends != "times":
        return None
    if not form.times.isdecimal() or not 1 <= int(form.times) <= MOST_TIMES:
        raise BadRule(f"Choose how often, from 1 to {MOST_TIMES} times.")
    return int(form.times)


def _page(request: HttpRequest, draft: StoredDraft, form: RepeatForm) -> HttpResponse:
    before = _repeated(draft)
    context = {
        **rail_context(request, draft.account),
        "draft": draft,
        "subject": draft.fields.get("subject") or "(no subject)",
        "form": form,
        "frequencies": _FREQUENCIES,
        "days": [(str(number), day, str(number) in form.weekdays)
                 for number, day in enumerate(_DAYS)],
        "zone": clock_of(request).zone.key,
        "is_change": before is not None,
        "old_zone": before.zone if before else "",
    }  # fmt: skip
    status = 422 if form.errors or form.questions else 200
    return render(request, "compose/repeat.html", context, status=status)


# -- later ----------------------------------------------------------------------------------------

# do: what is said when it worked, and when it did not.
_SAID = {
    "pause": ("Paused. Nothing is sent until you choose “Go on”.", "It is not running."),
    "go_on": ("Goes on.", "It is not paused."),
    "skip_next": ("The next one is left out.", "Too late: it is on its way, or paused."),
    "stop": ("Stopped. What is in the outbox already stays there.", "It has ended already."),
    "dismiss": ("Taken off the outbox.", "There was nothing to say."),
}
_ACTS = {name: getattr(series, name) for name in _SAID}


@require_POST
@signed_in
def act(request: HttpRequest, key: str) -> HttpResponse:
    row, do = series.find(request.user, key), request.POST.get("do", "")
    if row is None or do not in (*_ACTS, "edit", "send_missed"):
        raise Http404
    if do == "edit":
        return _edit(request, row)
    if do == "go_on" and not row.send_grant:
        return _edit(request, row)
    if do == "send_missed":
        _send_missed(request, key)
    else:
        done, missed = _SAID[do]
        worked = _ACTS[do](request.user, key)
        notice(request, done if worked else missed, level="ok" if worked else "error")
    return HttpResponseRedirect(reverse("outbox"), status=303)


def _send_missed(request: HttpRequest, key: str) -> None:
    try:
        worked = series.make_missed(request.user, key, occurrences.build)
    except (series.CannotBuild, BuildError, DiskFull, CannotLeave) as problem:
        return notice(request, f"Not sent: {problem}", level="error")
    except vault.Sealed:
        return notice(request, f"Not sent. {SEALED}", level="error")
    words = "It is on its way." if worked else "There is nothing left to send."
    return notice(request, words, level="ok" if worked else "error")


def _edit(request: HttpRequest, row: Series) -> HttpResponse:
    """A draft of what repeats; until it is set again, the old one goes on."""
    opened = StoredDraft.objects.filter(user=request.user, fields__series=row.key).first()
    if opened is None:
        fields = {**row.fields, "series": row.key}
        opened = StoredDraft.objects.create(
            user=request.user, account=row.account, fields=fields, revision=1
        )
        for upload in storage.uploads_of(row.user, row.key):
            storage.copy_to(upload, opened.key)
    notice(request, "Change it, then choose “Repeat…” beside Send. Until then the old one goes on.")
    return HttpResponseRedirect(reverse("draft", args=[opened.key]), status=303)


@dataclass(frozen=True, slots=True)
class SeriesRow:
    key: str
    subject: str
    to: str
    words: str
    said: str
    can_send_missed: bool
    can_pause: bool
    can_go_on: bool
    is_over: bool


def series_rows(request: HttpRequest) -> list[SeriesRow]:
    zone = clock_of(request).zone.key
    return [_series_row(each, zone) for each in series.of_user(request.user)]


def _series_row(row: Series, zone: str) -> SeriesRow:
    return SeriesRow(
        key=row.key,
        subject=str(row.fields.get("subject") or "(no subject)"),
        to=str(row.fields.get("to", "")),
        words=_words(row, zone),
        said=row.said,
        can_send_missed=row.missed_on is not None and row.state == Series.State.ACTIVE,
        can_pause=row.state == Series.State.ACTIVE,
        can_go_on=row.state == Series.State.PAUSED,
        is_over=row.state == Series.State.ENDED,
    )


def _words(row: Series, zone: str) -> str:
    """Its clock is named where it is not the reader's, who may have moved since."""
    text = rule_text(row.rule) + (f" by the clock of {row.zone}" if row.zone != zone else "")
    text = text[0].upper() + text[1:]
    if row.state == Series.State.ENDED:
        return f"{text}. Over: there is no further day."
    if row.state == Series.State.PAUSED:
        return f"{text}. Paused."
    left = ""
    if row.times_left is not None:
        left = f", {row.times_left} more time{'s' if row.times_left > 1 else ''}"
    if row.until is not None:
        left = f", until {row.until.day} {row.until:%b %Y}"
    return f"{text}{left}. Next on {full_time(row.next_at.astimezone(row.rule.zone))}."
