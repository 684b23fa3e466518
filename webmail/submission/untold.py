"""Messages that only a person can do more about, until their writers' browsers are told.

What brings a row there (states.py, series.py) marks it in the same UPDATE, so that no worker
can die between the two.
"""

from django.db.models import Q, QuerySet

from webmail.submission.models import Outgoing, Series, State, Trouble

# What has moved on since needs nobody any more.
_NEEDS_A_PERSON = (
    Q(state__in=[State.FAILED, State.UNCERTAIN])
    | Q(state=State.HELD, trouble=Trouble.TOO_LATE)
    | Q(state=State.RETRY_WAIT, trouble__in=[Trouble.AUTH, Trouble.ACCOUNT])
)


def are_there() -> bool:
    return _rows().exists() or _series().exists()


def writers() -> list[int]:
    people = _rows().order_by().values_list("user_id", flat=True)
    return list(people.union(_series().order_by().values_list("user_id", flat=True)))


def take(user_id: int) -> bool:
    """Whether there was something to tell.  In the transaction that writes down whom to tell."""
    taken = [each.filter(user_id=user_id).update(untold=False) for each in (_rows(), _series())]
    return any(taken)


def _rows() -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(_NEEDS_A_PERSON, untold=True)


def _series() -> QuerySet[Series]:
    """What repeats and was not sent, as long as its writer has not read so."""
    return Series.objects.filter(untold=True).exclude(said="")
