"""How an outgoing message leaves: security.md 3.1, rules 3 to 7."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from webmail.accounts import connect, vault
from webmail.accounts.identity_servers import CannotLeave, NeedsConsent
from webmail.submission import (
    clock,
    condition,
    endings,
    failpoint,
    frozen,
    journal,
    mailings,
    removal,
    restoring,
    smtp,
    states,
)
from webmail.submission.models import Outgoing, State, Trouble
from webmail.submission.route import route_of, server_of
from webmail.submission.tokens import access_token

log = logging.getLogger(__name__)

COMMIT_RETRY_S = 600
PER_SWEEP = 200
_STUMBLED = "Hearth itself stumbled over this message; its administrator finds why in the log."


def deliver(outgoing_id: int) -> bool:
    """Tries once to submit the message, if it is due and nobody else does.

    True when the server took it.  Every way out but a crash leaves the row in a state that
    says what happened.
    """
    may_try = mailings.holds(outgoing_id) and condition.holds(outgoing_id)
    row = states.claim(outgoing_id) if may_try else None
    if row is None:
        return False
    failpoint.reach("after_claim")
    if _stands_back(row):
        return False
    try:
        reply = _submit(row)
    except endings.SubmissionError as error:
        _settle(row, error)
        return False
    except NeedsConsent as error:
        states.retry_later(row, Trouble.AUTH, error.fact)
        return False
    except (connect.NotConfigured, CannotLeave) as error:
        states.retry_later(row, Trouble.CONNECTION, str(error))
        return False
    except vault.Sealed:
        states.fail(row, Trouble.DAMAGED, "the password kept for it can no longer be read")
        return False
    except frozen.Damaged as error:
        states.fail(row, Trouble.DAMAGED, str(error))
        return False
    except (DatabaseError, InterfaceError):
        raise
    except Exception:
        log.exception("submission stumbled: outgoing=%s attempt=%s", row.pk, row.attempt)
        _stumble(row)
        return False
    return reply is not None and _accept(row, reply)


def _stands_back(row: Outgoing) -> bool:
    until = states.auth_bar(row)
    if until is None:
        return False
    server = server_of(row) or "The mail server"
    return states.stand_back(row, until, f"{server} just refused the password to another message.")


def _submit(row: Outgoing) -> endings.Reply | None:
    """All phases.  None: another worker has the row now, so nothing was sent (fencing)."""
    frozen.check(row.wire_path, row.wire_sha256)
    is_ascii = frozen.is_ascii(row.wire_path)  # now: it is gone once another worker has sent it
    route = route_of(row)
    token = access_token(row, route.provider, route.password) if route.provider else None
    with smtp.Submission(
        route.endpoint, connect.tls_context(), addresses=route.addresses
    ) as server:
        server.connect()
        failpoint.reach("after_connect")
        if token is not None:
            server.sign_in_with_token(route.username, token)
        else:
            server.sign_in(route.username, route.password.reveal())
        failpoint.reach("after_auth")
        server.propose(
            row.mail_from,
            row.size_bytes,
            is_ascii=is_ascii,
            smtputf8=row.needs_smtputf8,
            wishes=row.wishes,
            envelope_id=row.key,
        )
        failpoint.reach("after_mail")
        try:
            replies = server.add_recipients(row.rcpt_to, smtputf8=row.needs_smtputf8)
        except endings.SubmissionError:
            server.reset()
            raise
        failpoint.reach("after_rcpt")
        offered = server.offers_delivery_notices if row.wants_delivery_notice else None
        if not states.start_data(row, replies, offered):
            log.warning("submission fenced off: outgoing=%s attempt=%s", row.pk, row.attempt)
            server.reset()
            return None
        failpoint.reach("after_data_commit")
        return server.submit(frozen.pieces(row.wire_path))


def _stumble(row: Outgoing) -> None:
    """Our own mistake is told and counted: the lease alone would have it tried for ever, unsaid."""
    if row.state == State.DATA:
        _until_committed(lambda: states.leave_unclear(row, _STUMBLED))
    else:
        _until_committed(lambda: states.retry_later(row, Trouble.CONNECTION, _STUMBLED))


def _settle(row: Outgoing, error: endings.SubmissionError) -> None:
    """Writes down how a try ended that was no acceptance."""
    log.info(
        "submission ended: outgoing=%s attempt=%s kind=%s",
        row.pk,
        row.attempt,
        type(error).__name__,
    )
    _until_committed(lambda: _settled(row, error))


def _settled(row: Outgoing, error: endings.SubmissionError) -> bool:
    match error:
        case endings.Unclear():
            return states.leave_unclear(row, str(error))
        case endings.RefusedForGood():
            return states.fail(
                row, Trouble.REFUSED, str(error), refused=error.refused, replies=error.replies
            )
        case endings.SignInRefused():
            return states.retry_later(row, Trouble.AUTH, str(error))
        case endings.RefusedForNow():
            return states.retry_later(row, Trouble.LATER, str(error), error.replies)
        case _:
            return states.retry_later(row, Trouble.CONNECTION, str(error))


def _accept(row: Outgoing, reply: endings.Reply) -> bool:
    """Journal first, then the database, for as long as it takes (F14, F23)."""
    failpoint.reach("after_reply")
    entry = journal.Acceptance(row.key, row.attempt, row.message_id, str(reply), timezone.now())
    try:
        failpoint.reach("in_journal")
        journal.write(entry)
    except OSError as error:
        log.error("journal not written: outgoing=%s error=%s", row.pk, error)
    failpoint.reach("after_journal")
    accepted = _until_committed(lambda: states.accept(row, str(reply)))
    failpoint.reach("after_accept")
    return accepted or Outgoing.objects.filter(pk=row.pk, state=State.ACCEPTED).exists()


def _until_committed(act: Callable[[], bool]) -> bool:
    """Repeats ``act`` for ten minutes while the database is away."""
    deadline = time.monotonic() + COMMIT_RETRY_S
    while True:
        try:
            return act()
        except (DatabaseError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            log.error("the outbox row could not be written, trying again: %s", error)
            connection.close()
            time.sleep(2)


# -- the sweep ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """Rows that want something done now, by their ids."""

    deliver: tuple[int, ...]
    finish: tuple[int, ...]


def sweep() -> Due:
    """Repairs what crashed workers left, and says which rows are due.  Idempotent (F40)."""
    lift_from_journal()
    ready, unclear = states.free_overdue()
    if ready or unclear:
        log.warning("leases ran out: back to ready=%s unclear=%s", ready, unclear)
    held = states.hold_too_late()
    if held:
        log.warning("their time was over a day ago, so their writers are asked: held=%s", held)
    return due()


def due() -> Due:
    now = clock.now()
    deliver_now = Outgoing.objects.in_time(now).values_list("pk", flat=True)[:PER_SWEEP]
    finish_now = Outgoing.objects.unfinished(now).values_list("pk", flat=True)[:PER_SWEEP]
    return Due(tuple(deliver_now), tuple(finish_now))


def lift_from_journal() -> int:
    """DATA → ACCEPTED for what a dead worker of this machine had written down; how many."""
    open_rows = Outgoing.objects.filter(state__in=[State.DATA, State.UNCERTAIN, State.READY])
    wanted = set(open_rows.filter(attempt__gt=0).values_list("key", flat=True))
    if not wanted:
        return 0
    return sum(
        states.accept_by_journal(entry.key, entry.message_id, entry.attempt, entry.reply, entry.at)
        for entry in journal.entries()
        if entry.key in wanted
    )


def tidy() -> None:
    """At a worker's start: old journals, and files of processes that died before a commit."""
    if restoring.is_behind_journal():
        log.error("the database is older than the journal: a backup came back; unsent mail is held")
        restoring.hold_unsent()
    lift_from_journal()
    journal.prune(timezone.now())
    removal.prune(timezone.now())
    named = Outgoing.objects.exclude(sent_path="").values_list("wire_path", "sent_path")
    known = {name for pair in named for name in pair}
    frozen.erase_orphans(known, older_than=time.time() - 24 * 3600)
