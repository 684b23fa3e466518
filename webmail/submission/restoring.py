"""A database that came back from a backup calls unsent what has left since (F55).

It cannot know better, so what it calls unsent is not sent by a machine again: its writer
looks and decides.  What the journal knows to have been accepted is told apart.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Manager, Max, Min, QuerySet

from webmail.submission import clock, journal
from webmail.submission.models import LEASED, WAITING, Outgoing, RemovedMail, Series, State, Trouble

_UNSENT = (*WAITING, *LEASED)
_SERIES_HELD = (
    "Paused: Hearth was restored from a backup, and may have sent this since. Look in Sent, then "
    "choose “Go on”."
)


@dataclass(frozen=True, slots=True)
class Held:
    """How many messages wait for their writers, and how many the journal showed as sent."""

    waiting: int
    accepted: int


def is_behind_journal() -> bool:
    """Whether the journal knows an acceptance of a try that the database never began."""
    attempts = dict(Outgoing.objects.filter(state__in=_UNSENT).values_list("key", "attempt"))
    if attempts and any(
        entry.attempt > attempts.get(entry.key, entry.attempt) for entry in journal.entries()
    ):
        return True
    return _has_lost_rows()


def _has_lost_rows() -> bool:
    """Whether rows that the database does not know left after something that repeats was due.

    What it is due for may be one of them.  Rows of the outbox go only with
    their person, and leave their keys.
    """
    due = Series.objects.filter(state=Series.State.ACTIVE, next_at__lte=clock.now())
    since = due.aggregate(first=Min("next_at"))["first"]
    if since is None:
        return False
    left = {entry.key for entry in journal.entries() if entry.at > since}
    known = {*_keys(Outgoing.objects, left), *_keys(RemovedMail.objects, left)}
    return bool(left - known)


def _keys(rows: Manager, keys: set[str]) -> QuerySet:
    return rows.filter(key__in=keys).values_list("key", flat=True)


def hold_unsent() -> Held:
    """Takes all unsent mail out of the hands of machines; for when no worker runs."""
    with transaction.atomic(durable=True):
        accepted = sum(_accept(entry) for entry in journal.entries())
        epoch = Outgoing.objects.aggregate(last=Max("restore_epoch"))["last"] or 0
        waiting = Outgoing.objects.filter(state__in=_UNSENT).update(
            state=State.HELD,
            trouble=Trouble.RESTORED,
            troubled_at=clock.now(),
            next_attempt_at=None,
            restore_epoch=epoch + 1,
            lease_token="",
            lease_until=None,
        )
        Series.objects.filter(state=Series.State.ACTIVE).update(
            state=Series.State.PAUSED, said=_SERIES_HELD
        )
    return Held(waiting, accepted)


def _accept(entry: journal.Acceptance) -> int:
    """As the journal says, whichever try it was: the restored row may not know of it."""
    return Outgoing.objects.filter(
        key=entry.key, message_id=entry.message_id, state__in=[*_UNSENT, State.UNCERTAIN]
    ).update(
        state=State.ACCEPTED,
        accepted_at=entry.at,
        next_attempt_at=clock.now(),
        smtp_reply=entry.reply,
        trouble=Trouble.NONE,
        last_error="",
        lease_token="",
        lease_until=None,
    )
