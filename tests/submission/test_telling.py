"""What rings the browsers of a writer: only what needs a person, and only as it comes to."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from webmail.submission import due, endings, outbox, pipeline, states, tasks, untold
from webmail.submission.models import Outgoing, State, Trouble


@pytest.fixture
def told(monkeypatch):
    """What the other worker does when it is rung for, by the writers that it finds."""
    told = []

    def send(name, **_):
        assert name == "web.tell_failures"
        told.extend(each for each in untold.writers() if untold.take(each))

    monkeypatch.setattr(tasks.app, "send_task", send)
    return told


def ends(monkeypatch, problem):
    """The next tries end so, at the place where each may."""

    def submit(row):
        if isinstance(problem, endings.Unclear):
            states.start_data(row, {}, None)
        raise problem

    monkeypatch.setattr(pipeline, "_submit", submit)


def is_due_again():
    Outgoing.objects.update(next_attempt_at=timezone.now())


@pytest.mark.parametrize(
    ("problem", "state", "rings"),
    [
        (endings.RefusedForGood("550 nobody"), State.FAILED, 1),
        (endings.Unclear("no answer"), State.UNCERTAIN, 1),
        (endings.SignInRefused("535 no"), State.RETRY_WAIT, 1),
        (endings.RefusedForNow("451 busy"), State.RETRY_WAIT, 0),
        (endings.NoConnection("away"), State.RETRY_WAIT, 0),
    ],
    ids=["refused", "unclear", "password", "later", "away"],
)
def test_only_what_needs_a_person_rings(queue, monkeypatch, told, problem, state, rings):
    row = queue()
    ends(monkeypatch, problem)
    tasks.deliver(row.pk)
    assert Outgoing.objects.get().state == state
    assert told == [row.user_id] * rings


@pytest.mark.parametrize(
    ("began", "state"), [(False, State.RETRY_WAIT), (True, State.UNCERTAIN)], ids=["before", "in"]
)
def test_a_mistake_of_ours_is_said_and_counted(queue, monkeypatch, told, began, state):
    """Before DATA, and in it: the lease alone would have it tried for ever."""
    row = queue()

    def submit(claimed):
        if began:
            states.start_data(claimed, {}, None)
        raise KeyError("of ours")

    monkeypatch.setattr(pipeline, "_submit", submit)
    tasks.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.lease_until) == (state, None)
    assert "Hearth itself stumbled" in row.last_error
    assert told == [row.user_id] * began


def test_a_password_rings_once_though_something_else_went_wrong_before(queue, monkeypatch, told):
    row = queue()
    ends(monkeypatch, endings.RefusedForNow("451 busy"))
    tasks.deliver(row.pk)
    assert not told
    ends(monkeypatch, endings.SignInRefused("535 no"))
    for _ in range(2):
        is_due_again()
        tasks.deliver(row.pk)
    assert Outgoing.objects.get().failures == 3
    assert len(told) == 1


def test_what_the_clock_finds_left_by_a_dead_worker_rings(queue, told):
    """The clock and the beat both sweep: whoever comes first."""
    row = queue()
    over = timezone.now() - timedelta(seconds=1)
    Outgoing.objects.update(state=State.DATA, lease_until=over, attempt=1)
    clock = due.Clock(print, print, threading.Event(), tasks.sweep_and_tell)
    clock.tick()
    assert Outgoing.objects.get().state == State.UNCERTAIN
    assert told == [row.user_id]
    tasks.sweep()
    assert len(told) == 1


def test_what_a_worker_wrote_down_and_died_is_rung_for_until_somebody_tells(
    queue, monkeypatch, told
):
    row = queue()
    ends(monkeypatch, endings.RefusedForGood("550 nobody"))
    pipeline.deliver(row.pk)  # and its worker is gone
    assert not told
    rung = []
    with monkeypatch.context() as deaf:
        deaf.setattr(tasks.app, "send_task", lambda name, **_: rung.append(name))
        for _ in range(2):
            tasks.sweep()
    assert rung == ["web.tell_failures"] * 2, "a hint that nobody took comes again"
    for _ in range(2):
        tasks.sweep()
    assert told == [row.user_id]


def test_what_moved_on_before_it_was_told_is_not(queue, ada, monkeypatch, told):
    row = queue()
    ends(monkeypatch, endings.Unclear("no answer"))
    pipeline.deliver(row.pk)
    assert outbox.mark_as_sent(ada, row.key)
    tasks.sweep()
    assert not told


def test_what_is_a_day_late_rings(queue, told):
    row = queue()
    long_ago = timezone.now() - timedelta(hours=25)
    Outgoing.objects.update(next_attempt_at=long_ago, send_at=long_ago)
    tasks.sweep()
    assert Outgoing.objects.get().trouble == Trouble.TOO_LATE
    assert told == [row.user_id]
