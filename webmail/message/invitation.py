"""Invitations and what comes after them: iCalendar by mail (RFC 5545, 5546, 6047).

Only read, never acted upon: nothing is expanded, fetched, added or answered here (T38).
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

from webmail.message.calendar_zone import find_zone, offset_zone
from webmail.message.content_lines import Component, Line, read_components
from webmail.message.recurrence import recurrence_words

MAX_EVENTS = 1000
MAX_PEOPLE = 500
_MAX_TEXT = 4000

_MOMENT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2})(?::?(\d{2}))?(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?$"
)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$"
)
_KINDS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")


@dataclass(frozen=True, slots=True)
class Person:
    """``answer`` is PARTSTAT in lower case: ``accepted``, ``declined``, ``needs-action``…"""

    address: str
    name: str = ""
    answer: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` is aware, or naive where the time floats or its zone is unknown; None all day.

    ``zone_name`` is the TZID as written.
    """

    day: date
    at: datetime | None = None
    zone_name: str = ""

    @property
    def is_floating(self) -> bool:
        return self.at is not None and self.at.tzinfo is None


@dataclass(frozen=True, slots=True)
class Event:
    """``end`` of a whole day is the day after the last one, as in iCalendar."""

    kind: str
    uid: str
    summary: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    comment: str = ""
    status: str = ""
    sequence: int = 0
    start: Moment | None = None
    end: Moment | None = None
    recurrence: str = ""
    is_recurring: bool = False
    instance: Moment | None = None
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Invitation:
    """``method`` is upper case (``REQUEST``), empty for a calendar that is only passed on."""

    method: str
    events: tuple[Event, ...]

    @property
    def main(self) -> Event | None:
        """The event itself rather than one changed instance of it."""
        whole = [event for event in self.events if event.instance is None]
        return next(iter(whole or self.events), None)


def read_invitation(raw: bytes) -> Invitation | None:
    """None where there is no calendar.  Never raises."""
    calendars = read_components(raw, "VCALENDAR")
    if not calendars:
        return None
    zones = [each for calendar in calendars for each in calendar.components
             if each.name == "VTIMEZONE"][:50]  # fmt: skip
    method = next((each.text("METHOD").upper() for each in calendars if each.text("METHOD")), "")
    found = [each for calendar in calendars for each in calendar.components if each.name in _KINDS]
    return Invitation(method[:40], tuple(_event(each, zones) for each in found[:MAX_EVENTS]))


def _event(component: Component, zones: list[Component]) -> Event:
    start = read_moment(component.first("DTSTART"), zones)
    people = component.all("ATTENDEE")[:MAX_PEOPLE]
    rule = component.first("RRULE")
    organizer = component.first("ORGANIZER")
    sequence = component.text("SEQUENCE")
    return Event(
        kind=component.name,
        uid=component.text("UID"),
        summary=component.text("SUMMARY")[:_MAX_TEXT],
        description=component.text("DESCRIPTION")[:_MAX_TEXT],
        location=component.text("LOCATION")[:_MAX_TEXT],
        url=component.text("URL")[:2000],
        comment=component.text("COMMENT")[:_MAX_TEXT],
        status=component.text("STATUS").upper()[:40],
        sequence=int(sequence) if re.fullmatch(r"\d{1,9}", sequence) else 0,
        start=start,
        end=_end(component, start, zones),
        recurrence=_recurrence(rule, component),
        is_recurring=rule is not None,
        instance=read_moment(component.first("RECURRENCE-ID"), zones),
        organizer=_person(organizer) if organizer else None,
        attendees=tuple(_person(line) for line in people),
    )


def _recurrence(rule: Line | None, component: Component) -> str:
    dates = sum(line.value.count(",") + 1 for line in component.all("RDATE"))
    more = f"{dates:,} more {'date' if dates == 1 else 'dates'}" if dates else ""
    if rule is None:
        return f"Also on {more}" if more else ""
    words = recurrence_words(rule.value)
    return f"{words}, and on {more}" if more else words


def read_moment(line: Line | None, zones: list[Component]) -> Moment | None:
    found = _MOMENT.match(line.value.strip()) if line else None
    if line is None or found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return Moment(day)
        hour, minute, second = int(found[4]), int(found[5]), min(int(found[6] or 0), 59)
        at = datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001  local
    except ValueError:
        return None
    if found[7]:
        zone = UTC if found[7] == "Z" else offset_zone(found[7])
        return Moment(day, at.replace(tzinfo=zone))
    name = line.parameter("TZID")
    zone = find_zone(name, zones, at) if name else None
    return Moment(day, at.replace(tzinfo=zone), name)


def _end(component: Component, start: Moment | None, zones: list[Component]) -> Moment | None:
    end = read_moment(component.first("DTEND") or component.first("DUE"), zones)
    if end is not None and start is not None and _is_before(end, start):
        return None
    if end is not None or start is None:
        return end
    duration = component.first("DURATION")
    length = read_duration(duration.value) if duration else None
    if length is None:
        return None
    try:
        if start.at is None:
            return Moment(start.day + length)
        # Exact time, not the clock on the wall (RFC 5545, 3.3.6).
        if start.at.tzinfo is None:
            at = start.at + length
        else:
            at = (start.at.astimezone(UTC) + length).astimezone(start.at.tzinfo)
    except OverflowError:
        return None
    return Moment(at.date(), at, start.zone_name)


def _is_before(end: Moment, start: Moment) -> bool:
    """What may not be (RFC 5545, 3.8.2.2), where it can be told."""
    if end.at is None or start.at is None or end.is_floating != start.is_floating:
        return end.day < start.day
    return end.at < start.at


def read_duration(value: str) -> timedelta | None:
    found = _DURATION.match(value.strip().upper())
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups()[1:])
    try:
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return -length if found[1] == "-" else length


def _person(line: Line) -> Person:
    value = line.value.strip()
    address = unquote(value[7:]) if value[:7].lower() == "mailto:" else ""
    if not address and "@" in line.parameter("EMAIL"):
        address = line.parameter("EMAIL")
    if not address and ":" not in value and "@" in value:
        address = value
    return Person(
        address=address.partition("?")[0].strip()[:320],
        name=line.parameter("CN").strip()[:200],
        answer=line.parameter("PARTSTAT").lower()[:20],
        is_optional=line.parameter("ROLE").upper() in ("OPT-PARTICIPANT", "NON-PARTICIPANT"),
    )
