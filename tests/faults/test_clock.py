"""Clocks that jump by two hours (F39): libfaketime around one worker, or around both."""

from pathlib import Path

import pytest

from tests.lab.smtp_sink import Act

LIBRARY = "faketime/libfaketime.so.1"
HOUR_S = 3600


def at(hours):
    """The environment of a process whose clock is so many hours off."""
    (library,) = (*Path("/usr/lib").glob(f"*/{LIBRARY}"), *Path("/usr/lib").glob(LIBRARY))[:1]
    return {"LD_PRELOAD": str(library), "FAKETIME": f"{hours:+d}h"}


def test_a_worker_whose_clock_is_two_hours_fast_sends_nothing_early(rig_on_postgres):
    """F39: what time it is, is for the database to say."""
    rig = rig_on_postgres
    rig.reset()
    message = rig.queue(undo_s=HOUR_S)
    assert rig.elsewhere("sweep", different=at(+2))["deliver"] == []
    rig.elsewhere("deliver", different=at(+2), outgoing_id=message)
    assert (rig.row(message)["state"], rig.sink.taken) == ("held", [])


def test_a_worker_whose_clock_is_two_hours_slow_sends_what_is_due(rig_on_postgres):
    """F39: nor late."""
    rig = rig_on_postgres
    rig.reset()
    message = rig.queue()
    rig.elsewhere("catch_up", different=at(-2))
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)


@pytest.mark.parametrize("hours", [+2, -2])
@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_a_clock_that_jumps_while_a_message_leaves_does_not_send_it_twice(rig, stage, hours):
    """F39: a lease that seems to have run out is fenced before DATA, and unclear after it."""
    message = rig.queue()
    rig.sink.plan(stage, Act(delay_s=3))
    sender = rig.begin("deliver", outgoing_id=message)
    rig.sink.wait_for(stage)
    rig.elsewhere("catch_up", different=at(hours))
    assert rig.end_of(sender) == 0
    rig.do("catch_up")
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)
    assert rig.sink.stages().count("data") == 1
    assert rig.subjects_in("Sent") == 1
