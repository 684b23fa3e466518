"""SQLite locked by another writer when somebody presses Send (F24).

Four times as fast: 2 s and 4 s for locks of 8 s and 16 s, 2.5 s for the 10 s of patience.
"""

import time

import pytest

from tests.faults.rig import ADA

PATIENCE_S = 2.5


@pytest.fixture
def rig(rig_on_sqlite):
    rig_on_sqlite.reset()
    assert rig_on_sqlite.do("set_patience", seconds=PATIENCE_S) == 10
    yield rig_on_sqlite
    rig_on_sqlite.do("set_patience", seconds=10)


def press_while_locked(rig, lock_s):
    """The answer to Send, how long it took, and the form."""
    written = {"to": "ben@hearth.test", "subject": "Firewood", "text": "Bring the saw."}
    form = rig.do("open_compose", address=ADA, password=rig.lab.users[ADA], **written)
    writer = rig.begin("hold_lock", seconds=lock_s)
    rig.wait(lambda: rig.do("is_locked"))
    began = time.monotonic()
    answer = rig.do("press", form=form, by_script=False)
    took_s = time.monotonic() - began
    assert rig.end_of(writer) == 0
    return answer, took_s, form


def test_a_lock_that_ends_in_time_is_waited_for(rig):
    """F24: Send takes as long as the lock, and then it is queued."""
    answer, took_s, _ = press_while_locked(rig, 2)
    assert answer["status"] == 303
    assert took_s > 1
    rig.do("pass_time", seconds=60)
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)


def test_a_lock_that_does_not_end_is_said_and_the_text_comes_back(rig):
    """F24: no promise is made, nothing typed is lost, and one more press sends it once."""
    answer, took_s, form = press_while_locked(rig, 4)
    assert answer["status"] == 503
    assert PATIENCE_S - 1 < took_s < PATIENCE_S + 1
    assert "The database of this server is busy" in answer["text"]
    assert "Bring the saw." in answer["text"]
    assert rig.do("rows") == []
    rig.do("press_send", form=form)
    rig.do("pass_time", seconds=60)
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)
