"""A worker frozen by SIGSTOP until its lease has run out (F10), and a slow server (F15)."""

import os
import signal
import time
from datetime import timedelta

import pytest

from tests.lab.smtp_sink import Act
from webmail.submission import smtp, states

LEASE_S = 20 * 60


def frozen_at(rig, message, stage):
    """A sender stopped while the server answers it at ``stage``."""
    child = []
    rig.sink.plan(stage, Act(call=lambda: stop_first(child)))
    child.append(rig.begin("deliver", outgoing_id=message))
    rig.sink.wait_for(stage)
    rig.wait(lambda: is_stopped(child[0]))
    return child[0]


def stop_first(children):
    while not children:  # the sender may be here before its process id is
        time.sleep(0.01)
    os.kill(children[0], signal.SIGSTOP)


def is_stopped(process):
    with open(f"/proc/{process}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def wake(rig, child):
    rig.kill(child, signal.SIGCONT)
    assert rig.end_of(child) == 0


@pytest.mark.parametrize("stage", ["auth", "mail", "rcpt"])
def test_one_that_wakes_after_another_has_sent_is_fenced_off(rig, stage):
    """F10: the lease is looked at once more before DATA."""
    message = rig.queue()
    child = frozen_at(rig, message, stage)
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "done"
    wake(rig, child)
    assert rig.sink.stages().count("data") == 1
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)
    assert rig.subjects_in("Sent") == 1


def test_one_that_wakes_while_another_is_about_to_send_is_fenced_off(rig):
    """F10: two at RCPT at once, and one DATA."""
    message = rig.queue()
    child = frozen_at(rig, message, "rcpt")
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("sweep")
    rig.sink.plan("rcpt", Act(delay_s=1))
    other = rig.begin("deliver_and_finish", outgoing_id=message)
    rig.sink.wait_for("rcpt", count=2)
    wake(rig, child)
    assert rig.sink.stages().count("data") == 0
    assert rig.end_of(other) == 0
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)


def test_one_that_wakes_after_its_writer_took_the_message_back_sends_nothing(rig):
    """F10: undone is undone."""
    draft = rig.do("draft", user=rig.user)
    message = rig.queue(draft=draft)
    child = frozen_at(rig, message, "rcpt")
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("sweep")
    assert rig.act("edit", message) == draft
    wake(rig, child)
    rig.do("catch_up")
    assert (rig.row(message)["state"], rig.sink.taken) == ("cancelled", [])
    assert "data" not in rig.sink.stages()


def test_one_frozen_in_data_is_waited_for_and_nobody_sends_in_its_place(rig):
    """F10: past DATA a lease that ran out makes the message unclear, and a 250 clear again."""
    message = rig.queue()
    child = frozen_at(rig, message, "end")
    rig.do("pass_time", seconds=LEASE_S)
    rig.do("catch_up")
    assert rig.row(message)["state"] == "uncertain"
    wake(rig, child)
    rig.do("catch_up")
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)


# -- a server that takes its time -----------------------------------------------------------------


def test_a_250_after_seven_minutes_is_waited_for_while_the_sweeper_looks_on(rig):
    """F15: a hundred times as fast: 4.5 s for 450, a reply awaited for 6, and a claim of 2."""
    message = rig.queue()
    rig.sink.plan("end", Act(delay_s=4.5))
    times = {"reply_s": 6.0, "claim_s": 2.0, "data_s": 11.4}
    sender = rig.begin("deliver_with", outgoing_id=message, **times)
    rig.sink.wait_for("end")
    for _ in range(8):
        assert rig.do("sweep")["deliver"] == []
        assert rig.row(message)["state"] == "data"
        time.sleep(0.5)
    assert rig.end_of(sender) == 0
    rig.do("catch_up")
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)


def test_the_lease_of_data_outlives_the_longest_wait_for_the_server():
    """F15: ten minutes for the reply (RFC 5321, 4.5.3.2.6), and all before it, within the lease."""
    assert smtp.REPLY_S >= 600
    longest = timedelta(seconds=smtp.COMMAND_S + smtp.UPLOAD_S + smtp.REPLY_S)
    assert longest < states.DATA_LEASE
    assert timedelta(seconds=smtp.BEFORE_DATA_S) < states.CLAIM_LEASE
