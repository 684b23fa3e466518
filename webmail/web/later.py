"""When a message is to leave, in the writer's own zone: quick choices, or any time they type."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from webmail.web.rows import Clock, full_time

_MORNING, _EVENING = time(8), time(18)
_MOST = timedelta(days=400)
# Less would be gone before the choice is read.
_LEAST = timedelta(minutes=1)
_MONDAY = 0


class NoTime(ValueError):
    """Its text is the sentence to show."""


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
    return tuple(
        Choice(label, f"later:{at:%Y-%m-%dT%H:%M}", full_time(at.replace(tzinfo=clock.zone)))
        for label, at in found
    )


def read_time(text: str, clock: Clock) -> datetime:
    """``2026-11-27T08:00`` in the writer's zone.  Raises NoTime."""
    try:
        at = datetime.fromisoformat(text.strip()[:16]).replace(tzinfo=clock.zone)
    except ValueError as problem:
        raise NoTime("Not queued: choose a day and a time to send it.") from problem
    at = at.astimezone(UTC).astimezone(clock.zone)  # an hour that a night has not is the next one
    if at < clock.now + _LEAST:
        raise NoTime(f"Not queued: {full_time(at)} is over. Choose a time that is still to come.")
    if at > clock.now + _MOST:
        raise NoTime("Not queued: choose a time within the next year.")
    return at
