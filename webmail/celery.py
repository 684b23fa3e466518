"""Celery: the doorbell of the outbox.  The rows are the truth; nothing here may be lost or kept."""

import logging
import os
import threading

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")

from django.conf import settings  # noqa: E402  (the settings module is named just above)
from kombu.exceptions import OperationalError  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402

log = logging.getLogger(__name__)

# One thread fewer than the worker of the mail has: that one is for what a person waits for.
BACKGROUND_THREADS = 2
_AGAIN_AFTER_S = 2.0
_background = threading.BoundedSemaphore(BACKGROUND_THREADS)
_put_off: set[tuple[str, tuple[object, ...]]] = set()

app = Celery("webmail", broker=settings.WEBMAIL_REDIS_URL)
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_default_queue="mail",
    task_routes={
        "submission.*": {"queue": "send"},
        # What a person sits and waits for; the same worker takes it before anything else.
        "attachments.make_preview": {"queue": "waited"},
        "web.make_occurrences": {"queue": "waited"},
        "push.search_text": {"queue": "waited"},
        "index.sync": {"queue": "waited"},
    },
    worker_prefetch_multiplier=1,
    # Never kill a sender that may be waiting the 600 s for the answer to DATA (F59).
    task_time_limit=20 * 60,
    worker_soft_shutdown_timeout=30,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # A Redis without room refuses even to hear of a worker; it asks again instead of ending (F08).
    broker_channel_error_retry=True,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        # Whoever queues a message waits for this: no second try, the sweep rings again (F06).
        "max_retries": 0,
        # A worker of several queues empties them in the order in which it names them.
        "queue_order_strategy": "priority",
    },
    timezone="UTC",
    beat_schedule={
        "sweep the outbox": {
            "task": "submission.sweep",
            "schedule": 15.0,
            # A beat tick that waited is worth nothing once the next one rings.
            "options": {"expires": 15.0},
        },
        "sweep what browsers are to be told": {
            "task": "push.sweep",
            "schedule": 15.0,
            "options": {"expires": 15.0},
        },
        "prove the index": {
            "task": "index.prove",
            "schedule": 600.0,
            "options": {"expires": 600.0},
        },
        "make what repeats and is due": {
            "task": "web.make_occurrences",
            "schedule": 20.0,
            "options": {"expires": 20.0},
        },
        "remind of mail nobody answered": {
            "task": "web.remind",
            "schedule": 60.0,
            "options": {"expires": 60.0},
        },
        "sweep left-over uploads": {"task": "web.sweep_uploads", "schedule": 3600.0},
        "sweep old previews": {
            "task": "attachments.sweep_previews",
            "schedule": 300.0,
            "options": {"expires": 300.0},
        },
    },
)


class Background(Task):
    """A long task that nobody waits for: some of a worker's threads, never all of them.

    Called while others hold those threads, it comes again a little later instead of waiting.
    However often it is asked for, it is put off once.
    """

    abstract = True

    def __call__(self, *args: object) -> None:
        _put_off.discard((self.name, args))
        if not _background.acquire(blocking=False):
            self.come_again(*args)
            return
        try:
            super().__call__(*args)
        finally:
            _background.release()

    def come_again(self, *args: object) -> None:
        if (self.name, args) in _put_off:
            return
        try:
            self.apply_async(args, countdown=_AGAIN_AFTER_S, retry=False)
            _put_off.add((self.name, args))
        except (OperationalError, RedisError, OSError) as error:
            log.warning("Redis does not take hints: task=%s error=%s", self.name, error)


app.autodiscover_tasks(
    [
        *("webmail.attachments", "webmail.index", "webmail.push", "webmail.submission"),
        "webmail.web",
    ]
)
