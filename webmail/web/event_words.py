"""When and where an event is, in the reader's words and zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webmail.message.invitation import Event, Moment, Person
from webmail.web.people import clean
from webmail.web.rows import Clock

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Leaf:
    """The date leaf: ``Nov``, ``26``, ``Thu``."""

    month: str
    day: str
    weekday: str


def leaf_of(event: Event, clock: Clock) -> Leaf | None:
    if event.start is None:
        return None
    day = _day(event.start, clock)
    return Leaf(_MONTHS[day.month - 1][:3], str(day.day), _DAYS[day.weekday()][:3])


def when_words(event: Event, clock: Clock) -> str:
    """``Thursday 26 November, 18:30–19:30``, in the reader's zone; empty without a start."""
    start = event.start
    if start is None:
        return ""
    if start.at is None:
        return _whole_days(start.day, event.end, clock)
    begin = _local(start, clock)
    words = f"{_day_words(begin.date(), clock)}, {begin:%H:%M}"
    end = _local(event.end, clock) if event.end and event.end.at else None
    if end is None or end == begin:
        return words
    if end.date() == begin.date():
        return f"{words}–{end:%H:%M}"
    return f"{words} to {_day_words(end.date(), clock)}, {end:%H:%M}"


def zone_words(event: Event, clock: Clock) -> str:
    """What the sender's clock shows, where it shows something else; empty where not."""
    start = event.start
    if start is None or start.at is None:
        return ""
    if start.is_floating:
        named = f" ({clean(start.zone_name)[:60]})" if start.zone_name else ""
        return f"in the organiser’s time zone{named}" if named else "wherever you are"
    theirs, here = start.at, start.at.astimezone(clock.zone)
    if not start.zone_name or theirs.utcoffset() == here.utcoffset():
        return ""
    day = "" if theirs.date() == here.date() else f"{_DAYS[theirs.weekday()]} "
    return f"{day}{theirs:%H:%M} in {_place(start.zone_name)}"


def _place(zone_name: str) -> str:
    return clean(zone_name).rpartition("/")[2].replace("_", " ")[:60]


def _whole_days(first: date, end: Moment | None, clock: Clock) -> str:
    """The end of a whole day is the day after (RFC 5545, 3.6.1)."""
    last = end.day - timedelta(days=1) if end and end.day > first else first
    if last <= first:
        return f"{_day_words(first, clock)}, all day"
    return f"{_day_words(first, clock)} to {_day_words(last, clock)}"


def _day(moment: Moment, clock: Clock) -> date:
    return _local(moment, clock).date() if moment.at else moment.day


def _local(moment: Moment, clock: Clock) -> datetime:
    """In the reader's zone; a floating time is what it says everywhere."""
    at = moment.at or datetime(moment.day.year, moment.day.month, moment.day.day)  # noqa: DTZ001
    if at.tzinfo is None:
        return at
    try:
        return at.astimezone(clock.zone)
    except OverflowError:
        return at


def _day_words(day: date, clock: Clock) -> str:
    year = "" if day.year == clock.today.year else f" {day.year}"
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}{year}"


def person_name(person: Person) -> str:
    return clean(person.name) or clean(person.address) or "somebody"
