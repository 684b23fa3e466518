"""Messages that only a person can do more about, as they become so."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from webmail.submission.models import Outgoing, State, Trouble

_NEEDS_PERSON = (
    Q(state__in=[State.FAILED, State.UNCERTAIN])
    | Q(state=State.HELD, trouble=Trouble.TOO_LATE)
    | Q(state=State.RETRY_WAIT, trouble=Trouble.AUTH, failures=1)
)


def writers(since: datetime, outgoing_ids: Collection[int] = ()) -> list[int]:
    """Whose messages came to it since then: of all, or of these only."""
    found = Outgoing.objects.filter(_NEEDS_PERSON, troubled_at__gte=since)
    if outgoing_ids:
        found = found.filter(pk__in=outgoing_ids)
    return list(found.order_by().values_list("user_id", flat=True).distinct())
