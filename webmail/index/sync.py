"""Keeps the rows of a mailbox in step with its server.

The server is asked first, then everything is written in one transaction, and only if nobody
else wrote meanwhile (``version``): who read an older state must not put it over a newer one.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from webmail.accounts.ready_insert import ReadyInsert
from webmail.index import conversations, words
from webmail.index.keeping import ALIAS
from webmail.index.mailboxes import forget_mailbox
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import (
    FLAG_FIELDS,
    flag_columns,
    message_from_facts,
    uid_of,
    uid_ranges,
)
from webmail.store.mailbox import Changes, FlagState, MailboxStatus, MessageFacts
from webmail.store.protocol import MailStore

log = logging.getLogger(__name__)

# More news than this at once, and the index begins anew from the top instead.
MOST_AT_ONCE = 1000
# Without CONDSTORE a draw looks at the flags of so many of the newest; a proof looks at all.
FLAGS_WINDOW = 500
_MOST_PARAMETERS = 900
_WORTH_A_WRITE = timedelta(seconds=30)


def reconcile(store: MailStore, account_id: int, name: str) -> IndexedMailbox:
    """The mailbox's row, its messages made to agree with the server.

    One command when nothing happened.  Raises the StoreError tree; MailboxNotFound when
    the mailbox is gone.
    """
    mailbox, _ = IndexedMailbox.objects.get_or_create(account_id=account_id, name=name)
    if not mailbox.uidvalidity:
        return begin(mailbox, store.status(name))
    for _ in range(2):
        changes = store.changes_since(name, mailbox.status)
        if changes.status.uidvalidity != mailbox.uidvalidity:
            return _begin_anew(mailbox, changes.status)
        if not changes.is_whole:
            changes = _compare(store, mailbox, changes.status)
        mailbox = _write(mailbox, changes, _arrived(store, mailbox, changes))
        # What came or went between the status and the rest makes the sum wrong for once.
        if _adds_up(mailbox):
            return mailbox
    return repair(store, mailbox)


def begin(mailbox: IndexedMailbox, status: MailboxStatus) -> IndexedMailbox:
    """An empty index of the mailbox: all of it is still to be grown."""
    rows = IndexedMailbox.objects.filter(pk=mailbox.pk, version=mailbox.version)
    rows.update(
        version=F("version") + 1,
        grown_down_to=max(status.uidnext, 1) if status.messages else 1,
        heard=mailbox.told,
        synced_at=timezone.now(),
        **_watermark(status),
    )
    mailbox.refresh_from_db()
    return mailbox


def _begin_anew(mailbox: IndexedMailbox, status: MailboxStatus) -> IndexedMailbox:
    """Another UIDVALIDITY: every row named a message that is no more (F44).

    A new key for the mailbox, so that no key of a message is ever used twice.
    """
    log.info("mailbox made anew: mailbox=%s", mailbox.pk)
    forget_mailbox(mailbox)
    fresh, _ = IndexedMailbox.objects.get_or_create(
        account_id=mailbox.account_id,
        name=mailbox.name,
        defaults={
            field: getattr(mailbox, field)
            for field in (
                *("delimiter", "special_use", "is_selectable", "is_subscribed"),
                *("position", "listed", "told"),
            )
        },
    )
    return begin(fresh, status)


# -- what happened -------------------------------------------------------------------------------


def _compare(store: MailStore, mailbox: IndexedMailbox, status: MailboxStatus) -> Changes:
    """The changes a server without CONDSTORE or QRESYNC does not tell, by looking."""
    there = numbers(store.uids(mailbox.name))
    held = held_uids(mailbox)
    kept = sorted(held & there, reverse=True)[:FLAGS_WINDOW]
    new = sorted(uid for uid in there if mailbox.uidnext <= uid < status.uidnext)
    low = min([*kept, *new[: MOST_AT_ONCE + 1]], default=0)
    high = max([*kept, *new[: MOST_AT_ONCE + 1]], default=0)
    flags = store.flag_states(mailbox.name, range(low, high + 1)) if low else ()
    return Changes(status, tuple(flags), tuple(uid_ranges(held - there)))


def numbers(spans: Iterable[range]) -> set[int]:
    return {uid for span in spans for uid in span}


def held_uids(mailbox: IndexedMailbox) -> set[int]:
    """The UIDs of all rows of the mailbox."""
    keys = IndexedMessage.objects.filter(pk__range=mailbox.keys).values_list("pk", flat=True)
    return {uid_of(key) for key in keys.iterator(chunk_size=10_000)}


def _arrived(store: MailStore, mailbox: IndexedMailbox, changes: Changes) -> list[MessageFacts]:
    """The facts of what is new; nothing when there is too much of it."""
    new = _new_uids(mailbox, changes)
    if not new or len(new) > MOST_AT_ONCE:
        return []
    return list(store.facts(mailbox.name, uid_ranges(new)))


def _new_uids(mailbox: IndexedMailbox, changes: Changes) -> list[int]:
    """Later ones than the status counts wait for the next round."""
    low, high = mailbox.uidnext, changes.status.uidnext
    return [state.uid for state in changes.flags if low <= state.uid < high]


# -- writing it ----------------------------------------------------------------------------------


def _write(
    mailbox: IndexedMailbox, changes: Changes, arrived: Sequence[MessageFacts]
) -> IndexedMailbox:
    if changes == Changes(mailbox.status):
        return _nothing_happened(mailbox)
    with transaction.atomic(using=ALIAS):
        if _claim(mailbox, changes.status):
            touched = delete(mailbox, changes.vanished)
            update_flags(mailbox, changes.flags)
            touched |= insert(mailbox, arrived)
            conversations.mark_newest(mailbox.pk, touched)
            if not arrived and _new_uids(mailbox, changes):
                _leave_a_gap(mailbox, changes.status)
    mailbox.refresh_from_db()
    return mailbox


def _nothing_happened(mailbox: IndexedMailbox) -> IndexedMailbox:
    """Mostly not even worth a write."""
    now = timezone.now()
    is_old = mailbox.synced_at is None or now - mailbox.synced_at > _WORTH_A_WRITE
    if mailbox.heard != mailbox.told or is_old:
        rows = IndexedMailbox.objects.filter(pk=mailbox.pk, version=mailbox.version)
        if rows.update(heard=mailbox.told, synced_at=now):
            mailbox.heard, mailbox.synced_at = mailbox.told, now
    return mailbox


def _claim(mailbox: IndexedMailbox, status: MailboxStatus) -> bool:
    """Whether the rows are still those that we compared; then they are ours to change."""
    rows = IndexedMailbox.objects.filter(pk=mailbox.pk, version=mailbox.version)
    return bool(
        rows.update(
            version=F("version") + 1,
            heard=mailbox.told,
            synced_at=timezone.now(),
            **_watermark(status),
        )
    )


def _watermark(status: MailboxStatus) -> dict[str, int]:
    return {
        "uidvalidity": status.uidvalidity,
        "uidnext": status.uidnext,
        "highestmodseq": status.highestmodseq,
        "messages": status.messages,
        "messages_told": status.messages,
        "unseen": status.unseen,
    }


def _leave_a_gap(mailbox: IndexedMailbox, status: MailboxStatus) -> None:
    """So much came at once that the index grows down from the top again."""
    IndexedMailbox.objects.filter(pk=mailbox.pk).update(grown_down_to=max(status.uidnext, 1))


def _adds_up(mailbox: IndexedMailbox) -> bool:
    return not mailbox.is_whole or mailbox.held == mailbox.messages


_messages = ReadyInsert(IndexedMessage)


def insert(mailbox: IndexedMailbox, arrived: Sequence[MessageFacts]) -> set[int]:
    """Adds rows, inside the caller's transaction; the conversations that they have a part in
    beside others, so that the newest of each must be looked for."""
    low, high = mailbox.keys
    keys = [mailbox.first_key | facts.ref.uid for facts in arrived]
    if not keys:
        return set()
    known = IndexedMessage.objects.filter(pk__range=(min(keys), max(keys)))
    there = set(known.values_list("pk", flat=True))
    pairs = [
        (message_from_facts(mailbox, f), f)
        for f, key in zip(arrived, keys, strict=True)
        if key not in there and low < key <= high
    ]
    together = conversations.assign(mailbox.account_id, pairs)
    rows = [row for row, _ in pairs]
    _messages.add(rows)
    words.add(rows)
    IndexedMailbox.objects.filter(pk=mailbox.pk).update(held=F("held") + len(rows))
    return together


def delete(mailbox: IndexedMailbox, vanished: Iterable[range]) -> set[int]:
    """Removes rows, inside the caller's transaction; the conversations they belonged to."""
    touched: set[int] = set()
    count = 0
    for span in vanished:
        keys = (mailbox.first_key | span.start, mailbox.first_key | (span.stop - 1))
        rows = IndexedMessage.objects.filter(pk__range=keys)
        touched.update(rows.values_list("conversation", flat=True))
        count += rows.delete()[0]
    if count:
        IndexedMailbox.objects.filter(pk=mailbox.pk).update(held=F("held") - count)
    return touched


def update_flags(mailbox: IndexedMailbox, states: Iterable[FlagState]) -> int:
    """Writes flags over those of the rows there are; how many rows changed."""
    by_key = {mailbox.first_key | state.uid: state for state in states}
    changed = []
    for keys in _slices(sorted(by_key)):
        for row in IndexedMessage.objects.filter(pk__in=keys):
            columns = flag_columns(by_key[row.pk].flags, by_key[row.pk].modseq)
            if any(getattr(row, name) != value for name, value in columns.items()):
                for name, value in columns.items():
                    setattr(row, name, value)
                changed.append(row)
    # An upsert of rows that are there: bulk_update's CASE takes ten times as long.
    IndexedMessage.objects.bulk_create(
        changed, update_conflicts=True, update_fields=FLAG_FIELDS, unique_fields=["id"]
    )
    return len(changed)


def _slices(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[at : at + _MOST_PARAMETERS] for at in range(0, len(keys), _MOST_PARAMETERS))


# -- making good ---------------------------------------------------------------------------------


def repair(store: MailStore, mailbox: IndexedMailbox) -> IndexedMailbox:
    """Compares every UID of the mailbox with the rows, and writes what was missed.

    What should never be needed, and is said in the log when it is.
    """
    log.warning("rows do not add up: mailbox=%s held=%s", mailbox.pk, mailbox.held)
    there = numbers(store.uids(mailbox.name))
    held = held_uids(mailbox)
    missing = uid_ranges(there - held)[:MOST_AT_ONCE]
    facts = list(store.facts(mailbox.name, missing)) if missing else []
    with transaction.atomic(using=ALIAS):
        touched = delete(mailbox, uid_ranges(held - there)) | insert(mailbox, facts)
        conversations.mark_newest(mailbox.pk, touched)
        count = IndexedMessage.objects.filter(pk__range=mailbox.keys).count()
        IndexedMailbox.objects.filter(pk=mailbox.pk).update(held=count, version=F("version") + 1)
    mailbox.refresh_from_db()
    return mailbox
