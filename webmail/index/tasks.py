"""The index's doors to Celery.  A task carries a mailbox's key; what it finds is in the row."""

import logging
import random
import threading
import time

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from webmail.accounts.models import Account
from webmail.celery import Background, app
from webmail.index import growing, working
from webmail.index.models import IndexedMailbox
from webmail.store.mailbox import SpecialUse

log = logging.getLogger(__name__)

PICTURES_AFTER_S = (20.0, 600.0)
# Where mail arrives to be read: not in Junk, and not what one wrote.
_WHERE_MAIL_ARRIVES = ("", SpecialUse.INBOX, SpecialUse.ARCHIVE)
_pictures_at: dict[int, float] = {}
_outcomes_at: dict[int, int] = {}  # UIDNEXT when it was last looked at


# One mailbox grows at a time in a worker: its other threads are for what somebody waits for,
# previews and searches.
_growing = threading.Lock()


@app.task(name="index.grow", base=Background, ignore_result=True)
def grow(mailbox_id: int) -> None:
    if not _growing.acquire(blocking=False):
        grow.come_again(mailbox_id)
        return
    try:
        is_left = working.grow(mailbox_id)
    finally:
        _growing.release()
    if is_left:
        _ring("index.grow", mailbox_id)


@app.task(name="index.sync", ignore_result=True)
def sync(mailbox_id: int) -> None:
    mailbox = working.sync(mailbox_id)
    if mailbox is not None:
        wake_pictures(mailbox)
        wake_outcomes(mailbox)
        if not mailbox.is_whole:
            wake_growth(mailbox)


@app.task(name="index.catch_up", base=Background, ignore_result=True)
def catch_up(account_id: int) -> None:
    for mailbox_id in working.list_mailboxes(account_id):
        sync(mailbox_id)


@app.task(name="index.prove", base=Background, ignore_result=True)
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


def wake_pictures(mailbox: IndexedMailbox) -> None:
    """Lets a worker fetch pictures some minutes later, for those who want it so.

    When exactly says nothing of when the mail is read; one ring is under way at a time.
    """
    now = time.monotonic()
    if _pictures_at.get(mailbox.pk, 0.0) > now or not _wants_pictures(mailbox):
        return
    wait_s = random.uniform(*PICTURES_AFTER_S)  # noqa: S311 - no secret hangs on it
    _pictures_at[mailbox.pk] = now + wait_s
    _ring("web.fetch_pictures", mailbox.pk, countdown=wait_s)


def wake_outcomes(mailbox: IndexedMailbox) -> None:
    """Lets a worker look whether what came are reports on mail that was sent."""
    if mailbox.special_use not in _WHERE_MAIL_ARRIVES:
        return
    if _outcomes_at.get(mailbox.pk) != mailbox.uidnext:
        _outcomes_at[mailbox.pk] = mailbox.uidnext
        _ring("web.learn_outcomes", mailbox.pk)


def _wants_pictures(mailbox: IndexedMailbox) -> bool:
    if mailbox.special_use not in _WHERE_MAIL_ARRIVES:
        return False
    return Account.objects.filter(pk=mailbox.account_id, user__fetches_on_arrival=True).exists()


def wake_all(account_id: int) -> None:
    """Lets a worker bring every mailbox of the account in step: somebody came to read."""
    _ring("index.catch_up", account_id)


def _ring(name: str, *numbers: int | str, countdown: float | None = None) -> bool:
    """False, and a line in the log, when Redis is away: the next page rings again."""
    try:
        app.send_task(name, numbers, retry=False, countdown=countdown)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("Redis does not take hints: task=%s error=%s", name, error)
        return False
    return True
