"""Mail that is to leave only if nobody has answered by then: asked right before each try.

Where the mail server cannot be asked the message waits and says so; after a day its writer
is asked instead, as for all that could not leave in time (F38).
"""

import logging
from datetime import timedelta

from webmail.accounts import connect, vault
from webmail.index.telling import store_for_worker
from webmail.store.protocol import SignInRefused, StoreError
from webmail.submission import clock, failpoint, states
from webmail.submission.answers import Answer, awaited, find_answer
from webmail.submission.models import WAITING, Outgoing, Trouble
from webmail.submission.withdrawal import take_back

log = logging.getLogger(__name__)

_NOW = timedelta(0)
_UNREADABLE = "the password kept for it can no longer be read"


def holds(outgoing_id: int) -> bool:
    """Whether a due message may be tried now; of one without a condition, always.

    Asked before the claim, so that a worker that dies here leaves the row as it was.
    """
    due = Outgoing.objects.in_time(clock.now()).filter(pk=outgoing_id, unless_answered=True)
    row = due.select_related("account").first()
    if row is None or states.auth_bar(row):  # the claim finds out the same
        return True
    failpoint.reach("before_asking")
    try:
        answer = _ask(row)
    except SignInRefused as error:
        # What bars the way to a server of its own is that server's word alone.
        trouble = Trouble.UNASKED if row.submission_url else Trouble.AUTH
        return _wait(row, trouble, str(error), states.AUTH_RETRY)
    except vault.Sealed:
        return _wait(row, Trouble.UNASKED, _UNREADABLE)
    except (StoreError, connect.NotConfigured) as error:
        return _wait(row, Trouble.UNASKED, str(error))
    failpoint.reach("after_asking")
    if answer is None:
        return True
    _withdraw(row, answer)
    failpoint.reach("after_withdrawal")
    return False


def _ask(row: Outgoing) -> Answer | None:
    password = vault.open_grant(row.key, bytes(row.send_grant))
    wanted = awaited(row.follows, row.rcpt_to, row.created_at)
    with store_for_worker(row.account, password) as store:
        return find_answer(store, wanted)


def _wait(row: Outgoing, trouble: Trouble, error: str, at_least: timedelta = _NOW) -> bool:
    log.info("nobody could say whether it was answered: outgoing=%s kind=%s", row.pk, trouble)
    states.wait_unasked(row, trouble, error, at_least)
    return False


def _withdraw(row: Outgoing, answer: Answer) -> None:
    take_back(
        row.user_id,
        row.key,
        WAITING,
        trouble=Trouble.ANSWERED,
        troubled_at=clock.now(),
        last_error="",
        answered_by=answer.by,
        answered_at=answer.at,
    )
