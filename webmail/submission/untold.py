"""Messages that only a person can do more about, until their writers' browsers are told.

The arrow that brings a row there (states.py) marks it in the same UPDATE, so that no worker
can die between the two.
"""

from django.db.models import Q

from webmail.submission.models import Outgoing, OutgoingQuerySet, State, Trouble

# What has moved on since needs nobody any more.
_NEEDS_A_PERSON = (
    Q(state__in=[State.FAILED, State.UNCERTAIN])
    | Q(state=State.HELD, trouble=Trouble.TOO_LATE)
    | Q(state=State.RETRY_WAIT, trouble__in=[Trouble.AUTH, Trouble.ACCOUNT])
)


def are_there() -> bool:
    return _rows().exists()


def writers() -> list[int]:
    return list(_rows().order_by().values_list("user_id", flat=True).distinct())


def take(user_id: int) -> bool:
    """Whether there was something to tell.  In the transaction that writes down whom to tell."""
    return bool(_rows().filter(user_id=user_id).update(untold=False))


def _rows() -> OutgoingQuerySet:
    return Outgoing.objects.filter(_NEEDS_A_PERSON, untold=True)
