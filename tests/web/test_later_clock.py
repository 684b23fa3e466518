"""The hour that a message is to leave, through the nights when clocks are changed (F39)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webmail.web.later import choices, read_time
from webmail.web.rows import Clock

BERLIN = ZoneInfo("Europe/Berlin")


def clock_at(text):
    return Clock(BERLIN, datetime.fromisoformat(text).replace(tzinfo=BERLIN))


def utc(at):
    return f"{at.astimezone(UTC):%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "typed", "leaves"),
    [
        ("2027-03-27T12:00", "2027-03-28T01:59", "28 00:59"),
        ("2027-03-27T12:00", "2027-03-28T02:30", "28 01:30"),  # an hour that night has not
        ("2027-03-27T12:00", "2027-03-28T03:00", "28 01:00"),
        ("2026-10-24T12:00", "2026-10-25T02:30", "25 00:30"),  # the first of two
        ("2026-10-24T12:00", "2026-10-25T03:00", "25 02:00"),
    ],
)
def test_a_time_typed_before_the_clocks_change_is_the_writers_own_then(now, typed, leaves):
    """F39: the row keeps an instant, not a distance."""
    assert utc(read_time(typed, clock_at(now))) == leaves


def test_an_hour_that_the_night_has_not_is_told_as_the_one_it_leaves_at():
    """F39: what is said is what is done."""
    assert f"{read_time('2027-03-28T02:30', clock_at('2027-03-27T12:00')):%H:%M}" == "03:30"


@pytest.mark.parametrize(
    ("now", "leaves"), [("2027-03-27T20:00", "28 06:00"), ("2026-10-24T20:00", "25 07:00")]
)
def test_tomorrow_morning_is_eight_by_the_clock_that_hangs_there_then(now, leaves):
    """F39: though the night has an hour less, or more."""
    clock = clock_at(now)
    (tomorrow,) = (each for each in choices(clock) if each.label == "Tomorrow morning")
    assert tomorrow.when.endswith("08:00")
    assert utc(read_time(tomorrow.act.partition(":")[2], clock)) == leaves
