"""One page of a list, formatted: templates get words, never values to work on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webmail.index.tokens import places_of

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


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
    """One message in a list: whatever shows of it, so that equal rows look alike.

    ``ref`` is the text of ``data-ref``; ``time_iso`` is in the reader's zone; ``words``
    and ``names`` are those of a search, to be marked in the text and in ``people``.
    ``count`` is that of the conversation it stands for, which may have a draft beside.  The
    rest is told from these as the row is drawn, which most are not: web/drawn.py remembers.
    """

    ref: str
    people: str
    subject: str
    snippet: str
    initials: str
    hue: int
    time_text: str
    time_iso: str
    day: str
    is_unread: bool
    is_flagged: bool
    is_draft: bool
    has_attachment: bool
    has_invitation: bool
    is_open: bool
    folder: str = ""
    words: tuple[str, ...] = ()
    count: int = 1
    has_draft: bool = False
    names: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Of enough to tell most apart: all of it takes longer than drawing the row."""
        return hash((self.ref, self.subject, self.time_text))

    def __getitem__(self, name: str) -> object:
        """Templates look here first; failing to be found here costs more than all the rest."""
        return getattr(self, name)

    @property
    def ref_query(self) -> str:
        """``ref`` inside a query, which would read no other character of it."""
        return self.ref.replace("%", "%25")

    @property
    def url(self) -> str:
        return f"/compose/?draft_of={self.ref_query}" if self.is_draft else f"/mail/{self.ref}/"

    @property
    def time_title(self) -> str:
        return full_time(datetime.fromisoformat(self.time_iso))

    @property
    def label(self) -> str:
        """Names the row aloud."""
        return f"{self.people}, {self.subject}"

    @property
    def marked_people(self) -> SafeString | str:
        return mark(self.people, self.names) if self.names else self.people

    @property
    def marked_subject(self) -> SafeString | str:
        return mark(self.subject, self.words) if self.words else self.subject

    @property
    def marked_snippet(self) -> SafeString | str:
        return mark(self.snippet, self.words) if self.words else self.snippet


@dataclass(frozen=True, slots=True)
class DayGroup:
    id: str
    heading: str
    rows: tuple[RowView, ...]

    def __getitem__(self, name: str) -> object:
        """As in RowView, for templates."""
        return getattr(self, name)


def grouped_by_day(rows: Iterable[RowView]) -> tuple[DayGroup, ...]:
    """Rows under their headings, in the order they came."""
    groups = groupby(rows, key=lambda row: row.day)
    return tuple(
        DayGroup(f"day-{number}", heading, tuple(members))
        for number, (heading, members) in enumerate(groups, 1)
    )


def mark(text: str, words: tuple[str, ...]) -> SafeString | str:
    """The text with the words that were searched for in ``<mark>``."""
    spans = sorted({span for word in words for span in places_of(text, word)})
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
    return _short_day(at.date(), clock.today) or clock_time(at)


def clock_time(at: datetime) -> str:
    return f"{at.hour:02}:{at.minute:02}"


@lru_cache(maxsize=512)
def day_words(day: date, today: date) -> tuple[str, str]:
    """What a row says of its day, and the heading it stands under."""
    return _short_day(day, today), day_heading(day, today)


def _short_day(day: date, today: date) -> str:
    """Empty for today, whose rows tell the time."""
    days = (today - day).days
    if days == 0:
        return ""
    if 0 < days < 7:
        return _DAYS[day.weekday()]
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]}{year}"


def reader_time(at: datetime, clock: Clock) -> str:
    """``10:42``, ``Yesterday, 08:00``, ``Fri 18:02``, ``12 Nov, 16:20``: as a message shows it."""
    days = (clock.today - at.date()).days
    if days == 0:
        return clock_time(at)
    if days == 1:
        return f"Yesterday, {clock_time(at)}"
    if 0 < days < 7:
        return f"{_DAYS[at.weekday()]} {clock_time(at)}"
    return f"{short_time(at, clock)}, {clock_time(at)}"


def full_time(at: datetime) -> str:
    """``Sat 21 November 2026, 08:00``."""
    month = _LONG_MONTHS[at.month - 1]
    return f"{_DAYS[at.weekday()]} {at.day} {month} {at.year}, {clock_time(at)}"


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
