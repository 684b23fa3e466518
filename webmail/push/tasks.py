"""What the worker does and tells of, and the watcher's bell to it.

A lost ring costs nothing: a draw reconciles too.
"""

import logging

from django.db import transaction
from kombu.exceptions import OperationalError

from webmail.celery import app
from webmail.index import asking
from webmail.push import notifying, owing
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


def ring_notice(user_id: int, kind: Kind) -> None:
    """Has every browser of a person told, each by a task of its own: one may be slow."""
    ids = owing.owe(user_id, kind)
    transaction.on_commit(lambda: ring_browsers(ids))


def ring_browsers(notice_ids: list[int]) -> None:
    """The rows are the truth: what is rung for in vain the sweep finds."""
    try:
        for notice_id in notice_ids:
            notify_browser.apply_async((notice_id,), retry=False, expires=_EXPIRES_SECONDS)
    except (OperationalError, *Away) as error:
        log.warning("Redis takes no hints: task=push.notify error=%s", type(error).__name__)


@app.task(name="push.sweep", ignore_result=True)
def sweep() -> None:
    ring_browsers(owing.due())


@app.task(name="push.notify_browser", ignore_result=True)
def notify_browser(notice_id: int) -> None:
    notice = owing.take(notice_id)
    if notice is None:
        return
    try:
        notifying.deliver(notice.subscription_id, Kind(notice.kind))
    except notifying.TryLater as problem:
        if not owing.is_last_try(notice):
            return
        log.info("push given up: subscription=%s reason=%s", notice.subscription_id, problem)
    owing.settle(notice)
