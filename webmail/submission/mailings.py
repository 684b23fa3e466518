"""Mails of a list: paced, counted, and stopped."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from webmail.accounts.models import User
from webmail.submission import clock
from webmail.submission.models import WAITING, Mailing, Outgoing, State
from webmail.submission.withdrawal import take_back

_LEFT = (State.ACCEPTED, State.DONE)


def gap() -> timedelta:
    """Between two mails of one list."""
    return timedelta(seconds=60 / settings.WEBMAIL_MERGE_PER_MINUTE)


def times(start: datetime) -> Iterator[datetime]:
    """When the mails of a list are to leave."""
    while True:
        yield start
        start += gap()


def holds(outgoing_id: int) -> bool:
    """Whether a due mail may be tried now: not so soon after another of its list.

    The times alone would let all leave at once after a rest.
    """
    now = clock.now()
    due = Outgoing.objects.in_time(now).filter(pk=outgoing_id, mailing__isnull=False)
    row = due.select_related("mailing").first()
    if row is None or row.mailing is None:
        return True
    if row.mailing.is_stopped:  # queued in the moment in which it was
        take_back(row.user_id, row.key, WAITING, keep_without_draft=False)
        return False
    # One of all that ask at once gets the turn.
    turns = Mailing.objects.filter(pk=row.mailing_id)
    if turns.filter(Q(next_at=None) | Q(next_at__lte=now)).update(next_at=now + gap()):
        return True
    Outgoing.objects.filter(
        pk=row.pk, state__in=WAITING, next_attempt_at=row.next_attempt_at
    ).update(next_attempt_at=now + gap())
    return False


def is_stopped(mailing: Mailing) -> bool:
    return Mailing.objects.filter(pk=mailing.pk, is_stopped=True).exists()


def stop(mailing: Mailing) -> int:
    """Takes back what has not left; how many that were."""
    Mailing.objects.filter(pk=mailing.pk).update(is_stopped=True)
    waiting = Outgoing.objects.filter(mailing=mailing, state__in=WAITING)
    keys = list(waiting.values_list("key", flat=True))
    return sum(take_back(mailing.user_id, key, WAITING, keep_without_draft=False) for key in keys)


def counts_of(mailing: Mailing) -> Counter[str]:
    """``sent``, ``waiting``, ``failed``, ``unclear``, ``taken_back`` and ``unmade``."""
    found: Counter[str] = Counter()
    for state in mailing.mails.values_list("state", flat=True):
        found[_KINDS.get(State(state), "waiting")] += 1
    found["unmade"] = mailing.total - found.total()
    return found


_KINDS = {
    **dict.fromkeys(_LEFT, "sent"),
    State.FAILED: "failed",
    State.UNCERTAIN: "unclear",
    State.CANCELLED: "taken_back",
}


def of_user(user: User) -> list[Mailing]:
    return list(Mailing.objects.filter(user=user, is_over=False).order_by("-created_at")[:20])


def find(user: User, key: str) -> Mailing | None:
    return Mailing.objects.filter(user=user, key=key).first()


def dismiss(mailing: Mailing) -> None:
    Mailing.objects.filter(pk=mailing.pk).update(is_over=True)
