"""The outbox's doors to Celery.  A task carries an id; what it finds is in the row."""

import logging
import threading

from celery.signals import celeryd_after_setup, worker_shutting_down
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from webmail.celery import app
from webmail.submission import due, pipeline, steps, untold

log = logging.getLogger(__name__)
_stopping = threading.Event()


@app.task(name="submission.deliver", ignore_result=True)
def deliver(outgoing_id: int) -> None:
    if pipeline.deliver(outgoing_id):
        ring(finish, outgoing_id)
    else:
        ring_untold()


@app.task(name="submission.finish", ignore_result=True)
def finish(outgoing_id: int) -> None:
    steps.finish(outgoing_id)


@app.task(name="submission.sweep", ignore_result=True)
def sweep() -> None:
    ring_all(sweep_and_tell())


def sweep_and_tell() -> pipeline.Due:
    """For the clock too."""
    found = pipeline.sweep()
    ring_untold()
    return found


def ring_untold() -> None:
    """Has the browsers told of what has come to need a person; again until it is taken up."""
    if not untold.are_there():
        return
    try:
        app.send_task("web.tell_failures", retry=False, expires=due.SWEEP_S)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("Redis does not take hints: task=web.tell_failures error=%s", error)


def wake(outgoing_id: int) -> None:
    """Rings for a row once its transaction is committed; the sweep covers a lost ring."""
    transaction.on_commit(lambda: ring(deliver, outgoing_id))


def wake_steps(outgoing_id: int) -> None:
    """The same for what remains after acceptance."""
    transaction.on_commit(lambda: ring(finish, outgoing_id))


def ring(task, outgoing_id: int) -> bool:
    """Puts a hint into Redis.  False, and a line in the log, when Redis is away (F06)."""
    try:
        task.apply_async((outgoing_id,), retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("Redis does not take hints: outgoing=%s error=%s", outgoing_id, error)
        return False
    return True


def ring_all(found: pipeline.Due) -> None:
    for outgoing_id in found.deliver:
        if not ring(deliver, outgoing_id):
            return
    for outgoing_id in found.finish:
        if not ring(finish, outgoing_id):
            return


def deliver_or_ring(outgoing_id: int) -> None:
    """For the clock: without Redis the mail still leaves, one after another."""
    if not ring(deliver, outgoing_id):
        pipeline.deliver(outgoing_id)


def finish_or_ring(outgoing_id: int) -> None:
    if not ring(finish, outgoing_id):
        steps.finish(outgoing_id)


@celeryd_after_setup.connect
def start_clock(instance, **_: object) -> None:
    """Only the worker of the ``send`` queue watches the time (undo, send later, retries).

    Before it is connected: a Redis that is away or full keeps a worker from being ready, and
    mail leaves all the same (F06, F08).
    """
    if "send" not in instance.app.amqp.queues.consume_from:
        return
    clock = due.Clock(deliver_or_ring, finish_or_ring, _stopping, sweep_and_tell)
    threading.Thread(target=clock.run, name="outbox-clock", daemon=True).start()


@worker_shutting_down.connect
def stop_clock(**_: object) -> None:
    _stopping.set()
