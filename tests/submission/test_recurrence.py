"""The days and instants of what repeats, through short months and changed clocks."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from webmail.submission.recurrence import Rule, first_day, instant, next_day, rule_text

BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = time(8)


def rule(frequency, **more):
    return Rule(**{"frequency": frequency, "at": EIGHT, "zone": BERLIN, **more})


def days(found, start, count):
    day, seen = date.fromisoformat(start), []
    for _ in range(count):
        day = next_day(found, day)
        seen.append(day and day.isoformat()[5:])
    return seen


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (rule("daily"), ["01-31", "02-01", "02-02"]),
        (rule("weekly", weekdays=frozenset({0, 3})), ["02-01", "02-04", "02-08"]),
        (rule("monthly", month_day=15), ["02-15", "03-15", "04-15"]),
        (rule("monthly", month_day=29), ["02-28", "03-29", "04-29"]),
        (rule("monthly", month_day=31), ["01-31", "02-28", "03-31"]),
        (rule("daily", until=date(2027, 2, 1)), ["01-31", "02-01", None]),
    ],
)
def test_the_next_days(found, expected):
    seen = []
    day = date(2027, 1, 30)
    for _ in expected:
        day = next_day(found, day)
        seen.append(day and day.isoformat()[5:])
    assert seen == expected


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        ("2027-03-27", time(8), "2027-03-27 07:00"),
        ("2027-03-28", time(8), "2027-03-28 06:00"),
        ("2027-03-28", time(2, 30), "2027-03-28 01:30"),
        ("2026-10-25", time(2, 30), "2026-10-25 00:30"),
        ("2026-10-25", time(8), "2026-10-25 07:00"),
    ],
)
def test_eight_is_eight_by_the_clock_that_hangs_there_then(day, at, expected):
    """F39: an hour the night has not is the next one, and one it has twice the first."""
    found = instant(rule("daily", at=at), date.fromisoformat(day))
    assert f"{found:%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(("now", "expected"), [("06:59", 30), ("07:00", 1), ("07:01", 1)])
def test_the_first_is_still_to_come(now, expected):
    at = datetime.fromisoformat(f"2026-11-30T{now}").replace(tzinfo=UTC)
    assert first_day(rule("daily"), at).day == expected


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (rule("daily"), "every day, 08:00"),
        (rule("weekly", weekdays=frozenset({0})), "every Monday, 08:00"),
        (
            rule("weekly", weekdays=frozenset({4, 0, 2})),
            "every Monday, Wednesday and Friday, 08:00",
        ),
        (rule("monthly", month_day=3), "on day 3 of every month, 08:00"),
        (
            rule("monthly", month_day=31),
            "on day 31 of every month (the last day of shorter months), 08:00",
        ),
    ],
)
def test_it_is_told_in_words(found, words):
    assert rule_text(found) == words


@pytest.mark.parametrize(
    "wrong",
    [
        {"frequency": "hourly"},
        {"frequency": "weekly"},
        {"frequency": "weekly", "weekdays": frozenset({7})},
        {"frequency": "monthly", "month_day": 32},
    ],
)
def test_what_is_no_rule_is_refused(wrong):
    with pytest.raises(ValueError, match="is no|needs a day"):
        rule(wrong.pop("frequency"), **wrong)
