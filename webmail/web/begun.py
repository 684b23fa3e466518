"""What was begun in a conversation and not sent yet, at the end of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from webmail.index.rows import ListedMessage
from webmail.submission import drafts
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
    return tuple(_line(request, each, clock) for each in listed if not _is_leaving(request, each))


def _is_leaving(request: MailRequest, listed: ListedMessage) -> bool:
    row = drafts.find_by_copy(request.user, request.account, listed.ref)
    return row is not None and drafts.find_outgoing(row) is not None


def _line(request: MailRequest, listed: ListedMessage, clock: Clock) -> BegunLine:
    at = listed.internal_date.astimezone(clock.zone)
    text = ref_text(request.account.key, listed.ref)
    return BegunLine(
        ref=text,
        url=f"{reverse('compose')}?{urlencode({'draft_of': text})}",
        snippet=clean(listed.preview)[:_SNIPPET],
        time_text=reader_time(at, clock),
        time_iso=at.isoformat(timespec="minutes"),
    )
