"""What the worker does and tells of, and the watcher's bell to it.

A lost ring costs nothing: a draw reconciles too.
"""

import logging

from celery import Task
from kombu.exceptions import OperationalError

from webmail.celery import app
from webmail.index import asking
from webmail.push import notifying, subscriptions
from webmail.push.hub import Away, Word, publish
from webmail.push.models import Kind

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


@app.task(name="push.notify", ignore_result=True)
def notify(user_id: int, kind: str) -> None:
    """Tells every browser of a person, each by a task of its own: one may be slow."""
    for row in subscriptions.claim(user_id, Kind(kind)):
        notify_browser.apply_async((row.pk, kind), retry=False)


@app.task(name="push.notify_browser", bind=True, max_retries=4, ignore_result=True)
def notify_browser(self: Task, subscription_id: int, kind: str) -> None:
    try:
        notifying.deliver(subscription_id, Kind(kind))
    except notifying.TryLater as problem:
        if self.request.retries >= self.max_retries:
            log.info("push given up: subscription=%s reason=%s", subscription_id, problem)
            return
        raise self.retry(countdown=20 * 4**self.request.retries) from problem


def ring_notice(user_id: int, kind: Kind) -> None:
    """Lets a worker tell the browsers of a person; without Redis they are not told."""
    try:
        app.send_task("push.notify", args=(user_id, kind.value), retry=False)
    except (OperationalError, *Away) as error:
        log.warning("Redis takes no hints: task=push.notify error=%s", type(error).__name__)
