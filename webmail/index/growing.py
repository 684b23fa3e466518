"""The index grows backwards from the newest message, a batch at a time.

A batch is asked of the server, then written in one transaction, unless the rows were made
to agree with a newer state meanwhile: then it is asked again.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from webmail.index import conversations, turns
from webmail.index.keeping import ALIAS
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import DRESS_FIELDS, dress_columns, facts_of, uid_of
from webmail.index.sync import insert
from webmail.store.mailbox import MessageFacts, MessageRef, MessageSummary
from webmail.store.protocol import MailStore


@dataclass(frozen=True, slots=True)
class _Batch:
    """Everything the server has down to the UID ``low``, below what was known before."""

    facts: list[MessageFacts]
    low: int


BATCH = 500
DRESSED = 1000
_CLAIM = timedelta(seconds=60)


def claim(mailbox: IndexedMailbox) -> bool:
    """Whether the caller may make it grow: one at a time is enough."""
    now = timezone.now()
    if mailbox.growing_until is not None and mailbox.growing_until >= now:
        # Every list of a growing mailbox asks: it must not wait for a lock to hear no.
        return False
    rows = IndexedMailbox.objects.filter(pk=mailbox.pk)
    free = rows.filter(Q(growing_until=None) | Q(growing_until__lt=now))
    return bool(free.update(growing_until=now + _CLAIM))


def release(mailbox: IndexedMailbox) -> None:
    IndexedMailbox.objects.filter(pk=mailbox.pk).update(growing_until=None)


def grow(
    store: MailStore,
    mailbox: IndexedMailbox,
    *,
    for_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> IndexedMailbox:
    """Adds older messages until the mailbox is whole or the time is up."""
    end = clock() + for_s
    waiting = [span for span in store.uids(mailbox.name) if span.start < mailbox.grown_down_to]

    def ask(below: int) -> _Batch:
        spans = _take(waiting, below, BATCH)
        facts = list(store.facts(mailbox.name, spans)) if spans else []
        low = min((span.start for span in spans), default=1)
        return _Batch(facts, low if _is_left(waiting, low) else 1)

    with ThreadPoolExecutor(1, thread_name_prefix="growing") as server:
        ahead = server.submit(ask, mailbox.grown_down_to)
        while not mailbox.is_whole and clock() < end:
            batch = ahead.result()
            # The server looks for the next batch while this one is written.  What it finds
            # is only good if nothing but this writing came between.
            ahead = server.submit(ask, batch.low)
            turns.give_way()
            if not _write(mailbox, batch.facts, batch.low):
                ahead.result()
                ahead = server.submit(ask, mailbox.grown_down_to)
            rows = IndexedMailbox.objects.filter(pk=mailbox.pk)
            rows.update(growing_until=timezone.now() + _CLAIM)
    return mailbox


def extend(store: MailStore, mailbox: IndexedMailbox, size: int) -> IndexedMailbox:
    """The next ``size`` messages, dressed, at once: for a page that somebody waits for."""
    page = store.page(mailbox.name, older_than=mailbox.grown_down_to, size=size)
    if page.uidvalidity == mailbox.uidvalidity:
        facts = [facts_of(row) for row in page.rows]
        low = min((row.ref.uid for row in page.rows), default=1)
        if _write(mailbox, facts, low if page.has_older else 1):
            _dress(mailbox, page.rows)
    return mailbox


def _take(waiting: Sequence[range], below: int, size: int) -> list[range]:
    """The ``size`` highest UIDs under ``below``, as ranges."""
    taken: list[range] = []
    for span in reversed(waiting):
        stop = min(span.stop, below)
        if stop > span.start and size > 0:
            taken.append(range(max(span.start, stop - size), stop))
            size -= len(taken[-1])
    return taken


def _is_left(waiting: Sequence[range], below: int) -> bool:
    return bool(waiting) and waiting[0].start < below


def _write(mailbox: IndexedMailbox, facts: Sequence[MessageFacts], low: int) -> bool:
    """Adds the rows; False when the mailbox was reconciled since ``mailbox`` was read."""
    with transaction.atomic(using=ALIAS):
        rows = IndexedMailbox.objects.filter(pk=mailbox.pk, version=mailbox.version)
        is_ours = bool(rows.update(grown_down_to=low))
        if is_ours:
            touched = insert(mailbox, facts)
            conversations.mark_newest(mailbox.pk, touched)
            # Here, so that a version of somebody else's is never taken for our own.
            mailbox.refresh_from_db()
    if not is_ours:
        mailbox.refresh_from_db()
    return is_ours


# -- structures and previews ---------------------------------------------------------------------


def dress(store: MailStore, mailbox: IndexedMailbox, uids: Sequence[int]) -> None:
    """Fetches what only a row on a page needs."""
    refs = [MessageRef(mailbox.name, mailbox.uidvalidity, uid) for uid in uids]
    _dress(mailbox, store.summaries(refs) if refs else ())


def dress_newest(store: MailStore, mailbox: IndexedMailbox, *, size: int = 50) -> int:
    """The next ``size`` of the newest DRESSED that are bare; how many there were."""
    newest = IndexedMessage.objects.filter(mailbox_id=mailbox.pk).order_by("-internal_date")
    bare = newest.values_list("pk", "is_dressed")[:DRESSED]
    uids = [uid_of(key) for key, is_dressed in bare if not is_dressed][:size]
    dress(store, mailbox, uids)
    return len(uids)


def _dress(mailbox: IndexedMailbox, summaries: Sequence[MessageSummary]) -> None:
    by_key = {mailbox.first_key | summary.ref.uid: summary for summary in summaries}
    rows = list(IndexedMessage.objects.filter(pk__in=list(by_key)))
    for row in rows:
        for name, value in dress_columns(by_key[row.pk]).items():
            setattr(row, name, value)
    with transaction.atomic(using=ALIAS):
        still = set(
            IndexedMessage.objects.filter(pk__in=[row.pk for row in rows]).values_list(
                "pk", flat=True
            )
        )
        IndexedMessage.objects.bulk_create(
            [row for row in rows if row.pk in still],
            update_conflicts=True,
            update_fields=DRESS_FIELDS,
            unique_fields=["id"],
        )
