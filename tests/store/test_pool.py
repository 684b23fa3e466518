"""Sessions are few, alive, and never used for two things at once."""

import threading
import time

import pytest

from tests.store.contract import letter
from webmail.store.memory import MemoryStore
from webmail.store.pool import SessionPool
from webmail.store.protocol import Unreachable


class Opened(list):
    """An ``open_store`` that remembers what it opened."""

    def __call__(self):
        self.append(MemoryStore())
        return self[-1]


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pool(clock):
    pool = SessionPool(wait_s=0.1, clock=clock)
    yield pool
    pool.close()


def test_a_session_is_kept_and_lent_again(pool):
    opened = Opened()
    for _ in range(3):
        with pool.lend("ada", opened) as store:
            assert store.is_open
    assert len(opened) == 1


def test_each_key_has_its_own_sessions(pool):
    opened = Opened()
    with pool.lend("ada", opened) as first:
        pass
    with pool.lend("ben", opened) as second:
        assert second is not first


def test_a_third_borrower_waits_and_then_hears_that_all_are_busy(pool):
    opened, ready, done = Opened(), threading.Barrier(3), threading.Event()

    def borrow():
        with pool.lend("ada", opened):
            ready.wait(5)
            done.wait(5)

    threads = [threading.Thread(target=borrow) for _ in range(2)]
    for thread in threads:
        thread.start()
    ready.wait(5)
    with pytest.raises(Unreachable) as caught, pool.lend("ada", opened):
        pass
    assert caught.value.reason == "busy"
    done.set()
    for thread in threads:
        thread.join(5)
    with pool.lend("ada", opened):
        pass
    assert len(opened) == 2


def test_a_waiting_borrower_gets_the_session_that_comes_back(pool):
    opened, patient = Opened(), SessionPool(limit=1, wait_s=5)
    got = []

    def borrow():
        with patient.lend("ada", opened) as store:
            got.append(store)

    with patient.lend("ada", opened) as first:
        thread = threading.Thread(target=borrow)
        thread.start()
        time.sleep(0.05)
        assert got == []
    thread.join(5)
    assert got == [first]


def test_a_block_may_end_in_another_thread(pool):
    opened = Opened()
    block = pool.lend("ada", opened)
    block.__enter__()
    thread = threading.Thread(target=block.__exit__, args=(None, None, None))
    thread.start()
    thread.join(5)
    with pool.lend("ada", opened) as store:
        assert store is opened[0]
    assert len(opened) == 1


def test_a_session_that_died_is_replaced(pool):
    opened = Opened()
    with pool.lend("ada", opened) as first:
        first.close()
    with pool.lend("ada", opened) as second:
        assert second.is_open
    assert len(opened) == 2


def test_a_session_that_died_while_idle_is_replaced(pool):
    opened = Opened()
    with pool.lend("ada", opened):
        pass
    opened[0].close()
    with pool.lend("ada", opened) as store:
        assert store is opened[1]


def test_a_session_is_asked_only_when_it_was_idle(pool, clock):
    asked = []

    class Asked(MemoryStore):
        def is_alive(self, *, ask=False):
            asked.append(ask)
            return super().is_alive(ask=ask)

    for idle_s in (0, 4, 6):
        clock.now += idle_s
        with pool.lend("ada", Asked):
            pass
    assert asked == [False, True]


def test_an_error_in_the_block_leaves_the_session_usable(pool):
    opened = Opened()
    with pytest.raises(ZeroDivisionError), pool.lend("ada", opened):
        _ = 1 / 0
    with pool.lend("ada", opened):
        pass
    assert len(opened) == 1


def test_a_session_that_cannot_be_opened_takes_no_place(pool):
    def fail():
        raise Unreachable("no", reason="connect")

    for _ in range(5):
        with pytest.raises(Unreachable, match="no"), pool.lend("ada", fail):
            pass
    with pool.lend("ada", Opened()) as store:
        assert store.is_open


def test_idle_sessions_are_closed_when_anybody_comes(pool, clock):
    opened = Opened()
    with pool.lend("ada", opened):
        pass
    clock.now += 301
    with pool.lend("ben", Opened()):
        pass
    assert not opened[0].is_open


def test_idle_sessions_are_closed_when_nobody_comes():
    opened, pool = Opened(), SessionPool(idle_s=0.1)
    for _ in range(2):
        with pool.lend("ada", opened):
            pass
        deadline = time.monotonic() + 5
        while opened[-1].is_open and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not opened[-1].is_open
    assert len(opened) == 2


class Breaking(MemoryStore):
    """Breaks as soon as ``is_broken`` says so, at whatever it is asked."""

    is_broken = False

    def status(self, mailbox):
        if self.is_broken:
            self.close()
        return super().status(mailbox)


def broken_in(pool, block, *, warm):
    """What leaves a block whose session breaks at the end."""
    if warm:
        with pool.lend("ada", Breaking):
            pass

    def break_in_the_block():
        with pool.lend("ada", Breaking) as store:
            store.is_broken = True
            block(store)
            store.status("INBOX")

    with pytest.raises(Unreachable) as caught:
        break_in_the_block()
    return caught.value


def test_a_block_that_read_by_an_old_session_may_be_repeated(pool):
    assert broken_in(pool, lambda store: store.page("INBOX"), warm=True).may_repeat
    with pool.lend("ada", Breaking) as store:
        assert store.status("INBOX").messages == 0


def test_a_block_that_wrote_is_never_repeated(pool):
    assert not broken_in(pool, lambda store: store.append("INBOX", letter()), warm=True).may_repeat


def test_a_block_with_a_new_session_is_not_repeated(pool):
    assert not broken_in(pool, lambda store: None, warm=False).may_repeat


def test_a_fault_that_left_the_session_whole_is_not_repeated(pool):
    with pool.lend("ada", MemoryStore):
        pass
    with pytest.raises(Unreachable) as caught, pool.lend("ada", MemoryStore):
        raise Unreachable("something else", reason="busy")
    assert not caught.value.may_repeat


def test_where_a_server_allows_one_session_the_second_borrower_waits_for_it():
    opened, got, lending = [], [], threading.Event()
    pool = SessionPool(wait_s=5)

    def open_one():
        if opened:
            raise Unreachable("too many connections", reason="busy")
        opened.append(MemoryStore())
        return opened[0]

    def borrow():
        lending.set()
        with pool.lend("ada", open_one) as store:
            got.append(store)

    with pool.lend("ada", open_one):
        thread = threading.Thread(target=borrow)
        thread.start()
        lending.wait(5)
        time.sleep(0.05)
        assert got == []
    thread.join(5)
    assert got == opened
    pool.close()


def test_a_server_that_is_busy_for_the_only_borrower_is_unreachable(pool, monkeypatch):
    waits = []

    def fail():
        raise Unreachable("too many connections", reason="busy")

    monkeypatch.setattr("webmail.store.pool.time.sleep", waits.append)
    with pytest.raises(Unreachable, match="too many"), pool.lend("ada", fail):
        pass
    assert len(waits) == 3
    with pool.lend("ada", Opened()), pool.lend("ada", Opened()):
        pass


def test_a_server_that_counts_a_closed_session_still_is_asked_again(pool, monkeypatch):
    waits, answers = [], iter([Unreachable("too many", reason="busy")] * 2)
    monkeypatch.setattr("webmail.store.pool.time.sleep", waits.append)

    def open_one():
        if problem := next(answers, None):
            raise problem
        return MemoryStore()

    with pool.lend("ada", open_one):
        assert len(waits) == 2


def test_discarding_closes_what_is_warm_and_what_comes_back(pool):
    opened = Opened()
    with pool.lend("ada", opened) as lent:
        pool.discard("ada")
        assert lent.is_open
    assert not lent.is_open
    with pool.lend("ada", opened) as fresh:
        assert fresh is not lent
    pool.discard("ada")
    assert not fresh.is_open


def test_many_threads_never_share_a_session():
    pool, opened, clashes = SessionPool(wait_s=20), Opened(), []
    held: set[int] = set()

    def work():
        for _ in range(30):
            with pool.lend("ada", opened) as store:
                clashes.append(id(store) in held)
                held.add(id(store))
                time.sleep(0.0005)
                held.discard(id(store))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(clashes) == 240
    assert not any(clashes)
    assert len(opened) <= 2


def test_a_session_opened_elsewhere_is_taken_in_while_there_is_room():
    pool = SessionPool(limit=2)
    stores = [MemoryStore() for _ in range(3)]
    for store in stores:
        pool.adopt("ada", store)
    assert [store.is_open for store in stores] == [True, True, False]
    with pool.lend("ada", MemoryStore) as lent:
        assert lent is stores[1]
    pool.close()
    assert not any(store.is_open for store in stores)
