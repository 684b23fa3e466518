"""Reminders of mail that nobody answers: set, put off, ended, and ended by an answer.

A reminder is never due before the mail server was asked whether somebody has answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connections, router
from django.db.models import Count, Q, QuerySet

from webmail.accounts.models import Account, User
from webmail.accounts.ready import ask
from webmail.store.mailbox import MessageSummary
from webmail.store.protocol import MailStore
from webmail.submission import clock
from webmail.submission.answers import Answer, Awaited, awaited, find_answer, found_in
from webmail.submission.models import FollowUp, Outgoing, State

OPEN = (FollowUp.State.WAITING, FollowUp.State.DUE)
ASK_AGAIN = timedelta(minutes=10)
ASK_FOR = timedelta(days=30)  # after which an answer is found when somebody looks at the list
MOST_OPEN = 500  # of one person
_LEFT = (State.ACCEPTED, State.DONE)
_ANYBODY = -(2**40)


class TooMany(Exception):
    """Somebody waits for more answers than anybody can look through."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many reminders somebody has, and of how many the time is over."""

    total: int = 0
    due: int = 0


# -- setting --------------------------------------------------------------------------------------


def set_with(row: Outgoing, remind_at: datetime) -> FollowUp:
    """For a message that is being queued, in the transaction that queues it."""
    return FollowUp.objects.create(
        user=row.user,
        account=row.account,
        outgoing=row,
        message_id=row.message_id,
        subject=row.subject,
        recipients=row.rcpt_to,
        sent_at=row.send_at,
        remind_at=remind_at,
    )


def set_for(
    account: Account,
    *,
    message_id: str,
    subject: str,
    recipients: Sequence[str],
    sent_at: datetime,
    remind_at: datetime,
) -> FollowUp:
    """For a message in Sent; a reminder that it has is moved.  Raises TooMany."""
    if open_of(account.user).count() >= MOST_OPEN:
        raise TooMany
    found, _ = FollowUp.objects.update_or_create(
        account=account,
        message_id=message_id,
        defaults={"remind_at": remind_at, "state": FollowUp.State.WAITING, "asked_at": None},
        create_defaults={
            "user": account.user,
            "outgoing": Outgoing.objects.filter(account=account, message_id=message_id).first(),
            "subject": subject[:998],
            "recipients": list(recipients),
            "sent_at": sent_at,
            "remind_at": remind_at,
        },
    )
    return found


def put_off(user: User, key: str, remind_at: datetime) -> bool:
    mine = FollowUp.objects.filter(user=user, key=key, state__in=OPEN)
    return bool(mine.update(state=FollowUp.State.WAITING, remind_at=remind_at, asked_at=None))


def end(user: User, key: str) -> bool:
    mine = FollowUp.objects.filter(user=user, key=key, state__in=OPEN)
    return bool(mine.update(state=FollowUp.State.DONE))


# -- finding --------------------------------------------------------------------------------------


def open_of(user: User) -> QuerySet[FollowUp]:
    """What is still waited for, the longest over first."""
    mine = FollowUp.objects.filter(user=user, state__in=OPEN)
    return mine.select_related("outgoing", "account").order_by("remind_at")


def find_open(account: Account, message_id: str) -> FollowUp | None:
    return FollowUp.objects.filter(account=account, message_id=message_id, state__in=OPEN).first()


def waiting_of(user: User) -> Waiting:
    """One query, asked by every page."""
    sql, values = _waiting_sql()
    values = tuple(user.pk if value == _ANYBODY else value for value in values)
    found = ask(connections[router.db_for_read(FollowUp)], sql, values)
    return Waiting(*found[0]) if found else Waiting()


@cache
def _waiting_sql() -> tuple[str, tuple[Any, ...]]:
    mine = FollowUp.objects.filter(user_id=_ANYBODY, state__in=OPEN)
    due = Count("pk", filter=Q(state=FollowUp.State.DUE))
    told = mine.order_by().values("user_id").annotate(total=Count("pk"), due=due)
    return told.values_list("total", "due").query.sql_with_params()


# -- asking ---------------------------------------------------------------------------------------


def to_ask_about(now: datetime) -> QuerySet[FollowUp]:
    """Those whose time has come, and those due that may have been answered since."""
    again = Q(asked_at__isnull=True) | Q(asked_at__lt=now - ASK_AGAIN)
    is_waiting = Q(state=FollowUp.State.WAITING, remind_at__lte=now)
    is_due = Q(state=FollowUp.State.DUE, remind_at__gt=now - ASK_FOR) & again
    has_left = Q(outgoing=None) | Q(outgoing__state__in=_LEFT)
    found = FollowUp.objects.filter(is_waiting | is_due).filter(has_left)
    return found.select_related("outgoing", "account", "account__user").order_by("remind_at")


def ask_about(store: MailStore, rows: Iterable[FollowUp]) -> bool:
    """What the mail server says of them; whether anything became another.

    Raises StoreError: then those not asked about stay as they were.
    """
    changed = False
    for row in rows:
        answer = find_answer(store, awaited_by(row))
        changed |= _note(row, answer)
    return changed


def have_come_due(rows: Iterable[FollowUp]) -> bool:
    """Whether one of these, as they were before they were asked about, is due since."""
    waited = [row.pk for row in rows if row.state == FollowUp.State.WAITING]
    return FollowUp.objects.filter(pk__in=waited, state=FollowUp.State.DUE).exists()


def clear_answered(store: MailStore, account_id: int, summaries: Iterable[MessageSummary]) -> bool:
    """Ends the reminders that one of these messages answers; whether there was one."""
    rows = FollowUp.objects.filter(account=account_id, state__in=OPEN).select_related("outgoing")
    known, changed = tuple(summaries), False
    for row in rows:
        answer = found_in(store, known, awaited_by(row))
        changed |= answer is not None and _note(row, answer)
    return changed


def is_awaiting(account_id: int) -> bool:
    return FollowUp.objects.filter(account=account_id, state__in=OPEN).exists()


def awaited_by(row: FollowUp) -> Awaited:
    outgoing = row.outgoing
    since = (outgoing.accepted_at if outgoing else None) or row.sent_at
    # The server that files the answer may have another clock than the one that took the mail.
    return awaited([row.message_id], row.recipients, since - timedelta(minutes=5))


def _note(row: FollowUp, answer: Answer | None) -> bool:
    """Only over the state it was asked in: somebody may have put it off meanwhile."""
    same = FollowUp.objects.filter(pk=row.pk, state=row.state, remind_at=row.remind_at)
    now = clock.now()
    if answer is not None:
        ended = {"answered_by": answer.by, "answered_at": answer.at}
        return bool(same.update(state=FollowUp.State.ANSWERED, asked_at=now, **ended))
    if row.remind_at > now:
        return False
    is_new = row.state == FollowUp.State.WAITING
    return bool(same.update(state=FollowUp.State.DUE, asked_at=now)) and is_new
