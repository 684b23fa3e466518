"""Reminders of mail that nobody answers, kept in step with what comes and with the time.

Only while somebody lets their mailbox be read: a reminder waits until then, and is late
rather than wrong.
"""

import logging

from webmail.accounts import grants
from webmail.accounts.models import Account
from webmail.index.recent import account_of
from webmail.index.telling import store_for_worker
from webmail.push.hub import Word, publish
from webmail.push.models import Kind
from webmail.push.tasks import ring_notice
from webmail.store.protocol import StoreError
from webmail.submission import clock, follow_ups
from webmail.submission.models import FollowUp
from webmail.web.lately import Lately

log = logging.getLogger(__name__)

PER_LOOK = 100
# After a restart the same change nothing.
lately = Lately("answers")


def clear_answered(mailbox_id: int) -> None:
    """Ends the reminders that what came to a mailbox lately answers."""
    account = Account.objects.filter(pk=account_of(mailbox_id)).select_related("user").first()
    if account is None or not follow_ups.is_awaiting(account.pk):
        return
    changed = lately.look(
        mailbox_id,
        account,
        lambda store, refs: follow_ups.clear_answered(store, account.pk, store.summaries(refs)),
    )
    if changed:
        _tell(account)


def remind() -> None:
    """Asks about all whose time has come, account by account."""
    by_account: dict[int, list[FollowUp]] = {}
    readable = grants.living().values("account_id")
    for row in follow_ups.to_ask_about(clock.now()).filter(account__in=readable)[:PER_LOOK]:
        by_account.setdefault(row.account_id, []).append(row)
    for rows in by_account.values():
        _ask_about(rows[0].account, rows)


def _ask_about(account: Account, rows: list[FollowUp]) -> None:
    password = grants.password_of(account)
    if password is None:
        return
    try:
        with store_for_worker(account, password) as store:
            changed = follow_ups.ask_about(store, rows)
    except StoreError as problem:
        log.info("reminders put off: account=%s kind=%s", account.pk, type(problem).__name__)
        return
    if changed:
        _tell(account)
    if follow_ups.have_come_due(rows):
        ring_notice(account.user_id, Kind.DUE)


def _tell(account: Account) -> None:
    """Open pages look again."""
    publish(account.user_id, Word(account.key))
