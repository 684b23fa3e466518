"""The messages that came to a mailbox lately."""

from datetime import datetime

from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import uid_of
from webmail.store.mailbox import MessageRef


def find_recent(mailbox_id: int, since: datetime, *, most: int) -> list[MessageRef]:
    """The newest of them, oldest first; nothing for a mailbox that is gone."""
    mailbox = IndexedMailbox.objects.filter(pk=mailbox_id).first()
    if mailbox is None:
        return []
    low, high = mailbox.keys
    rows = IndexedMessage.objects.filter(
        pk__gt=low, pk__lte=high, internal_date__gte=int(since.timestamp())
    )
    keys = rows.order_by("-pk").values_list("pk", flat=True)[:most]
    uids = sorted(uid_of(key) for key in keys)
    return [MessageRef(mailbox.name, mailbox.uidvalidity, uid) for uid in uids]


def account_of(mailbox_id: int) -> int | None:
    """The number of the account a mailbox belongs to."""
    rows = IndexedMailbox.objects.filter(pk=mailbox_id).values_list("account_id", flat=True)
    return rows.first()


def is_inbox(mailbox_id: int) -> bool:
    return IndexedMailbox.objects.filter(pk=mailbox_id, name="INBOX").exists()
