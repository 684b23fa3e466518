"""Long work lets short work go first, and still comes to its end."""

import sys
import threading
import time
from contextlib import ExitStack

import pytest

from webmail.message import giving_way
from webmail.message.giving_way import give_way, politely, take_up, work


def _in_a_thread(act) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_long_work_waits_while_somebody_came_a_moment_ago():
    order = []

    def long() -> None:
        with work() as mine:
            take_up(mine)
            started.set()
            arrived.wait(5)
            give_way()
            order.append("long")

    started, arrived = threading.Event(), threading.Event()
    thread = _in_a_thread(long)
    started.wait(5)
    with work():
        arrived.set()
        time.sleep(0.02)
        order.append("short")
    thread.join(5)
    assert order == ["short", "long"]


def test_two_long_works_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(giving_way, "_SHORT_S", 60)
    both = threading.Barrier(2)
    took = []

    def long() -> None:
        with work() as mine:
            take_up(mine)
            both.wait(5)
            began = time.monotonic()
            list(politely(range(2000), 100))
            took.append(time.monotonic() - began)

    threads = [_in_a_thread(long) for _ in range(2)]
    for thread in threads:
        thread.join(5)
    assert len(took) == 2
    # One waits for the other, never both: neither may use up its patience.
    assert max(took) < giving_way._MOST_S / 2


def test_patience_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(giving_way, "_MOST_S", 0.02)
    monkeypatch.setattr(giving_way, "_SHORT_S", 60)
    with work() as mine, work():
        take_up(mine)
        give_way()
    assert mine.waited_s == pytest.approx(0.02, abs=0.005)


def test_what_lasts_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(giving_way, "_SHORT_S", 0.01)
    with work() as mine, work():
        take_up(mine)
        time.sleep(0.02)
        give_way()
    assert mine.waited_s == 0


def test_a_process_without_readers_never_waits():
    began = time.monotonic()
    assert list(politely(range(1000), 10)) == list(range(1000))
    assert time.monotonic() - began < giving_way._SHORT_S


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11])
def test_politely_gives_all_items_in_their_order(count: int):
    assert list(politely(iter(range(count)), 10)) == list(range(count))


def test_the_turns_of_few_are_short_and_those_of_many_long():
    before = sys.getswitchinterval()
    with ExitStack() as some:
        some.callback(sys.setswitchinterval, before)
        some.enter_context(work())
        assert sys.getswitchinterval() == pytest.approx(giving_way._TURN_OF_FEW_S)
        with ExitStack() as many:
            for _ in range(giving_way._FEW):
                many.enter_context(work())
            assert sys.getswitchinterval() == pytest.approx(giving_way._TURN_OF_MANY_S)
        assert sys.getswitchinterval() == pytest.approx(giving_way._TURN_OF_FEW_S)
