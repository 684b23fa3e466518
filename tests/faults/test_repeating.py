"""Messages that repeat: each occurrence once, whoever dies; none in a burst, none a day late."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.rig import ADA
from tests.faults.test_failpoints import KILLED, REPEATING
from tests.lab.smtp_sink import Act

QUEUEING = ("after_freeze", "after_commit")


def day(days=0):
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def make(rig):
    rig.do("make_due")
    rig.do("catch_up")


def only(rig):
    (row,) = rig.do("all_series")
    return row


def test_what_is_due_leaves_once_and_the_next_day_is_waited_for(rig):
    rig.do("repeat", user=rig.user)
    for _ in range(3):
        make(rig)
    (row,) = rig.do("rows")
    assert (row["state"], len(rig.sink.taken), rig.subjects_in("Sent")) == ("done", 1, 1)
    assert only(rig)["next_on"] > row["occurrence"]
    assert only(rig)["said"] == ""


def test_each_occurrence_has_a_message_id_of_its_own(rig):
    rig.do("repeat", user=rig.user)
    make(rig)
    rig.do("repeat", user=rig.user)
    make(rig)
    ids = {row["message_id"] for row in rig.do("rows")}
    assert len(ids) == len(rig.sink.taken) == 2


@pytest.mark.parametrize("point", [*REPEATING, *QUEUEING])
def test_a_worker_killed_while_it_makes_one_makes_it_once_all_the_same(rig, point):
    rig.do("repeat", user=rig.user)
    assert rig.run("make_due", failpoint=point) == KILLED
    for _ in range(3):
        make(rig)
    assert (len(rig.do("rows")), len(rig.sink.taken)) == (1, 1)


def test_one_made_by_a_worker_that_died_is_not_told_as_missed_days_later(rig):
    rig.do("repeat", user=rig.user, times_left=5)
    assert rig.run("make_due", failpoint="after_occurrence") == KILLED
    rig.do("move_series", days=2)
    make(rig)
    (first, second) = (row["occurrence"] for row in rig.do("rows"))
    assert first != second
    between = datetime.now(UTC) - timedelta(days=1, seconds=5)
    assert only(rig)["said"].startswith(f"Not sent on {between.day} {between:%b}: ")
    assert only(rig)["times_left"] == 3


def test_many_workers_at_once_make_one(rig):
    rig.do("repeat", user=rig.user, times_left=5)
    assert rig.together("make_due", [{}] * 4) == [0] * 4
    rig.do("catch_up")
    assert (len(rig.do("rows")), len(rig.sink.taken)) == (1, 1)
    assert only(rig)["times_left"] == 4


def test_after_days_without_a_worker_one_leaves_and_the_rest_is_told(rig):
    """F38: no burst, nothing a day late, nothing silent."""
    rig.do("repeat", user=rig.user, hours_ago=24 * 4)
    for _ in range(3):
        make(rig)
    assert len(rig.sink.taken) == 1
    said = only(rig)["said"]
    assert said.startswith("Not sent on ")
    assert said.count(",") >= 3


def test_a_weekly_one_that_is_two_days_late_is_told_and_not_sent(rig):
    late = datetime.now(UTC) - timedelta(days=2)
    weekly = {"frequency": "weekly", "weekdays": [late.weekday()]}
    rig.do("repeat", user=rig.user, hours_ago=48, **weekly)
    make(rig)
    assert rig.sink.taken == []
    assert f"Not sent on {late.day} {late:%b}: " in only(rig)["said"]
    assert only(rig)["next_on"] == day(5)


def test_the_last_of_so_many_times_ends_it(rig):
    rig.do("repeat", user=rig.user, times_left=1)
    make(rig)
    assert (only(rig)["state"], only(rig)["next_on"]) == ("ended", None)
    assert len(rig.sink.taken) == 1


def test_a_refused_password_waits_and_the_right_one_is_for_what_is_still_to_come_too(rig):
    key = rig.do("repeat", user=rig.user)
    rig.sink.plan("auth", Act("535 no"))
    make(rig)
    assert rig.states() == ["retry_wait"]
    rig.do("give_password", user=rig.user, password=rig.lab.users[ADA])
    rig.do("catch_up")
    assert (len(rig.sink.taken), only(rig)["key"]) == (1, key)


def test_one_taken_back_is_not_made_again(rig):
    key = rig.do("repeat", user=rig.user)
    rig.run("make_due", failpoint="after_occurrence")
    (row,) = rig.do("rows")
    assert rig.do("act", name="discard", user=rig.user, key=row["key"]) in (True, False)
    for _ in range(2):
        make(rig)
    assert (len(rig.do("rows")), len(rig.sink.taken), key) == (1, 0, only(rig)["key"])


def test_what_is_due_cannot_be_skipped_any_more_and_what_is_to_come_can(rig):
    key = rig.do("repeat", user=rig.user)
    assert rig.do("act_on_series", name="skip_next", user=rig.user, key=key) is False
    make(rig)
    before = only(rig)["next_on"]
    assert rig.do("act_on_series", name="skip_next", user=rig.user, key=key) is True
    assert only(rig)["next_on"] > before


def test_a_paused_one_sends_nothing_and_goes_on_from_now(rig):
    key = rig.do("repeat", user=rig.user, hours_ago=30)
    rig.do("act_on_series", name="pause", user=rig.user, key=key)
    make(rig)
    rig.do("act_on_series", name="go_on", user=rig.user, key=key)
    make(rig)
    assert (rig.sink.taken, only(rig)["said"], only(rig)["state"]) == ([], "", "active")
    assert only(rig)["next_on"] >= day()


def test_after_a_restore_it_waits_for_its_writer(rig):
    """F55: it may have been sent since the backup was made."""
    rig.do("repeat", user=rig.user)
    rig.do("hold_unsent")
    make(rig)
    assert (rig.sink.taken, only(rig)["state"]) == ([], "paused")
    assert "restored from a backup" in only(rig)["said"]


def test_a_journal_newer_than_the_backup_pauses_what_was_due_meanwhile(rig):
    """F55, by the worker itself: nothing unsent came back that could tell."""
    rig.do("repeat", user=rig.user, hours_ago=1)
    make(rig)
    rig.do("restore", backup={"rows": "[]", "files": {}}, journal_too=False)
    rig.do("move_series", days=1)
    rig.do("tidy")
    make(rig)
    assert (len(rig.sink.taken), only(rig)["state"]) == (1, "paused")
    assert "restored from a backup" in only(rig)["said"]


def test_without_a_restore_a_start_pauses_nothing(rig):
    rig.do("repeat", user=rig.user)
    make(rig)
    rig.do("move_series", days=1)
    rig.do("tidy")
    make(rig)
    assert (len(rig.sink.taken), only(rig)["state"]) == (2, "active")


def test_one_that_cannot_be_built_is_paused_and_says_why(rig):
    rig.do("repeat", user=rig.user, fields={"to": "nobody", "text": "Hi."})
    make(rig)
    assert (only(rig)["state"], rig.sink.taken) == ("paused", [])
    assert "“nobody” is not a mail address" in only(rig)["said"]
