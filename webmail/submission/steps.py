"""What remains after acceptance: the Sent copy, \\Answered, the draft (security.md 3.1, rule 8).

Three independent steps, each repeatable and each on its own counter, for up to 14 days.
None of them can reach a state that sends.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from webmail.accounts import vault
from webmail.index.telling import store_for_worker
from webmail.store.mailbox import ANSWERED, FORWARDED, SEEN, MessageRef, SpecialUse
from webmail.store.protocol import (
    MailboxNotFound,
    MailStore,
    MessageGone,
    Refused,
    SignInRefused,
    StoreError,
    Unreachable,
)
from webmail.submission import clock, draft_copy, failpoint, frozen, left_rows, states
from webmail.submission.models import REDIRECT, Outgoing, State, Step, StoredDraft

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=14)
SENT_NAMES = ("Sent", "Sent Items", "Sent Messages", "INBOX.Sent")
# They file every submitted message in Sent themselves; a copy of ours would be a second (F31).
FILES_BY_ITSELF = frozenset(
    {
        "smtp.gmail.com",
        "smtp.googlemail.com",
        "smtp.office365.com",
        "smtp-mail.outlook.com",
        "smtp.mail.me.com",
    }
)

_PASSED_ON = ("forward", REDIRECT)
_UNREADABLE = StoreError("the password kept for it can no longer be read")

StepAct = Callable[[Outgoing, MailStore], dict[str, object]]


def finish(outgoing_id: int) -> None:
    """Does what is due for an accepted row, or looks once for proof of an unclear one."""
    row = states.claim_steps(outgoing_id)
    if row is not None:
        _take_steps(row)
        return
    row = states.claim_look(outgoing_id)
    if row is not None:
        _look_for_proof(row)


def pending(row: Outgoing) -> list[str]:
    """The names of the steps still to take."""
    return [name for name in _ACTS if getattr(row, name) == Step.PENDING]


def was_tried(row: Outgoing) -> bool:
    """Whether a step still to take has failed before."""
    return any(getattr(row, f"{name}_attempt") for name in pending(row))


# -- steps --------------------------------------------------------------------------------------


def _take_steps(row: Outgoing) -> None:
    wait = timedelta(0)
    if pending(row):
        try:
            password = vault.open_grant(row.key, bytes(row.send_grant))
            with store_for_worker(row.account, password) as store:
                for name in pending(row):
                    _take(row, name, store)
        except StoreError as error:
            _note_all_failed(row, error)
            if isinstance(error, SignInRefused):
                wait = states.AUTH_RETRY  # more often would lock the account (F21)
        except vault.Sealed:
            _note_all_failed(row, _UNREADABLE)
            wait = states.AUTH_RETRY  # until somebody signs in and gives it again
    _put_down(row, wait)


def _take(row: Outgoing, name: str, store: MailStore) -> None:
    """One step; a failure is counted and does not stop the next."""
    try:
        changes = _ACTS[name](row, store)
    except StoreError as error:
        log.info("%s refused: outgoing=%s %s", name, row.pk, _for_log(error))
        changes = _failure(row, name, error)
    except frozen.Damaged as error:
        changes = {name: Step.FAILED, "sent_copy_error": str(error)}
    states.note_steps(row, **changes)


def _file_in_sent(row: Outgoing, store: MailStore) -> dict[str, object]:
    """One copy, however often this runs: what is there already is found by Message-ID (F29)."""
    mailbox = _sent_mailbox(store)
    found = store.find_message_id(mailbox, row.message_id, field=row.id_field)
    if found:
        return _filed(mailbox, found[0])
    frozen.check(row.sent_path, row.sent_sha256)
    failpoint.reach("before_append")
    place = store.append(
        mailbox, frozen.read(row.sent_path), flags=[SEEN], internal_date=row.accepted_at
    )
    failpoint.reach("after_append")
    return _filed(mailbox, place)


def _filed(mailbox: str, place: MessageRef | None) -> dict[str, object]:
    return {
        "sent_copy": Step.DONE,
        "sent_copy_error": "",
        "sent_copy_mailbox": mailbox,
        "sent_copy_uidvalidity": place.uidvalidity if place else 0,
        "sent_copy_uid": place.uid if place else 0,
    }


def _mark_source(row: Outgoing, store: MailStore) -> dict[str, object]:
    """\\Answered or $Forwarded on the message this one answers, if it is still there."""
    flag = FORWARDED if row.relation in _PASSED_ON else ANSWERED
    source = MessageRef(row.source_mailbox, row.source_uidvalidity, row.source_uid)
    try:
        store.set_flags([source], add=[flag])
    except (MessageGone, MailboxNotFound):
        return {"answered_flag": Step.SKIPPED}
    failpoint.reach("after_answered")
    return {"answered_flag": Step.DONE}


def _remove_draft(row: Outgoing, store: MailStore) -> dict[str, object]:
    """Our draft's words and its copies in Drafts: the one at queueing, and a later autosave's."""
    draft = StoredDraft.objects.filter(key=row.draft_key, user=row.user_id).first()
    queued = draft_copy.copy_ref(row)
    if queued is not None and (draft is None or queued != draft_copy.copy_ref(draft)):
        draft_copy.expunge(store, [queued])
    if draft is not None:
        draft_copy.remove(store, draft)
    failpoint.reach("after_cleanup")
    if draft is not None:
        left_rows.strip(draft)
    return {"draft_cleanup": Step.DONE}


_ACTS: dict[str, StepAct] = {
    "sent_copy": _file_in_sent,
    "answered_flag": _mark_source,
    "draft_cleanup": _remove_draft,
}


def _sent_mailbox(store: MailStore) -> str:
    """Asked each time: people rename mailboxes.  Made where there is none (F30)."""
    mailboxes = [mailbox for mailbox in store.mailboxes() if mailbox.is_selectable]
    for mailbox in mailboxes:
        if mailbox.special_use is SpecialUse.SENT:
            return mailbox.name
    named = {mailbox.name: mailbox.name for mailbox in mailboxes}
    for name in SENT_NAMES:
        if name in named:
            return name
    return store.create_mailbox("Sent", SpecialUse.SENT)


# -- failure ------------------------------------------------------------------------------------


def _failure(row: Outgoing, name: str, error: StoreError) -> dict[str, object]:
    changes: dict[str, object] = {f"{name}_attempt": getattr(row, f"{name}_attempt") + 1}
    if name == "sent_copy":
        changes["sent_copy_error"] = str(error)
    return changes


def _note_all_failed(row: Outgoing, error: StoreError) -> None:
    """No session at all: every pending step counts a failure."""
    log.info("steps put off: outgoing=%s %s", row.pk, _for_log(error))
    changes: dict[str, object] = {}
    for name in pending(row):
        changes |= _failure(row, name, error)
    states.note_steps(row, **changes)


def _give_up(row: Outgoing, why: str) -> None:
    changes: dict[str, object] = dict.fromkeys(pending(row), Step.FAILED)
    if "sent_copy" in changes:
        changes["sent_copy_error"] = why
    states.note_steps(row, **changes)


def _put_down(row: Outgoing, wait: timedelta) -> None:
    """Ends the row when nothing is pending, else sets the next try, in ``wait`` or later."""
    now = clock.now()
    if pending(row) and row.accepted_at and now - row.accepted_at > GIVE_UP_AFTER:
        _give_up(row, row.sent_copy_error)
    left = pending(row)
    if left:
        states.rest_steps(row, now + max(wait, min(_delay(row, name) for name in left)))
        return
    is_unfiled = row.sent_copy == Step.FAILED
    files = {row.wire_path, row.sent_path} - ({row.sent_path} if is_unfiled else set())
    if states.close(row, keep_copy=is_unfiled):
        frozen.erase(*files)


def _delay(row: Outgoing, name: str) -> timedelta:
    return states.retry_delay(max(getattr(row, f"{name}_attempt"), 1))


def _for_log(error: StoreError) -> str:
    code = error.code if isinstance(error, Refused) else ""
    return f"kind={type(error).__name__} code={code}"


# -- proof --------------------------------------------------------------------------------------


def _look_for_proof(row: Outgoing) -> None:
    """A provider that files by itself shows what it has taken: in Sent, by Message-ID."""
    try:
        password = vault.open_grant(row.key, bytes(row.send_grant))
        with store_for_worker(row.account, password) as store:
            mailbox = _sent_mailbox(store)
            found = store.find_message_id(mailbox, row.message_id, field=row.id_field)
    except Unreachable:
        if row.data_started_at and clock.now() - row.data_started_at < timedelta(days=1):
            states.look_again(row, timedelta(minutes=10))
        return
    except (StoreError, vault.Sealed) as error:
        log.info("no look for proof: outgoing=%s kind=%s", row.pk, type(error).__name__)
        return
    if found and row.state == State.UNCERTAIN:
        states.accept_by_proof(row)
