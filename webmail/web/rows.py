"""One page of a list, formatted: templates get words, never values to work on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webmail.index.rows import ListedMessage
from webmail.store.mailbox import DRAFT, FLAGGED, SEEN, SpecialUse
from webmail.web.paths import mailbox_text
from webmail.web.people import clean, hue_of, initials_of, name_of, names_of

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_SNIPPET = 140


@dataclass(frozen=True, slots=True)
class Clock:
    """The reader's now and zone: what every time on a page is told by."""

    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class RowView:
    """One message in a list.

    ``ref`` is the text of ``data-ref``, ``ref_query`` the same inside a query; ``label``
    names the row aloud.
    """

    ref: str
    ref_query: str
    url: str
    people: str
    subject: str
    snippet: str
    initials: str
    hue: int
    time_text: str
    time_iso: str
    time_title: str
    day: str
    is_unread: bool
    is_flagged: bool
    is_draft: bool
    has_attachment: bool
    has_invitation: bool
    is_open: bool
    label: str
    folder: str = ""
    marked_subject: SafeString | str = ""
    marked_snippet: SafeString | str = ""

    def __getitem__(self, name: str) -> object:
        """Templates look here first; failing to be found here costs more than all the rest."""
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class DayGroup:
    id: str
    heading: str
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class RowMaker:
    """What is the same for all rows of one page.

    ``use`` is the mailbox's special use: in Sent and Drafts a row names its recipients.
    ``open_place`` is the uidvalidity and uid of the message shown beside the list.
    """

    account_key: str
    clock: Clock
    use: SpecialUse | None = None
    mine: frozenset[str] = frozenset()
    open_place: tuple[int, int] = (0, 0)
    words: tuple[str, ...] = ()
    folder: str = ""
    _prefixes: dict[str, str] = field(default_factory=dict)

    def row(self, listed: ListedMessage) -> RowView:
        ref, flags = listed.ref, listed.flags
        at = listed.internal_date.astimezone(self.clock.zone)
        text = f"{self._prefix(ref.mailbox)}/{ref.uidvalidity}.{ref.uid}"
        query = text.replace("%", "%25")  # the only character of it that a query would read
        is_draft = self.use is SpecialUse.DRAFTS or DRAFT in flags
        people, initials, hue = self._people(listed)
        subject = clean(listed.subject) or "(no subject)"
        snippet = clean(listed.preview)[:_SNIPPET]
        is_open = (ref.uidvalidity, ref.uid) == self.open_place
        return RowView(
            ref=text,
            ref_query=query,
            url=f"/compose/?draft_of={query}" if is_draft else f"/mail/{text}/",
            people=people,
            subject=subject,
            snippet=snippet,
            initials=initials,
            hue=hue,
            time_text=short_time(at, self.clock),
            time_iso=at.isoformat(timespec="minutes"),
            time_title=full_time(at),
            day=day_heading(at.date(), self.clock.today),
            is_unread=SEEN not in flags and not is_open and not is_draft,
            is_flagged=FLAGGED in flags,
            is_draft=is_draft,
            has_attachment=listed.has_attachment,
            has_invitation=listed.has_invitation,
            is_open=is_open,
            label=f"{people}, {subject}",
            folder=self.folder,
            marked_subject=mark(subject, self.words) if self.words else subject,
            marked_snippet=mark(snippet, self.words) if self.words else snippet,
        )

    def _prefix(self, mailbox: str) -> str:
        if mailbox not in self._prefixes:
            self._prefixes[mailbox] = mailbox_text(self.account_key, mailbox)
        return self._prefixes[mailbox]

    def _people(self, listed: ListedMessage) -> tuple[str, str, int]:
        if self.use in {SpecialUse.SENT, SpecialUse.DRAFTS}:
            to = listed.recipients
            if not to:
                return "(no recipient)", "–", 1
            text = f"To {names_of(to, mine=self.mine)}"
            return text, initials_of(to[0].name, to[0].addr_spec), hue_of(to[0].addr_spec)
        senders = listed.senders
        if not senders:
            return "(unknown sender)", "?", 1
        text = name_of(senders[0]) if len(senders) == 1 else names_of(senders, mine=self.mine)
        first = senders[0]
        return text, initials_of(first.name, first.addr_spec), hue_of(first.addr_spec)


def grouped_by_day(rows: Iterable[RowView]) -> tuple[DayGroup, ...]:
    """Rows under their headings, in the order they came."""
    groups = groupby(rows, key=lambda row: row.day)
    return tuple(
        DayGroup(f"day-{number}", heading, tuple(members))
        for number, (heading, members) in enumerate(groups, 1)
    )


def mark(text: str, words: tuple[str, ...]) -> SafeString | str:
    """The text with the words that were searched for in ``<mark>``."""
    lower = text.lower()
    if len(lower) != len(text):  # İ and its like change length: the places would be wrong
        return text
    spans = sorted((at, at + len(word)) for word in words if word and (at := lower.find(word)) >= 0)
    pieces, end = SafeString(""), 0
    for start, stop in spans:
        if start >= end:
            pieces += format_html("{}<mark>{}</mark>", text[end:start], text[start:stop])
            end = stop
    return pieces + format_html("{}", text[end:]) if spans else text


# -- times ---------------------------------------------------------------------------------------


def clock_of(request: HttpRequest) -> Clock:
    zone = reader_zone(request)
    return Clock(zone, timezone.now().astimezone(zone))


def reader_zone(request: HttpRequest) -> ZoneInfo:
    """The person's setting, else what their browser says in the ``tz`` cookie, else ours."""
    names = (getattr(request.user, "time_zone", ""), request.session.get("zone", ""))
    return next((zone for name in names if name and (zone := _find_zone(name))), _server_zone())


@lru_cache(maxsize=64)
def _find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name[:64])
    except (KeyError, ValueError, OSError):
        return None


def _server_zone() -> ZoneInfo:
    return timezone.get_default_timezone()  # type: ignore[return-value]


def short_time(at: datetime, clock: Clock) -> str:
    """``10:42`` today, ``Sat`` within six days, ``12 Nov`` this year, ``28 Nov 2025`` before."""
    days = (clock.today - at.date()).days
    if days == 0:
        return f"{at:%H:%M}"
    if 0 < days < 7:
        return _DAYS[at.weekday()]
    year = "" if at.year == clock.today.year else f" {at.year}"
    return f"{at.day} {_MONTHS[at.month - 1]}{year}"


def reader_time(at: datetime, clock: Clock) -> str:
    """``10:42``, ``Yesterday, 08:00``, ``Fri 18:02``, ``12 Nov, 16:20``: as a message shows it."""
    days = (clock.today - at.date()).days
    if days == 0:
        return f"{at:%H:%M}"
    if days == 1:
        return f"Yesterday, {at:%H:%M}"
    if 0 < days < 7:
        return f"{_DAYS[at.weekday()]} {at:%H:%M}"
    return f"{short_time(at, clock)}, {at:%H:%M}"


def full_time(at: datetime) -> str:
    """``Sat 21 November 2026, 08:00``."""
    month = _LONG_MONTHS[at.month - 1]
    return f"{_DAYS[at.weekday()]} {at.day} {month} {at.year}, {at:%H:%M}"


def day_heading(day: date, today: date) -> str:
    """The heading a row stands under."""
    days = (today - day).days
    if days < 0:
        return "Later"
    if days < 2:
        return ("Today", "Yesterday")[days]
    if day > today - timedelta(days=today.weekday() + 1):
        return "Earlier this week"
    if (day.year, day.month) == (today.year, today.month):
        return "Earlier this month"
    month = _LONG_MONTHS[day.month - 1]
    return month if day.year == today.year else f"{month} {day.year}"


# -- numbers -------------------------------------------------------------------------------------


def count_text(number: int, one: str, many: str) -> str:
    """``1 message``, ``1,204 messages``."""
    return f"{number:,} {one if number == 1 else many}"
