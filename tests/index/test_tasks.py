"""What a worker does at once, and what waits for its turn."""

import threading

from webmail.index import tasks, working


def test_one_mailbox_grows_at_a_time_and_the_others_wait_once(monkeypatch):
    begun, done, rung, grown = threading.Event(), threading.Event(), [], []

    def grow(mailbox_id):
        grown.append(mailbox_id)
        begun.set()
        assert done.wait(10)
        return False

    monkeypatch.setattr(working, "grow", grow)
    monkeypatch.setattr(tasks, "_ring", lambda name, *ids, countdown=None: rung.append(ids))
    first = threading.Thread(target=tasks.grow, args=(1,))
    first.start()
    assert begun.wait(10)
    for _ in range(3):
        tasks._wait_for_turn(2)
    tasks._waiting.clear()
    tasks.grow(2)
    assert rung == [(2,), (2,)]
    assert grown == [1]
    done.set()
    first.join(10)
    tasks.grow(2)
    assert grown == [1, 2]
