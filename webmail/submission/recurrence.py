"""On which days something that repeats falls, and at what instants, by the clock of a zone."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGEST = timedelta(days=62)  # between two occurrences, and a bit


@dataclass(frozen=True, slots=True)
class Rule:
    """``weekdays`` count from Monday, 0; ``month_day`` is the last day where there is none."""

    frequency: str
    at: time
    zone: ZoneInfo
    weekdays: frozenset[int] = frozenset()
    month_day: int = 1
    until: date | None = None

    def __post_init__(self) -> None:
        if self.frequency not in (DAILY, WEEKLY, MONTHLY):
            raise ValueError(f"{self.frequency!r} is no frequency")
        if self.frequency == WEEKLY and not (self.weekdays and self.weekdays <= {*range(7)}):
            raise ValueError("a week needs a day")
        if not 1 <= self.month_day <= 31:
            raise ValueError(f"{self.month_day} is no day of a month")


def next_day(rule: Rule, after: date) -> date | None:
    """The first day later than ``after``; None when it is over."""
    day = after + timedelta(days=1)
    while day <= after + _LONGEST:
        if rule.until is not None and day > rule.until:
            return None
        if _falls_on(rule, day):
            return day
        day += timedelta(days=1)
    return None


def _falls_on(rule: Rule, day: date) -> bool:
    if rule.frequency == WEEKLY:
        return day.weekday() in rule.weekdays
    if rule.frequency == MONTHLY:
        return day.day == min(rule.month_day, monthrange(day.year, day.month)[1])
    return True


def instant(rule: Rule, day: date) -> datetime:
    """An hour that a night has not is the next one; of one that comes twice, the first."""
    return datetime.combine(day, rule.at, tzinfo=rule.zone).astimezone(UTC)


def first_day(rule: Rule, now: datetime) -> date | None:
    """The first that is still to come."""
    today = now.astimezone(rule.zone).date()
    day = next_day(rule, today - timedelta(days=1))
    if day is not None and instant(rule, day) <= now:
        day = next_day(rule, day)
    return day


def rule_text(rule: Rule) -> str:
    """``every Monday and Thursday, 08:00``"""
    return f"{_days_text(rule)}, {rule.at:%H:%M}"


def _days_text(rule: Rule) -> str:
    if rule.frequency == DAILY or rule.weekdays == frozenset(range(7)):
        return "every day"
    if rule.frequency == WEEKLY:
        named = [_DAYS[each] for each in sorted(rule.weekdays)]
        return "every " + " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    shorter = " (the last day of shorter months)" if rule.month_day > 28 else ""
    return f"on day {rule.month_day} of every month{shorter}"
