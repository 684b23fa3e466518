"""How somebody's outbox stands: what is in it, and what deserves to be said on every page."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connections, router
from django.db.models import Count, F, Q

from webmail.accounts.models import User
from webmail.accounts.ready import ask
from webmail.submission import clock
from webmail.submission.models import Outgoing, OutgoingQuerySet, State, Step, Trouble

NEEDS_PASSWORD = (Trouble.AUTH, Trouble.ACCOUNT)
# A message for which nobody came so long after its time is marked as late (F38).
LATE = timedelta(minutes=5)
_TELL_LATE_FOR = timedelta(days=1)

_ANYBODY = -(2**40)
_NEEDS_PASSWORD = Q(state=State.RETRY_WAIT, trouble__in=NEEDS_PASSWORD)
_WRONG = {
    "failed": Q(state=State.FAILED),
    "unclear": Q(state=State.UNCERTAIN),
    "locked_out": _NEEDS_PASSWORD & Q(submission_url=""),
    "shut_out": _NEEDS_PASSWORD & ~Q(submission_url=""),
    "late": Q(state=State.RETRY_WAIT, failures__gte=2) & ~_NEEDS_PASSWORD,
    "unfiled": Q(state=State.ACCEPTED, sent_copy=Step.PENDING, sent_copy_attempt__gte=2)
    | Q(state=State.DONE, sent_copy=Step.FAILED),
    "restored": Q(state=State.HELD, trouble=Trouble.RESTORED),
    "too_late": Q(state=State.HELD, trouble=Trouble.TOO_LATE),
    "answered": Q(state=State.CANCELLED, trouble=Trouble.ANSWERED),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages are in the outbox, and how many of them want to be looked at.

    ``failed`` and ``unclear`` need a person, ``locked_out`` the right password, and
    ``shut_out`` that of their identity's own server; ``late``
    were refused twice or more and are tried again; ``unfiled`` left without a copy in Sent;
    ``restored`` came back with a backup and wait for their writer; so do ``too_late``, whose
    time was over for a day when Hearth ran again; ``answered`` were not sent, as they were
    only to leave if nobody answered first.
    """

    total: int = 0
    failed: int = 0
    unclear: int = 0
    locked_out: int = 0
    shut_out: int = 0
    late: int = 0
    unfiled: int = 0
    restored: int = 0
    too_late: int = 0
    answered: int = 0


def outgoing_of(user: User) -> OutgoingQuerySet:
    """What the Outbox shows: everything that is not over, sent mail without its copy, mail
    that was answered first, and mail taken back whose draft is gone, because it is nowhere
    else; for a day, mail that left late."""
    own = Outgoing.objects.filter(user_id=user.pk)
    return own.exclude(_is_over() & ~_left_late()).order_by("-created_at")


def _shown(user_id: int) -> OutgoingQuerySet:
    return Outgoing.objects.filter(user_id=user_id).exclude(_is_over())


def _is_over() -> Q:
    is_done = Q(state=State.DONE) & ~Q(sent_copy=Step.FAILED)
    is_taken_back = Q(state=State.CANCELLED, wire_path="") & ~Q(trouble=Trouble.ANSWERED)
    return is_taken_back | is_done


def _left_late() -> Q:
    return Q(
        state=State.DONE,
        attempt=1,
        trying_since__gt=F("send_at") + LATE,
        accepted_at__gt=clock.now() - _TELL_LATE_FOR,
    )


def tally_of(user: User) -> Tally:
    """One query, asked by every page (security.md 3.1, rule 7)."""
    sql, values = _tally_sql()
    values = tuple(user.pk if value == _ANYBODY else value for value in values)
    found = ask(connections[router.db_for_read(Outgoing)], sql, values)
    return Tally(*found[0]) if found else Tally()


@cache
def _tally_sql() -> tuple[str, tuple[Any, ...]]:
    """Built once: the ORM takes 2 ms to spell it, and SQLite 0.05 to answer."""
    counts = {name: Count("pk", filter=wrong) for name, wrong in _WRONG.items()}
    grouped = _shown(_ANYBODY).order_by().values("user_id")
    told = grouped.annotate(total=Count("pk"), **counts).values_list("total", *_WRONG)
    return told.query.sql_with_params()
