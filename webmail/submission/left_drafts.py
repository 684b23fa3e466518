"""Rows of drafts whose copy has left the Drafts mailbox: by an act of ours, or long ago.

A row goes only where the copy holds all of it; text is never thrown away here.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from webmail.accounts.models import Account
from webmail.accounts.ready import Ready
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailboxNotFound, MailStore, MessageGone
from webmail.submission import draft_copy, drafts
from webmail.submission.models import StoredDraft

UNTOUCHED = timedelta(days=30)
_PER_SWEEP = 20
_PER_LOOK = 5
_STILL = timedelta(minutes=1)
# Every act that takes messages away asks it, and hardly ever is there one.
_with_copies = Ready(
    lambda account, least: StoredDraft.objects.filter(
        account_id=account, copy_uid__gt=least
    ).values_list("pk")
)


def drafts_at(account: Account, refs: Iterable[MessageRef]) -> list[StoredDraft]:
    """The drafts whose copies these messages are, except those that are being sent."""
    if not _with_copies.raw(account.pk, 0):
        return []
    wanted = set(refs)
    rows = StoredDraft.objects.filter(account=account, copy_uid__gt=0)
    found = [row for row in rows.select_related("account") if draft_copy.copy_ref(row) in wanted]
    return [row for row in found if drafts.find_outgoing(row) is None]


def forget(row: StoredDraft, *, even_if_newer: bool = False) -> bool:
    """Removes the row if its copy is as new, and nobody has saved it in the meantime."""
    same = StoredDraft.objects.filter(pk=row.pk, revision=row.revision)
    if not even_if_newer:
        same = same.filter(copy_revision=F("revision"))
    return same.delete()[0] > 0


def has_old(account: Account, now: datetime) -> bool:
    """Whether a sweep would have to ask the server anything."""
    return _old(account, now).exists()


def without_copy(account: Account, now: datetime) -> list[StoredDraft]:
    """Drafts that the Drafts mailbox does not have as they are, and that nobody writes in now."""
    rows = StoredDraft.objects.filter(
        account=account,
        has_left=False,
        revision__gt=F("copy_revision"),
        updated_at__range=(now - UNTOUCHED, now - _STILL),
    ).select_related("account", "user")
    behind = rows.order_by("-updated_at")[:_PER_LOOK]
    return [row for row in behind if drafts.find_outgoing(row) is None]


def sweep(store: MailStore, account: Account, now: datetime) -> int:
    """Removes rows nobody touched for 30 days and whose copy another program took away.

    Answers how many.  Their files go with the sweep of the uploads.
    """
    rows = list(_old(account, now).order_by("updated_at")[:_PER_SWEEP])
    gone = [row for row in rows if drafts.find_outgoing(row) is None and _is_gone(store, row)]
    return sum(forget(row) for row in gone)


def _old(account: Account, now: datetime) -> QuerySet[StoredDraft]:
    return StoredDraft.objects.filter(
        account=account,
        updated_at__lt=now - UNTOUCHED,
        copy_uid__gt=0,
        copy_revision=F("revision"),
    )


def _is_gone(store: MailStore, row: StoredDraft) -> bool:
    """By its place, and by its Message-ID where the mailbox was made anew."""
    copy = draft_copy.copy_ref(row)
    with suppress(MessageGone, MailboxNotFound):
        if copy is not None:
            store.summary(copy)
            return False
    for mailbox in {row.copy_mailbox, draft_copy.drafts_mailbox(store)}:
        with suppress(MailboxNotFound):
            if row.message_id and store.find_message_id(mailbox, row.message_id):
                return False
    return True
