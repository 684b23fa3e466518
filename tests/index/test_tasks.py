"""What a worker does at once, and what waits for its turn."""

import threading

from webmail.index import tasks, working


def test_one_mailbox_grows_at_a_time_and_the_others_wait_once(monkeypatch):
    begun, done, put_off, grown = threading.Event(), threading.Event(), [], []

    def grow(mailbox_id):
        grown.append(mailbox_id)
        begun.set()
        assert done.wait(10)
        return False

    monkeypatch.setattr(working, "grow", grow)
    monkeypatch.setattr(tasks.grow, "apply_async", lambda args, **more: put_off.append(args))
    first = threading.Thread(target=tasks.grow, args=(1,))
    first.start()
    assert begun.wait(10)
    for _ in range(3):
        tasks.grow.come_again(2)
    assert put_off == [(2,)]
    tasks.grow(2)
    assert put_off == [(2,), (2,)], "its turn came, and it was not its turn yet"
    assert grown == [1]
    done.set()
    first.join(10)
    tasks.grow(2)
    assert grown == [1, 2]
