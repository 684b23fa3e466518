"""What browsers are still to be told: rows, so that no worker that dies takes one with it.

A row goes once the push service has it.  Whoever dies in between asks again: a browser hears
of something once as a rule, and never not at all.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from webmail.push import endpoints
from webmail.push.models import Kind, PushChoice, PushNotice, PushSubscription

BETWEEN = timedelta(minutes=1)
# After each try that came to nothing, or of which nobody heard again; the fetch takes 10 s.
_AGAIN_AFTER = tuple(timedelta(seconds=each) for each in (30, 90, 300, 1200))
_PER_SWEEP = 200


def owe(user_id: int, kind: Kind) -> list[int]:
    """The notices for the browsers of a person, by their ids; none where it is not wanted.

    What comes within a minute of the last of its kind is told when the minute is over.  New
    mail is not: whoever looked after the last has seen it.
    """
    mine = PushSubscription.objects.filter(user=user_id, user__is_active=True)
    if endpoints.is_forbidden() or not mine.exists():
        return []
    with transaction.atomic():
        PushChoice.objects.get_or_create(user_id=user_id)
        choice = PushChoice.objects.select_for_update().get(user_id=user_id)
        now, said_at = timezone.now(), getattr(choice, f"{kind.value}_at")
        at = max(now, said_at + BETWEEN) if said_at else now
        if not getattr(choice, kind.value) or (kind is Kind.MAIL and at > now):
            return []
        PushChoice.objects.filter(pk=choice.pk).update(**{f"{kind.value}_at": at})
        return [_owe(row, kind, now, at) for row in mine]


def _owe(row: PushSubscription, kind: Kind, now: datetime, at: datetime) -> int:
    """One that is there already tells of both, and is tried as often as a new one."""
    notice, is_new = PushNotice.objects.get_or_create(
        subscription=row, kind=kind, defaults={"owed_at": now, "next_at": at}
    )
    if not is_new:
        PushNotice.objects.filter(pk=notice.pk).update(owed_at=now, tries=0)
    return notice.pk


def take(notice_id: int) -> PushNotice | None:
    """One whose time has come, until its next; None when somebody else has it."""
    now = timezone.now()
    row = PushNotice.objects.filter(pk=notice_id, next_at__lte=now).first()
    if row is None:
        return None
    after = _AGAIN_AFTER[min(row.tries, len(_AGAIN_AFTER) - 1)]
    mine = PushNotice.objects.filter(pk=row.pk, next_at=row.next_at)
    return row if mine.update(next_at=now + after, tries=F("tries") + 1) else None


def is_last_try(notice: PushNotice) -> bool:
    return notice.tries >= len(_AGAIN_AFTER)


def settle(notice: PushNotice) -> None:
    """It is over, unless there was more to tell meanwhile."""
    PushNotice.objects.filter(pk=notice.pk, owed_at=notice.owed_at).delete()


def due() -> list[int]:
    waiting = PushNotice.objects.filter(next_at__lte=timezone.now()).order_by("next_at")
    return list(waiting.values_list("pk", flat=True)[:_PER_SWEEP])
