"""Long tasks leave a thread of the mail's worker to what a person waits for."""

import threading

import pytest

from start.hearth import processes
from webmail.celery import BACKGROUND_THREADS, Background, app
from webmail.index import tasks


@pytest.fixture
def rung(monkeypatch):
    """What was put off, and for how long."""
    calls = []
    monkeypatch.setattr(
        Background, "apply_async", lambda self, args, **more: calls.append((self.name, args, more))
    )
    return calls


def test_long_tasks_take_their_threads_and_no_more(monkeypatch, rung):
    entered, go_on = threading.Semaphore(0), threading.Event()

    def prove():
        entered.release()
        go_on.wait(10)

    monkeypatch.setattr(tasks.working, "prove_oldest", prove)
    monkeypatch.setattr(tasks.working, "grow", lambda mailbox_id: grown.append(mailbox_id))
    grown = []
    busy = [threading.Thread(target=tasks.prove) for _ in range(BACKGROUND_THREADS)]
    for thread in busy:
        thread.start()
        assert entered.acquire(timeout=10)
    tasks.grow(99)
    tasks.grow.come_again(99)
    go_on.set()
    for thread in busy:
        thread.join(10)
    assert rung == [("index.grow", (99,), {"countdown": 2.0, "retry": False})]
    tasks.grow(100)
    assert grown == [100], "a thread is free again"


def test_the_worker_has_a_thread_more_and_takes_the_waited_for_first(tmp_path):
    listed = processes({"WEBMAIL_DATA_DIR": str(tmp_path)}, web_workers=1)
    words = [str(word) for word in next(each for each in listed if each.name == "mail").command]
    assert words[words.index("-Q") + 1] == "waited,mail"
    assert int(words[words.index("--concurrency") + 1]) == BACKGROUND_THREADS + 1
    assert app.conf.broker_transport_options["queue_order_strategy"] == "priority"


@pytest.mark.parametrize("name", ["attachments.make_preview", "push.search_text", "index.sync"])
def test_what_a_person_waits_for_has_its_own_queue(name):
    assert app.amqp.router.route({}, name)["queue"].name == "waited"
