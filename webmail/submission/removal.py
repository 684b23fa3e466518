"""Taking somebody's mail out of the outbox for good, when they themselves are removed.

Rows protect their person and account: nothing goes by the way, only what stands here.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from webmail.accounts.models import User
from webmail.submission import clock, frozen, journal
from webmail.submission.models import LEASED, Mailing, Outgoing, RemovedMail, Series, State, Step

_IS_OVER = Q(state=State.DONE) | Q(state=State.CANCELLED)
_ONLY_HERE = Q(sent_copy=Step.FAILED) & ~Q(sent_path="") | Q(state=State.CANCELLED) & ~Q(
    wire_path=""
)


class Busy(Exception):
    """Messages are on their way at this moment."""


class NotNamed(Exception):
    """Messages have come to the outbox since it was looked at."""


def open_mail(user: User) -> list[Outgoing]:
    """What has not left, or is nowhere else: it would be lost."""
    mine = Outgoing.objects.filter(user=user).exclude(_is_busy())
    return list(mine.exclude(_IS_OVER & ~_ONLY_HERE).order_by("created_at"))


def busy_mail(user: User) -> int:
    """With a worker now: what becomes of it nobody could tell any more."""
    return Outgoing.objects.filter(_is_busy(), user=user).count()


def _is_busy() -> Q:
    return Q(state__in=LEASED) | Q(state=State.ACCEPTED, lease_until__gt=clock.now())


def finished_mail(user: User) -> int:
    return Outgoing.objects.filter(_IS_OVER & ~_ONLY_HERE, user=user).count()


def remove(user: User, named: Collection[str]) -> None:
    """All rows, in the caller's transaction; of open mail those only whose keys were ``named``.

    The files go once it is committed.
    """
    rows = list(Outgoing.objects.select_for_update().filter(user=user))
    if busy_mail(user):
        raise Busy
    if {row.key for row in open_mail(user)} - set(named):
        raise NotNamed
    RemovedMail.objects.bulk_create(
        [RemovedMail(key=row.key) for row in rows], ignore_conflicts=True
    )
    Outgoing.objects.filter(pk__in=[row.pk for row in rows]).delete()
    Series.objects.filter(user=user).delete()
    Mailing.objects.filter(user=user).delete()
    files = [name for row in rows for name in (row.wire_path, row.sent_path)]
    transaction.on_commit(lambda: frozen.erase(*files))


def prune(now: datetime) -> None:
    """With the lines of the journal that they explain."""
    oldest = now - journal.KEEP
    RemovedMail.objects.filter(removed_at__lt=oldest).delete()
