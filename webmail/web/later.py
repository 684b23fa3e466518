"""When a message is to leave, in the writer's own zone: quick choices, or any time they type."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from webmail.web.rows import Clock, full_time

_MORNING, _EVENING = time(8), time(18)
_MOST = timedelta(days=400)
# Less would be gone before the choice is read.
_LEAST = timedelta(minutes=1)
_MONDAY = 0
REMINDERS = ((1, "After 1 day"), (3, "After 3 days"), (7, "After 7 days"))


class NoTime(ValueError):
    """Its text ends a sentence to show, as after "Not queued: "."""


@dataclass(frozen=True, slots=True)
class Choice:
    """``act`` is the value of the button, ``when`` the time in words."""

    label: str
    act: str
    when: str


def choices(clock: Clock) -> tuple[Choice, ...]:
    tomorrow = clock.today + timedelta(days=1)
    monday = clock.today + timedelta(days=(_MONDAY - clock.today.weekday()) % 7 or 7)
    found = [("Tomorrow morning", datetime.combine(tomorrow, _MORNING))]
    if clock.now.hour < _EVENING.hour - 1:
        found.insert(0, ("This evening", datetime.combine(clock.today, _EVENING)))
    if monday != tomorrow:
        found.append(("Monday morning", datetime.combine(monday, _MORNING)))
    return tuple(choice_at(label, at.replace(tzinfo=clock.zone), clock) for label, at in found)


def choice_at(label: str, at: datetime, clock: Clock) -> Choice:
    at = at.astimezone(clock.zone)
    return Choice(label, f"later:{at:%Y-%m-%dT%H:%M}", full_time(at))


def read_time(text: str, clock: Clock) -> datetime:
    """``2026-11-27T08:00`` in the writer's zone.  Raises NoTime."""
    try:
        at = datetime.fromisoformat(text.strip()[:16]).replace(tzinfo=clock.zone)
    except ValueError as problem:
        raise NoTime("choose a day and a time to send it.") from problem
    at = at.astimezone(UTC).astimezone(clock.zone)  # an hour that a night has not is the next one
    if at < clock.now + _LEAST:
        raise NoTime(f"{full_time(at)} is over. Choose a time that is still to come.")
    if at > clock.now + _MOST:
        raise NoTime("choose a time within the next year.")
    return at


def read_reminder(days: str, day: str, clock: Clock, base: datetime | None = None) -> datetime:
    """``3`` days after ``base`` by the clock on the wall, or in the morning of ``2026-12-04``.

    Raises NoTime.
    """
    base = (base or clock.now).astimezone(clock.zone)
    try:
        if days.isdecimal() and 0 < int(days) <= _MOST.days:
            at = (base.replace(tzinfo=None) + timedelta(days=int(days))).replace(tzinfo=clock.zone)
        else:
            chosen = date.fromisoformat(day.strip()[:10])
            at = datetime.combine(chosen, _MORNING, tzinfo=clock.zone)
    except (ValueError, OverflowError) as problem:
        raise NoTime("choose the day on which to be reminded.") from problem
    at = at.astimezone(UTC).astimezone(clock.zone)
    if at <= base:
        raise NoTime(f"{full_time(at)} is over before anybody could answer. Choose a later day.")
    if at > clock.now + _MOST + _MOST:
        raise NoTime("choose a day within the next year.")
    return at
