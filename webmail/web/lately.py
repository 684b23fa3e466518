"""The mail that came to a mailbox lately, for a worker to look at once."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.utils import timezone

from webmail.accounts import grants
from webmail.accounts.models import Account
from webmail.index.recent import find_recent
from webmail.index.telling import store_for_worker
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailStore, StoreError

T = TypeVar("T")
log = logging.getLogger(__name__)

LATELY = timedelta(hours=2)
MOST_MESSAGES = 20


class Lately:
    """``purpose`` is its name in the log.

    What was looked at is known in this process: after a restart it is looked at again, which
    must do no harm.
    """

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose
        self._done: dict[int, MessageRef] = {}

    def look(
        self, mailbox_id: int, account: Account, act: Callable[[MailStore, list[MessageRef]], T]
    ) -> T | None:
        """What ``act`` makes of them; None where none came, or nobody lets us read them."""
        refs = self._new(mailbox_id)
        password = grants.password_of(account) if refs else None
        if password is None:
            return None
        try:
            with store_for_worker(account, password) as store:
                made = act(store, refs)
        except StoreError as problem:
            kind = type(problem).__name__
            log.info("%s put off: account=%s kind=%s", self._purpose, account.pk, kind)
            return None
        self._done[mailbox_id] = refs[-1]
        return made

    def forget_all(self) -> None:
        self._done.clear()

    def _new(self, mailbox_id: int) -> list[MessageRef]:
        refs = find_recent(mailbox_id, timezone.now() - LATELY, most=MOST_MESSAGES)
        done = self._done.get(mailbox_id)
        if done is None:
            return refs
        return [
            each for each in refs if each.uidvalidity != done.uidvalidity or each.uid > done.uid
        ]
