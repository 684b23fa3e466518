"""The proof that a mailbox's rows are what the server has: every UID, every flag."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from webmail.index import conversations, sync
from webmail.index.keeping import ALIAS
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import flag_columns, uid_of, uid_ranges
from webmail.store.protocol import MailStore

_SLICE = 5000


@dataclass(frozen=True, slots=True)
class Proof:
    """What did not agree, and was mended.  ``uids`` and ``flags`` of 0 mean that all did."""

    messages: int
    missing: int = 0
    surplus: int = 0
    flags: int = 0

    @property
    def holds(self) -> bool:
        return not (self.missing or self.surplus or self.flags)


def prove(store: MailStore, mailbox: IndexedMailbox) -> Proof:
    """Compares a whole mailbox with its server and repairs what differs.

    The mailbox is reconciled first; what happens during the proof is news, not a fault,
    and makes it begin again (three times at most).
    """
    for _ in range(3):
        mailbox = sync.reconcile(store, mailbox.account_id, mailbox.name)
        before = mailbox.status
        proof = _compare(store, mailbox)
        if proof.holds or store.changes_since(mailbox.name, before).status == before:
            break
    IndexedMailbox.objects.filter(pk=mailbox.pk).update(proved_at=timezone.now())
    return proof


def _compare(store: MailStore, mailbox: IndexedMailbox) -> Proof:
    there = sync.numbers(store.uids(mailbox.name))
    low = mailbox.grown_down_to if not mailbox.is_whole else 1
    there = {uid for uid in there if uid >= low}
    held = sync.held_uids(mailbox)
    missing, surplus = there - held, held - there
    if missing or surplus:
        _mend(store, mailbox, missing, surplus)
    wrong = sum(
        sync.update_flags(mailbox, store.flag_states(mailbox.name, span))
        for span in _spans(there & held)
        if not _flags_agree(store, mailbox, span)
    )
    return Proof(len(there), len(missing), len(surplus), wrong)


def _mend(store: MailStore, mailbox: IndexedMailbox, missing: set[int], surplus: set[int]) -> None:
    facts = list(store.facts(mailbox.name, uid_ranges(missing))) if missing else []
    with transaction.atomic(using=ALIAS):
        touched = sync.delete(mailbox, uid_ranges(surplus)) | sync.insert(mailbox, facts)
        conversations.mark_newest(mailbox.pk, touched)
        count = IndexedMessage.objects.filter(pk__range=mailbox.keys).count()
        rows = IndexedMailbox.objects.filter(pk=mailbox.pk)
        rows.update(held=count, version=F("version") + 1)


def _spans(uids: set[int]) -> list[range]:
    """Slices of the mailbox that a proof looks at one after another."""
    ordered = sorted(uids)
    slices = (ordered[at : at + _SLICE] for at in range(0, len(ordered), _SLICE))
    return [range(each[0], each[-1] + 1) for each in slices]


def _flags_agree(store: MailStore, mailbox: IndexedMailbox, span: range) -> bool:
    keys = (mailbox.first_key | span.start, mailbox.first_key | (span.stop - 1))
    columns = ("is_seen", "is_flagged", "is_answered", "is_draft", "is_deleted", "keywords")
    rows = IndexedMessage.objects.filter(pk__range=keys).values_list("pk", *columns)
    ours = {uid_of(key): flags for key, *flags in rows.iterator(chunk_size=_SLICE)}
    for state in store.flag_states(mailbox.name, span):
        told = flag_columns(state.flags, 0)
        if ours.get(state.uid) != [told[name] for name in columns]:
            return False
    return True
