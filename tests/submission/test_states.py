"""The arrows of the diagram and the schedule."""

import threading
from datetime import timedelta

import pytest

from webmail.submission import due, pipeline, states, tasks
from webmail.submission.models import WAITING, Outgoing, State, Trouble
from webmail.submission.words import state_text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 1), (2, 2), (3, 5), (4, 10), (5, 20), (6, 40), (7, 60), (40, 60)]
)
def test_the_wait_grows_to_an_hour(failures, minutes):
    assert states.retry_delay(failures) == timedelta(minutes=minutes)


@pytest.mark.parametrize("state", [state for state in State if state not in WAITING])
def test_only_waiting_messages_are_claimed(queue, state):
    row = queue()
    Outgoing.objects.update(state=state)
    assert states.claim(row.pk) is None


def test_a_claim_excludes_the_next(queue):
    row = queue()
    claimed = states.claim(row.pk)
    assert claimed is not None
    assert (claimed.attempt, claimed.state) == (1, State.CLAIMED)
    assert states.claim(row.pk) is None


def test_an_unclear_message_is_never_due(queue):
    row = states.claim(queue().pk)
    assert states.start_data(row)
    assert states.leave_unclear(row, "cut")
    assert pipeline.due().deliver == ()
    assert states.claim(row.pk) is None


def test_a_lost_lease_cannot_start_data(queue):
    row = states.claim(queue().pk)
    Outgoing.objects.update(lease_token="somebody else")
    assert not states.start_data(row)
    assert Outgoing.objects.get().state == State.CLAIMED


def test_failing_erases_the_grant(queue):
    row = states.claim(queue().pk)
    assert states.fail(row, Trouble.REFUSED, "550 no")
    assert bytes(Outgoing.objects.get().send_grant) == b""


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_words(queue, state):
    row = queue(undo_s=9)
    row.state, row.last_error, row.trouble = state, "451 4.3.0 busy", Trouble.LATER
    text = state_text(row)
    assert text.endswith((".", "”"))
    assert "None" not in text


def test_words_count_the_seconds_of_undo(queue):
    assert state_text(queue(undo_s=10)) == "Will be sent in 10 seconds. You can still undo."


def test_without_redis_the_clock_delivers_itself(queue, monkeypatch):
    monkeypatch.setattr(tasks, "ring", lambda task, row_id: False)
    delivered = []
    monkeypatch.setattr(pipeline, "deliver", delivered.append)
    row = queue()
    tasks.deliver_or_ring(row.pk)
    assert delivered == [row.pk]


def test_the_clock_rings_each_row_once_in_a_while(queue):
    row, rung = queue(), []
    clock = due.Clock(rung.append, rung.append, threading.Event())
    clock.tick()
    clock.tick()
    assert rung == [row.pk]


def test_a_stumble_does_not_stop_the_clock(queue, caplog):
    stopping = threading.Event()

    def stumble(row_id):
        stopping.set()
        raise ZeroDivisionError

    queue()
    due.Clock(stumble, stumble, stopping).run()
    assert "stumbled" in caplog.text
