"""Celery: the doorbell of the outbox.  The rows are the truth; nothing here may be lost or kept."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")

from django.conf import settings  # noqa: E402  (the settings module is named just above)

app = Celery("webmail", broker=settings.WEBMAIL_REDIS_URL)
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_default_queue="mail",
    task_routes={"submission.*": {"queue": "send"}},
    worker_prefetch_multiplier=1,
    # Never kill a sender that may be waiting the 600 s for the answer to DATA (F59).
    task_time_limit=20 * 60,
    worker_soft_shutdown_timeout=30,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        # Whoever queues a message waits for this: no second try, the sweep rings again (F06).
        "max_retries": 0,
    },
    timezone="UTC",
    beat_schedule={
        "sweep the outbox": {
            "task": "submission.sweep",
            "schedule": 15.0,
            # A beat tick that waited is worth nothing once the next one rings.
            "options": {"expires": 15.0},
        },
        "prove the index": {
            "task": "index.prove",
            "schedule": 600.0,
            "options": {"expires": 600.0},
        },
        "sweep left-over uploads": {"task": "web.sweep_uploads", "schedule": 3600.0},
    },
)
app.autodiscover_tasks(["webmail.index", "webmail.push", "webmail.submission", "webmail.web"])
