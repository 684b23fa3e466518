"""What the watcher writes into the index: how far it may be trusted, and what changed.

``told`` rises before anybody hears of the news, so that whoever draws a mailbox afterwards
asks the server (index/models.py).
"""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from webmail.index.models import IndexedAccount, IndexedMailbox

TRUST = timedelta(seconds=45)


def forget_all() -> None:
    """At the start and the end: nobody is watched."""
    IndexedAccount.objects.filter(watched_until__isnull=False).update(watched_until=None)


def begin(account_id: int, *, watches_all: bool, tells_inbox: bool) -> None:
    """A connection stands; anything may have happened before it did."""
    IndexedMailbox.objects.filter(account_id=account_id).update(told=F("told") + 1)
    IndexedAccount.objects.bulk_create(
        [IndexedAccount(account_id=account_id)], ignore_conflicts=True
    )
    IndexedAccount.objects.filter(pk=account_id).update(
        list_told=F("list_told") + 1,
        watches_all=watches_all,
        watched_until=timezone.now() + TRUST if tells_inbox else None,
    )


def beat(account_ids: Collection[int]) -> None:
    """These are watched for 45 more seconds."""
    IndexedAccount.objects.filter(pk__in=account_ids).update(watched_until=timezone.now() + TRUST)


def end(account_id: int) -> None:
    IndexedAccount.objects.filter(pk=account_id).update(watched_until=None)


def tell(account_id: int, mailboxes: Collection[str]) -> list[int]:
    """Notes the news, of the list too: it has their counts.  The keys of the mailboxes that
    the index has."""
    IndexedAccount.objects.filter(pk=account_id).update(list_told=F("list_told") + 1)
    rows = IndexedMailbox.objects.filter(account_id=account_id, name__in=mailboxes)
    keys = list(rows.values_list("pk", flat=True))
    if keys:
        IndexedMailbox.objects.filter(pk__in=keys).update(told=F("told") + 1)
    return keys
