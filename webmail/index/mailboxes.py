"""The mailboxes of an account as they were last listed, and what is news to them."""

import threading
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from webmail.accounts.ready import Ready
from webmail.index.keeping import ALIAS, dispensable
from webmail.index.models import IndexedAccount, IndexedMailbox, IndexedMessage
from webmail.store.mailbox import MailboxStatus, MailboxSummary, SpecialUse

_INBOX = "INBOX"
# Every list asks these.
_account = Ready(lambda pk: IndexedAccount.objects.filter(account_id=pk))
_mailbox = Ready(lambda account, name: IndexedMailbox.objects.filter(account_id=account, name=name))
_mailboxes = Ready(
    lambda pk: IndexedMailbox.objects.filter(account_id=pk).order_by("position", "pk")
)
_COLUMNS = [column.attname for column in IndexedMailbox._meta.concrete_fields]
_NAME = _COLUMNS.index("name")
_SUMMED = (
    *("listed", "name", "delimiter", "special_use", "is_selectable", "is_subscribed"),
    *("messages_told", "unseen", "uidnext", "uidvalidity", "highestmodseq"),
)
_summed = itemgetter(*map(_COLUMNS.index, _SUMMED))
_KEPT_ACCOUNTS = 64
_kept: dict[int, tuple[tuple[tuple[Any, ...], ...], tuple[IndexedMailbox, ...]]] = {}
_kept_lock = threading.Lock()
_LISTED_FIELDS = (
    *("delimiter", "special_use", "is_selectable", "is_subscribed", "position", "listed"),
    *("messages_told", "unseen"),
)


def tell(account_id: int, *names: str) -> None:
    """Something happened in these mailboxes (in all, if none is named): who draws asks first.

    Called before anybody is told, and after every change of ours.
    """
    rows = IndexedMailbox.objects.filter(account_id=account_id)
    if names:
        rows = rows.filter(name__in=names)
    with transaction.atomic(using=ALIAS):
        rows.update(told=F("told") + 1)
        IndexedAccount.objects.filter(account_id=account_id).update(list_told=F("list_told") + 1)


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an account at one moment: how it is watched, and its mailboxes."""

    account_id: int
    account: IndexedAccount | None
    _told: dict[str, tuple[Any, ...]]
    _rows: dict[str, IndexedMailbox] = field(default_factory=dict)

    def row(self, name: str) -> IndexedMailbox | None:
        """Made when asked for: a page needs two or three, and making one takes longer than
        reading all."""
        if name not in self._rows and name in self._told:
            self._rows[name] = _mailboxes.model_of(self._told[name], self.account_id)
        return self._rows.get(name)

    def in_step(self, name: str, now: datetime) -> IndexedMailbox | None:
        """The mailbox if its rows agree with the server without asking it."""
        row = self.row(name)
        return row if row is not None and is_in_step(self.account, row, now) else None

    def list_in_step(self, now: datetime) -> tuple[MailboxSummary, ...] | None:
        """The list of mailboxes with their counts, if it is what the server would tell."""
        account = self.account
        is_true = (
            account is not None
            and account.watches_all
            and is_watched(account, _INBOX, now)
            and account.list_told == account.list_heard
        )
        return self.summaries() if is_true else None

    def summaries(self) -> tuple[MailboxSummary, ...]:
        """The list as it was last told, in step or not."""
        return tuple(_summary(*told) for told in map(_summed, self._told.values()) if told[0])


def know(account_id: int) -> Known:
    told = {row[_NAME]: row for row in _mailboxes.raw(account_id)}
    return Known(account_id, find_account(account_id), told)


def all_mailboxes(account_id: int) -> tuple[IndexedMailbox, ...]:
    """Every mailbox that is remembered, in the order of the list.  To be read only: the same
    ones are given out as long as nothing of them changes."""
    told = tuple(_mailboxes.raw(account_id))
    with _kept_lock:
        kept = _kept.get(account_id)
    if kept is None or kept[0] != told:
        kept = told, tuple(_mailboxes.model_of(each, account_id) for each in told)
        with _kept_lock:
            if len(_kept) >= _KEPT_ACCOUNTS:
                _kept.clear()
            _kept[account_id] = kept
    return kept[1]


def find_account(account_id: int) -> IndexedAccount | None:
    return _account.find(account_id)


def find_mailbox(account_id: int, name: str) -> IndexedMailbox | None:
    return _mailbox.find(account_id, name)


def is_watched(account: IndexedAccount | None, name: str, now: datetime) -> bool:
    """Whether news of this mailbox would have been told."""
    return (
        account is not None
        and account.watched_until is not None
        and account.watched_until > now
        and (account.watches_all or name == _INBOX)
    )


def is_in_step(account: IndexedAccount | None, mailbox: IndexedMailbox, now: datetime) -> bool:
    """Whether its rows agree with the server without asking it."""
    return mailbox.told == mailbox.heard and is_watched(account, mailbox.name, now)


# -- the list ------------------------------------------------------------------------------------


def count_told(account_id: int) -> int:
    """To be read before the server is asked for the list, and given to ``remember``."""
    account = find_account(account_id)
    if account is None:
        account, _ = IndexedAccount.objects.get_or_create(account_id=account_id)
    return account.list_told


def remember(account_id: int, summaries: Iterable[MailboxSummary], *, told: int) -> None:
    """Keeps what the server just listed.  Mailboxes it no longer lists lose their rows."""
    known = {row.name: row for row in all_mailboxes(account_id)}
    new, changed = [], []
    for position, summary in enumerate(summaries):
        row = known.pop(summary.name, None)
        fields = _fields(summary, position)
        if row is None:
            new.append(IndexedMailbox(account_id=account_id, name=summary.name, **fields))
        elif any(getattr(row, name) != value for name, value in fields.items()):
            changed.append(_with(copy(row), fields))
    with dispensable(), transaction.atomic(using=ALIAS):
        _forget([row.pk for row in known.values()])
        IndexedMailbox.objects.bulk_create(new, ignore_conflicts=True)
        if changed:
            IndexedMailbox.objects.bulk_update(changed, _LISTED_FIELDS)
        account = IndexedAccount.objects.filter(account_id=account_id)
        account.update(list_heard=told, listed_at=timezone.now())


def forget_mailbox(mailbox: IndexedMailbox) -> None:
    with transaction.atomic(using=ALIAS):
        _forget([mailbox.pk])


def forget_account(account_id: int) -> None:
    """Everything remembered of an account that is gone."""
    rows = IndexedMailbox.objects.filter(account_id=account_id)
    with transaction.atomic(using=ALIAS):
        _forget(list(rows.values_list("pk", flat=True)))
        IndexedAccount.objects.filter(account_id=account_id).delete()


def _forget(keys: list[int]) -> None:
    for key in keys:
        low, high = IndexedMailbox(pk=key).keys
        IndexedMessage.objects.filter(pk__range=(low, high)).delete()
    IndexedMailbox.objects.filter(pk__in=keys).delete()


@lru_cache(maxsize=1024)
def _summary(
    _listed: int,
    name: str,
    delimiter: str,
    special_use: str,
    is_selectable: int,
    is_subscribed: int,
    *counts: int,
) -> MailboxSummary:
    """From the columns of _SUMMED."""
    return MailboxSummary(
        name=name,
        delimiter=delimiter,
        special_use=SpecialUse(special_use) if special_use else None,
        is_selectable=bool(is_selectable),
        is_subscribed=bool(is_subscribed),
        status=MailboxStatus(*counts) if is_selectable else None,
    )


def _fields(summary: MailboxSummary, position: int) -> dict[str, object]:
    status = summary.status
    counts = {"messages_told": status.messages, "unseen": status.unseen} if status else {}
    return {
        "delimiter": summary.delimiter,
        "special_use": summary.special_use.value if summary.special_use else "",
        "is_selectable": summary.is_selectable,
        "is_subscribed": summary.is_subscribed,
        "position": position,
        "listed": True,
        **counts,
    }


def _with(row: IndexedMailbox, fields: dict[str, object]) -> IndexedMailbox:
    for name, value in fields.items():
        setattr(row, name, value)
    return row
