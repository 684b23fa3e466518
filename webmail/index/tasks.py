"""The index's doors to Celery.  A task carries a mailbox's key; what it finds is in the row."""

import logging

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from webmail.celery import app
from webmail.index import growing, working
from webmail.index.models import IndexedMailbox

log = logging.getLogger(__name__)


@app.task(name="index.grow", ignore_result=True)
def grow(mailbox_id: int) -> None:
    if working.grow(mailbox_id):
        _ring("index.grow", mailbox_id)


@app.task(name="index.sync", ignore_result=True)
def sync(mailbox_id: int) -> None:
    mailbox = working.sync(mailbox_id)
    if mailbox is not None and not mailbox.is_whole:
        wake_growth(mailbox)


@app.task(name="index.catch_up", ignore_result=True)
def catch_up(account_id: int) -> None:
    for mailbox_id in working.list_mailboxes(account_id):
        sync(mailbox_id)


@app.task(name="index.prove", ignore_result=True)
def prove() -> None:
    working.prove_oldest()


def wake_search(user_id: int, search_id: str) -> bool:
    """Lets a worker ask the mail server; False when nobody can be told."""
    return _ring("push.search_text", user_id, search_id)


def wake_growth(mailbox: IndexedMailbox) -> None:
    """Lets a worker add older messages, unless one does already.

    The claim stands for a minute even if Redis is away: no page waits for it again and again.
    """
    if growing.claim(mailbox):
        _ring("index.grow", mailbox.pk)


def wake_all(account_id: int) -> None:
    """Lets a worker bring every mailbox of the account in step: somebody came to read."""
    _ring("index.catch_up", account_id)


def _ring(name: str, *numbers: int | str) -> bool:
    """False, and a line in the log, when Redis is away: the next page rings again."""
    try:
        app.send_task(name, numbers, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("Redis does not take hints: task=%s error=%s", name, error)
        return False
    return True
