"""The doors of previews to Celery.  A task carries a key; the file lies beside its preview."""

import logging
import time

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from webmail.attachments import previews
from webmail.celery import app

log = logging.getLogger(__name__)


@app.task(name="attachments.make_preview", ignore_result=True)
def make_preview(user_id: int, key: str) -> None:
    previews.make(user_id, key)


@app.task(name="attachments.sweep_previews", ignore_result=True)
def sweep_previews() -> None:
    previews.sweep(now=time.time())


def ask_for_preview(user_id: int, key: str) -> bool:
    """Lets a worker make it; False when nobody can be told."""
    try:
        app.send_task("attachments.make_preview", (user_id, key), retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("Redis does not take hints: task=attachments.make_preview error=%s", error)
        return False
    return True
