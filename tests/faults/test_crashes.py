"""A sender killed with -9, and what people do then (F12, F13, F14); test_failpoints.py has
each named point."""

import os
import signal
import time

import pytest

from tests.faults.rig import ADA
from tests.lab.smtp_sink import Act

KILLED = -9
LEASE_S = 20 * 60


def test_killed_before_data_a_message_is_sent_once_later(rig):
    """F12: the lease runs out, and the row is ready again."""
    message = rig.queue()
    assert rig.run("deliver", failpoint="after_rcpt", outgoing_id=message) == KILLED
    rig.do("sweep")
    assert rig.row(message)["state"] == "claimed", "the lease still stands"
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1
    assert rig.subjects_in("Sent") == 1


def unclear_after_lease(rig, message):
    """Whatever machines do for days, they do not send it."""
    before = len(rig.sink.taken)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "data"
    for _ in range(3):
        rig.do("pass_time", seconds=24 * 3600)
        rig.do("catch_up")
    assert len(rig.sink.taken) == before
    row = rig.row(message)
    assert row["state"] == "uncertain"
    assert "may or may not" in row["text"]
    return row


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "dropped"])
def test_killed_while_waiting_for_the_250_a_message_is_unclear(rig, taken):
    """F13: nobody knows whether the server has it, so nobody sends it again."""
    message = rig.queue()
    child = []
    rig.sink.plan("end", Act(keep=taken, call=lambda: kill_first(child), then="drop"))
    child.append(rig.begin("deliver", outgoing_id=message))
    assert rig.end_of(child[0]) == KILLED
    unclear_after_lease(rig, message)
    assert len(rig.sink.taken) == taken


def kill_first(children):
    while not children:  # the sender may be here before its process id is
        time.sleep(0.01)
    os.kill(children[0], signal.SIGKILL)


def test_send_again_sends_an_unclear_message_with_the_same_message_id(rig):
    message = rig.queue()
    rig.run("deliver", failpoint="after_reply", outgoing_id=message)
    row = unclear_after_lease(rig, message)
    assert rig.act("send_again", message) is True
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert [row["message_id"].encode() in mail.content for mail in rig.sink.taken] == [True, True]
    assert rig.sink.taken[0].sha256 == rig.sink.taken[1].sha256


def test_mark_as_sent_files_an_unclear_message_and_sends_nothing(rig):
    message = rig.queue()
    rig.run("deliver", failpoint="after_354", outgoing_id=message)
    unclear_after_lease(rig, message)
    assert rig.act("mark_as_sent", message) is True
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert rig.sink.taken == []
    assert rig.subjects_in("Sent") == 1


def test_a_copy_in_sent_proves_an_unclear_message(rig):
    message = rig.queue()
    rig.run("deliver", failpoint="after_reply", outgoing_id=message)
    rig.lab.append(ADA, "Sent", rig.sink.taken[0].content)
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1
    assert rig.subjects_in("Sent") == 1


def test_killed_after_the_250_the_journal_shows_the_message_as_sent(rig):
    """F14: the line was on the disk before the database was asked."""
    message = rig.queue()
    assert rig.run("deliver", failpoint="after_journal", outgoing_id=message) == KILLED
    assert rig.row(message)["state"] == "data"
    rig.do("catch_up")
    row = rig.row(message)
    assert row["state"] == "done"
    assert row["smtp_reply"] == "250 2.0.0 taken"
    assert len(rig.sink.taken) == 1


def test_the_journal_is_believed_after_the_lease_and_after_send_again(rig):
    message = rig.queue()
    rig.run("deliver", failpoint="after_journal", outgoing_id=message)
    rig.do("change", outgoing_id=message, state="ready", lease_token="")
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1


def test_killed_after_the_250_without_a_journal_a_message_is_unclear(rig):
    """F14: with the journal's disk full it is not sent again either."""
    message = rig.queue()
    point = "in_journal:raise,after_journal"
    assert rig.run("deliver", failpoint=point, outgoing_id=message) == KILLED
    unclear_after_lease(rig, message)
    assert len(rig.sink.taken) == 1


def test_a_full_journal_disk_alone_harms_nothing(rig):
    message = rig.queue()
    assert rig.run("deliver", failpoint="in_journal:raise", outgoing_id=message) == 0
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    assert len(rig.sink.taken) == 1
