"""What was begun in a conversation and not sent yet, at the end of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from webmail.index.rows import ListedMessage
from webmail.submission import drafts
from webmail.submission.models import StoredDraft
from webmail.web.http import MailRequest
from webmail.web.paths import ref_text
from webmail.web.people import clean
from webmail.web.rows import Clock, reader_time

_SNIPPET = 160


@dataclass(frozen=True, slots=True)
class BegunLine:
    """``url`` goes on with it."""

    ref: str
    url: str
    snippet: str
    time_text: str
    time_iso: str


def begun_lines(
    request: MailRequest, listed: Iterable[ListedMessage], clock: Clock
) -> tuple[BegunLine, ...]:
    """Without those that are in the outbox, whose copy goes a moment later."""
    rows = {each: drafts.find_by_copy(request.user, request.account, each.ref) for each in listed}
    return tuple(
        _line(request, each, row, clock)
        for each, row in rows.items()
        if row is None or drafts.find_outgoing(row) is None
    )


def _line(
    request: MailRequest, listed: ListedMessage, row: StoredDraft | None, clock: Clock
) -> BegunLine:
    """By the draft's own name where it has one: its copy is another after each save."""
    at = listed.internal_date.astimezone(clock.zone)
    text = ref_text(request.account.key, listed.ref)
    by_copy = f"{reverse('compose')}?{urlencode({'draft_of': text})}"
    return BegunLine(
        ref=text,
        url=reverse("draft", args=[row.key]) if row else by_copy,
        snippet=clean(listed.preview)[:_SNIPPET],
        time_text=reader_time(at, clock),
        time_iso=at.isoformat(timespec="minutes"),
    )
