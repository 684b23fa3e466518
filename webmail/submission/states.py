"""The arrows of the send diagram (security.md 3.1): each one conditional UPDATE.

::

                  undo / edit
            ┌────── CANCELLED
     HELD ──┤
            └─► READY ─claim─► CLAIMED ─all RCPT ok─► DATA ─250─► ACCEPTED ─► DONE
                  ▲               │                    │
                  └─RETRY_WAIT◄───┤                    ├─4xx─► RETRY_WAIT
                                  └─► FAILED ◄──────5xx┤
                                                       └─no reply─► UNCERTAIN

An arrow that finds the row elsewhere changes nothing and says so: that is what makes two
workers, a repeated task or a frozen process that wakes late harmless.
"""

import secrets
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce

from webmail.submission import clock
from webmail.submission.models import ASK_AFTER, WAITING, Outgoing, State, Trouble

CLAIM_LEASE = timedelta(minutes=15)
# The upload, 600 s for the reply, and some air: smtp.py holds itself to less.
DATA_LEASE = timedelta(minutes=19)
STEPS_LEASE = timedelta(minutes=10)
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40))
RETRY_HOURLY = timedelta(hours=1)
AUTH_RETRY = timedelta(minutes=30)  # a wrong password tried more often locks accounts (F21)
GIVE_UP_AFTER = timedelta(hours=48)
LOOK_FOR_PROOF_AFTER = timedelta(minutes=1)  # a server that files by itself may take a while


def retry_delay(failures: int) -> timedelta:
    """How long to wait after the ``failures``-th definite failure, counted from 1."""
    return RETRY_AFTER[failures - 1] if failures <= len(RETRY_AFTER) else RETRY_HOURLY


def claim(outgoing_id: int) -> Outgoing | None:
    """The row, ours for 15 minutes; None when it is not due or somebody else has it."""
    now, token = clock.now(), secrets.token_hex(16)
    taken = (
        Outgoing.objects.in_time(now)
        .filter(pk=outgoing_id)
        .order_by()
        .update(
            state=State.CLAIMED,
            lease_token=token,
            lease_until=now + CLAIM_LEASE,
            attempt=F("attempt") + 1,
            trying_since=Coalesce(F("trying_since"), now),
            next_attempt_at=None,
        )
    )
    if not taken:
        return None
    return _with_account(outgoing_id)


def auth_bar(row: Outgoing) -> datetime | None:
    """Until when nobody must sign in there: another row of this account, server and user name
    was refused with an older or equal password less than 30 minutes ago."""
    since = clock.now() - AUTH_RETRY
    if row.granted_at is not None:
        since = max(since, row.granted_at)
    refused = (
        Outgoing.objects.filter(account=row.account_id, trouble=Trouble.AUTH, troubled_at__gt=since)
        .filter(submission_url=row.submission_url, submission_username=row.submission_username)
        .exclude(pk=row.pk)
        .order_by("-troubled_at")
        .first()
    )
    return refused.troubled_at + AUTH_RETRY if refused and refused.troubled_at else None


def start_data(
    row: Outgoing, replies: dict[str, str] | None = None, offered: bool | None = None
) -> bool:
    """CLAIMED → DATA, committed before a byte of DATA leaves.

    ``replies`` are the server's words to each recipient; ``offered``: whether it offers the
    delivery notice that was wished for.  False: the lease went to somebody else while we were
    away, and we must not send.
    """
    now = clock.now()
    return _move(
        row,
        [State.CLAIMED],
        state=State.DATA,
        data_started_at=now,
        lease_until=now + DATA_LEASE,
        recipient_replies=replies or {},
        delivery_notice_offered=offered,
    )


def accept(row: Outgoing, reply: str) -> bool:
    """The server's 250.  It holds even when the sweep gave us up in the meantime."""
    now = clock.now()
    return _move(
        row,
        [State.DATA, State.UNCERTAIN],
        state=State.ACCEPTED,
        accepted_at=now,
        next_attempt_at=now,
        smtp_reply=reply,
        trouble=Trouble.NONE,
        last_error="",
        lease_until=None,
    )


def accept_by_journal(key: str, message_id: str, attempt: int, reply: str, at: datetime) -> bool:
    """DATA → ACCEPTED by what the journal of a dead worker says about this very attempt.

    READY too: somebody pressed "Send again" before the journal was read.
    """
    return bool(
        Outgoing.objects.filter(
            key=key,
            message_id=message_id,
            attempt=attempt,
            state__in=[State.DATA, State.UNCERTAIN, State.READY],
        ).update(
            state=State.ACCEPTED,
            accepted_at=at,
            next_attempt_at=clock.now(),
            smtp_reply=reply,
            trouble=Trouble.NONE,
            last_error="",
            lease_token="",
            lease_until=None,
        )
    )


def accept_by_proof(row: Outgoing) -> bool:
    """UNCERTAIN → ACCEPTED: the message was found where only the server can have put it."""
    now = clock.now()
    return _move(
        row,
        [State.UNCERTAIN],
        state=State.ACCEPTED,
        accepted_at=row.data_started_at or now,
        next_attempt_at=now,
        trouble=Trouble.NONE,
        last_error="",
        lease_until=None,
    )


def retry_later(
    row: Outgoing, trouble: Trouble, error: str, replies: dict[str, str] | None = None
) -> bool:
    """To RETRY_WAIT after a definite no; after 48 h of trying, FAILED."""
    now = clock.now()
    if row.trying_since and now - row.trying_since >= GIVE_UP_AFTER:
        return fail(row, Trouble.TOO_OLD, error, replies=replies)
    delay = AUTH_RETRY if trouble is Trouble.AUTH else retry_delay(row.failures + 1)
    return _move(
        row,
        [State.CLAIMED, State.DATA],
        state=State.RETRY_WAIT,
        failures=F("failures") + 1,
        next_attempt_at=now + delay,
        trouble=trouble,
        troubled_at=now,
        last_error=error,
        recipient_replies=replies or {},
        lease_token="",
        lease_until=None,
        **_news(row, trouble),
    )


def _news(row: Outgoing, trouble: Trouble) -> dict[str, bool]:
    """That a password is refused again, to this message or to another, is none."""
    is_news = trouble is Trouble.AUTH and row.trouble not in (Trouble.AUTH, Trouble.ACCOUNT)
    return {"untold": True} if is_news else {}


def wait_unasked(
    row: Outgoing, trouble: Trouble, error: str, at_least: timedelta = timedelta(0)
) -> bool:
    """To RETRY_WAIT without a try: nobody could say whether it was answered.

    Not for longer than a day: then its writer is asked (F38).  Of two workers that found
    the same, one counts.
    """
    now = clock.now()
    found = Outgoing.objects.filter(
        pk=row.pk, state__in=WAITING, next_attempt_at=row.next_attempt_at
    )
    if now - row.send_at >= ASK_AFTER:
        return bool(
            found.update(
                state=State.HELD,
                trouble=Trouble.TOO_LATE,
                troubled_at=now,
                untold=True,
                next_attempt_at=None,
                last_error=error,
            )
        )
    delay = max(at_least, retry_delay(row.failures + 1))
    return bool(
        found.update(
            state=State.RETRY_WAIT,
            failures=F("failures") + 1,
            next_attempt_at=now + delay,
            trouble=trouble,
            troubled_at=now,
            last_error=error,
            **_news(row, trouble),
        )
    )


def stand_back(row: Outgoing, until: datetime, error: str) -> bool:
    """To RETRY_WAIT without a try: the same password was just refused to another row."""
    return _move(
        row,
        [State.CLAIMED],
        state=State.RETRY_WAIT,
        next_attempt_at=until,
        trouble=Trouble.ACCOUNT,
        last_error=error,
        lease_token="",
        lease_until=None,
    )


def fail(
    row: Outgoing,
    trouble: Trouble,
    error: str,
    *,
    refused: dict[str, str] | None = None,
    replies: dict[str, str] | None = None,
) -> bool:
    """To FAILED: only a person can do more.  The grant is erased (security.md 4.4 d)."""
    return _move(
        row,
        [State.CLAIMED, State.DATA],
        state=State.FAILED,
        failures=F("failures") + 1,
        next_attempt_at=None,
        trouble=trouble,
        troubled_at=clock.now(),
        untold=True,
        last_error=error,
        refused_recipients=refused or {},
        recipient_replies=replies or {},
        send_grant=b"",
        submission_grant=b"",
        lease_token="",
        lease_until=None,
    )


def leave_unclear(row: Outgoing, error: str) -> bool:
    """DATA → UNCERTAIN: no answer.  Never sent again by a machine."""
    now = clock.now()
    return _move(
        row,
        [State.DATA],
        state=State.UNCERTAIN,
        trouble=Trouble.UNCLEAR,
        troubled_at=now,
        untold=True,
        last_error=error,
        next_attempt_at=now + LOOK_FOR_PROOF_AFTER,
        lease_until=None,
    )


def free_overdue() -> tuple[int, int]:
    """Rows of workers that vanished: CLAIMED → READY and DATA → UNCERTAIN, counted.

    What is READY again has been due since its lease ended, so that days later it is asked
    about.

    The lease token stays with an unclear row, so that a worker that was only slow can still
    say that the server answered.
    """
    now = clock.now()
    ready = Outgoing.objects.overdue(State.CLAIMED, now).update(
        state=State.READY, next_attempt_at=F("lease_until"), lease_token="", lease_until=None
    )
    unclear = Outgoing.objects.overdue(State.DATA, now).update(
        state=State.UNCERTAIN,
        trouble=Trouble.UNCLEAR,
        troubled_at=now,
        untold=True,
        last_error="The sender stopped before the server had answered.",
        next_attempt_at=now,
        lease_until=None,
    )
    return ready, unclear


def hold_too_late() -> int:
    """HELD for their writers: messages that nobody came for in a day; how many (F38)."""
    now = clock.now()
    return Outgoing.objects.too_late(now).update(
        state=State.HELD,
        trouble=Trouble.TOO_LATE,
        troubled_at=now,
        untold=True,
        next_attempt_at=None,
    )


# -- after acceptance ---------------------------------------------------------------------------


def claim_steps(outgoing_id: int) -> Outgoing | None:
    """An accepted row, ours for the steps that remain; None when not due or taken."""
    now, token = clock.now(), secrets.token_hex(16)
    taken = (
        Outgoing.objects.unfinished(now)
        .filter(pk=outgoing_id, state=State.ACCEPTED)
        .order_by()
        .update(lease_token=token, lease_until=now + STEPS_LEASE)
    )
    return _with_account(outgoing_id) if taken else None


def claim_look(outgoing_id: int) -> Outgoing | None:
    """An unclear row whose one look for proof is due.  Its lease token stays: see accept()."""
    taken = Outgoing.objects.filter(
        pk=outgoing_id, state=State.UNCERTAIN, next_attempt_at__lte=clock.now()
    ).update(next_attempt_at=None)
    return _with_account(outgoing_id) if taken else None


def look_again(row: Outgoing, after: timedelta) -> bool:
    return _move(row, [State.UNCERTAIN], next_attempt_at=clock.now() + after)


def note_steps(row: Outgoing, **changes: object) -> bool:
    """What a step came to; ``changes`` are its columns."""
    return _move(row, [State.ACCEPTED], **changes)


def rest_steps(row: Outgoing, until: datetime) -> bool:
    """Gives the row back until the next try of its pending steps."""
    return _move(row, [State.ACCEPTED], next_attempt_at=until, lease_token="", lease_until=None)


def close(row: Outgoing, *, keep_copy: bool = False) -> bool:
    """ACCEPTED → DONE.  The grant goes, and the row no longer names its files.

    With ``keep_copy`` it still names the one for Sent, which is nowhere else.
    """
    return _move(
        row,
        [State.ACCEPTED],
        state=State.DONE,
        next_attempt_at=None,
        send_grant=b"",
        submission_grant=b"",
        wire_path="",
        sent_path=row.sent_path if keep_copy else "",
        lease_token="",
        lease_until=None,
    )


def _with_account(outgoing_id: int) -> Outgoing:
    return Outgoing.objects.select_related("account").get(pk=outgoing_id)


def _move(row: Outgoing, sources: list[State], **changes: object) -> bool:
    """The arrow itself, only for the holder of the row's lease; ``row`` follows."""
    moved = Outgoing.objects.filter(
        pk=row.pk, state__in=sources, lease_token=row.lease_token
    ).update(**changes)
    if moved:
        row.refresh_from_db()
    return bool(moved)
