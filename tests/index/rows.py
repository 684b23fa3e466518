"""Messages for the index's tests, as a store tells of them and as sync.py saves them."""

from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.utils import timezone

from webmail.index import conversations
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.message.address import Address
from webmail.message.envelope import Envelope
from webmail.store.mailbox import FLAGGED, SEEN, MessageFacts, MessageRef

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARA = "mara@hearth.example"


def facts(
    uid,
    message_id="",
    *references,
    subject="Cabin",
    sender="jonas@hearth.example",
    to=(MARA,),
    days=0.0,
    thread_id="",
    answers=(),
    flags=(),
):
    """``days`` after NOON, plus a minute for each UID."""
    at = NOON + timedelta(days=days, minutes=uid)
    envelope = Envelope(
        date=at,
        subject=subject,
        from_=(Address(sender.partition("@")[0].title(), sender),),
        to=tuple(Address("", each) for each in to),
        message_id=f"<{message_id}>" if message_id else "",
        references=tuple(f"<{each}>" for each in references),
        in_reply_to=tuple(f"<{each}>" for each in answers),
    )
    ref = MessageRef("INBOX", 1, uid)
    return MessageFacts(ref, 0, frozenset(flags), 100, at, envelope, "text/plain", thread_id)


def mailbox(account_id=1, name="INBOX", use="inbox", **fields):
    return IndexedMailbox.objects.create(
        account_id=account_id,
        name=name,
        special_use=use,
        uidvalidity=1,
        synced_at=timezone.now(),
        **fields,
    )


def save(where, *arrived):
    """As sync.py inserts them."""
    pairs = [(row_of(where, each), each) for each in arrived]
    conversations.assign(where.account_id, pairs)
    rows = [row for row, _ in pairs]
    IndexedMessage.objects.bulk_create(rows)
    conversations.mark_newest(where.pk, {row.conversation for row in rows})
    IndexedMailbox.objects.filter(pk=where.pk).update(version=F("version") + 1)
    where.refresh_from_db()
    return rows


def row_of(where, arrived):
    envelope = arrived.envelope
    return IndexedMessage(
        id=where.pk << 32 | arrived.ref.uid,
        mailbox_id=where.pk,
        internal_date=int(arrived.internal_date.timestamp()),
        senders=_packed(envelope.from_),
        recipients=_packed(envelope.to),
        subject=envelope.subject,
        preview=f"Text of {arrived.ref.uid}",
        is_seen=SEEN in arrived.flags,
        is_flagged=FLAGGED in arrived.flags,
    )


def _packed(addresses):
    return "\x1e".join(f"{each.name}\x1f{each.addr_spec}" for each in addresses)


def partition(where=None):
    """Which UIDs stand together, as sorted tuples."""
    rows = IndexedMessage.objects.all()
    rows = rows.filter(mailbox_id=where.pk) if where else rows
    found = {}
    for row in rows:
        found.setdefault(row.conversation, []).append(row.pk & 0xFFFFFFFF)
    return sorted(tuple(sorted(each)) for each in found.values())
