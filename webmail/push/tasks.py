"""What the worker does and tells of, and the watcher's bell to it.

A lost ring costs nothing: a draw reconciles too.
"""

import logging

from kombu.exceptions import OperationalError

from webmail.celery import app
from webmail.index import asking
from webmail.push.hub import Away, Word, publish

log = logging.getLogger(__name__)

# A ring that waited longer says nothing that the next draw does not find out.
_EXPIRES_SECONDS = 60


def ring_sync(mailbox_id: int) -> None:
    """Asks a worker to bring this mailbox's index in step."""
    try:
        app.send_task("index.sync", args=(mailbox_id,), retry=False, expires=_EXPIRES_SECONDS)
    except (OperationalError, *Away) as error:
        log.warning("Redis takes no hints: mailbox=%s error=%s", mailbox_id, type(error).__name__)


@app.task(name="push.search_text", ignore_result=True)
def search_text(user_id: int, search_id: str) -> None:
    """Lets the mail servers search; an open page hears of each mailbox that is done."""
    asking.carry_out(user_id, search_id, lambda: publish(user_id, Word(search=search_id)))
