"""Messages that only a person can do more about, as they become so."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from webmail.submission.models import Outgoing, State, Trouble

_ENDED = Q(state__in=[State.FAILED, State.UNCERTAIN]) | Q(
    state=State.HELD, trouble=Trouble.TOO_LATE
)
_REFUSED = Q(state=State.RETRY_WAIT, trouble=Trouble.AUTH)
_WAITS_FOR_PASSWORD = Q(state=State.RETRY_WAIT, trouble__in=[Trouble.AUTH, Trouble.ACCOUNT])


def writers(
    since: datetime, outgoing_ids: Collection[int] = (), *, with_refused: bool = False
) -> list[int]:
    """Whose messages came to it since then: of all, or of these only.

    ``with_refused``: also where a password is wanted.  What is merely tried again is not among
    them.
    """
    wanted = _ENDED | _REFUSED if with_refused else _ENDED
    found = Outgoing.objects.filter(wanted, troubled_at__gte=since)
    if outgoing_ids:
        found = found.filter(pk__in=outgoing_ids)
    return list(found.order_by().values_list("user_id", flat=True).distinct())


def waits_for_password(outgoing_id: int) -> bool:
    """It was refused before, to this message or to another: to be refused again is no news."""
    return Outgoing.objects.filter(_WAITS_FOR_PASSWORD, pk=outgoing_id).exists()
