"""What people do with the outbox: queue a message, take it back, try again.

Nothing here waits for a mail server.  Every function takes the user, so that a key from
somebody else's outbox finds nothing.
"""

import uuid
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from webmail.accounts import connect, disk
from webmail.accounts.identity_servers import Access
from webmail.accounts.models import Account, Identity, User
from webmail.accounts.vault import Secret
from webmail.message.build import BuiltMessage
from webmail.store.mailbox import MessageRef
from webmail.submission import clock, failpoint, follow_ups, frozen, tasks
from webmail.submission.granting import give_password, make_ready, seal
from webmail.submission.models import (
    Mailing,
    Outgoing,
    Series,
    State,
    Step,
    StoredDraft,
    Trouble,
)
from webmail.submission.route import lead_by
from webmail.submission.steps import FILES_BY_ITSELF
from webmail.submission.wishes import NO_WISHES, Wishes
from webmail.submission.withdrawal import take_back

# While one of these, no worker can be talking to a server about the row.
_TAKEN_BACK_FROM = (State.HELD, State.READY, State.RETRY_WAIT, State.FAILED)


def queue(
    *,
    user: User,
    account: Account,
    identity: Identity | None,
    client_token: uuid.UUID,
    draft: StoredDraft | None,
    built: BuiltMessage,
    message_id: str,
    subject: str,
    password: Secret,
    relation: str = "",
    source: MessageRef | None = None,
    undo_s: int = 10,
    send_at: datetime | None = None,
    keeps_copy: bool = True,
    wishes: Wishes = NO_WISHES,
    access: Access | None = None,
    unless_answered: bool = False,
    remind_at: datetime | None = None,
    series: Series | None = None,
    occurrence: date | None = None,
    mailing: Mailing | None = None,
) -> tuple[Outgoing, bool]:
    """The row, durable when this returns, and whether it is new.

    A token that was queued before gives the row it made then, and nothing is sent twice
    (F01–F03).  Relation and source are the draft's unless given.  Without ``keeps_copy`` it
    is not filed in Sent.  With ``access`` it leaves by its identity's own server; ``password``
    is the account's.  ``unless_answered``: see condition.py; ``remind_at``: follow_ups.py.
    Raises DiskFull where there is no room for it.  Must not be called inside a transaction:
    "queued" would be a promise nobody has kept yet.
    """
    earlier = find_by_token(user, client_token)
    if earlier is not None:
        return earlier, False
    wire, sent = _freeze(built)
    failpoint.reach("after_freeze")
    row = Outgoing(
        user=user,
        account=account,
        identity=identity,
        client_token=client_token,
        message_id=message_id,
        subject=subject[:998],
        wire_path=wire.name,
        wire_sha256=wire.sha256,
        sent_path=sent.name,
        sent_sha256=sent.sha256,
        size_bytes=wire.size_bytes,
        mail_from=built.mail_from,
        rcpt_to=list(built.rcpt_to),
        needs_smtputf8=built.needs_smtputf8,
        wants_delivery_notice=wishes.delivery,
        wants_receipt=wishes.receipt,
        requires_tls=wishes.tls,
        unless_answered=unless_answered,
        series=series,
        occurrence=occurrence,
        mailing=mailing,
        state=State.HELD,
    )
    seal(row, password, access)
    _relate(row, draft, relation, source)
    if not keeps_copy:
        row.sent_copy = Step.SKIPPED
    if not _insert(row, undo_s, send_at, remind_at):
        frozen.erase(wire.name, sent.name)
        earlier = find_by_token(user, client_token)
        if earlier is None:
            raise ValueError(f"the Message-ID {message_id} was queued before")
        return earlier, False
    return row, True


def _freeze(built: BuiltMessage) -> tuple[frozen.Frozen, frozen.Frozen]:
    """What is submitted, and what is filed in Sent."""
    disk.must_have_room(len(built.wire) + len(built.sent))
    with disk.full_is_told():
        wire = frozen.freeze(built.wire)
        return wire, wire if built.sent == built.wire else frozen.freeze(built.sent)


def _relate(
    row: Outgoing, draft: StoredDraft | None, relation: str, source: MessageRef | None
) -> None:
    """What the message answers and which draft it was; steps with nothing to do are skipped."""
    if draft is not None:
        row.draft_key = draft.key
        row.relation = relation or draft.relation
        row.follows = [*draft.references.split(), *draft.in_reply_to.split()]
        row.source_mailbox = draft.source_mailbox
        row.source_uidvalidity, row.source_uid = draft.source_uidvalidity, draft.source_uid
        row.copy_mailbox = draft.copy_mailbox
        row.copy_uidvalidity, row.copy_uid = draft.copy_uidvalidity, draft.copy_uid
    if source is not None:
        row.relation, row.source_mailbox = relation, source.mailbox
        row.source_uidvalidity, row.source_uid = source.uidvalidity, source.uid
    if not (row.relation and row.source_mailbox and row.source_uid):
        row.answered_flag = Step.SKIPPED
    if draft is None:
        row.draft_cleanup = Step.SKIPPED
    if not row.submission_url and _host_of(row.account) in FILES_BY_ITSELF:
        row.sent_copy = Step.SKIPPED


def _host_of(account: Account) -> str:
    return connect.submission_endpoint(account).host


def _insert(
    row: Outgoing, undo_s: int, send_at: datetime | None, remind_at: datetime | None
) -> bool:
    """The one transaction of rule 1.  False: the token, or the Message-ID, is taken."""
    try:
        with transaction.atomic(durable=True):
            row.send_at = send_at or clock.now() + timedelta(seconds=undo_s)
            row.next_attempt_at = row.send_at
            row.save(force_insert=True)
            if remind_at is not None:
                follow_ups.set_with(row, remind_at)
            transaction.on_commit(lambda: failpoint.reach("after_commit"))
            if undo_s <= 0 and send_at is None:
                tasks.wake(row.pk)
    except IntegrityError:
        return False
    return True


# -- finding ------------------------------------------------------------------------------------


def find_by_token(user: User, client_token: uuid.UUID) -> Outgoing | None:
    return Outgoing.objects.filter(user=user, client_token=client_token).first()


def wire_bytes(row: Outgoing) -> bytes:
    """Exactly what is, or was, submitted.  Raises FileNotFoundError once it was erased."""
    return frozen.read(row.wire_path or "erased")


def sent_bytes(row: Outgoing) -> bytes:
    """The copy for Sent, with Bcc."""
    return frozen.read(row.sent_path or "erased")


# -- acting -------------------------------------------------------------------------------------


def undo(user: User, key: str) -> bool:
    """HELD → CANCELLED.  False: too late, it is on its way (F37)."""
    return take_back(user.pk, key, [State.HELD], keep_choices=True)


def edit(user: User, key: str) -> str | None:
    """Takes the message back and says which draft it was; None when it is too late for that
    or the draft is gone."""
    row = Outgoing.objects.filter(user=user, key=key).first()
    if row is None or not StoredDraft.objects.filter(user=user, key=row.draft_key).exists():
        return None
    is_taken = take_back(user.pk, key, _TAKEN_BACK_FROM, keep_choices=True)
    return row.draft_key if is_taken else None


def discard(user: User, key: str) -> bool:
    """Takes the message off the outbox for good; its draft stays a draft.

    Of a message that was sent and could not be filed, what goes is the copy kept here.
    """
    sources = (*_TAKEN_BACK_FROM, State.CANCELLED)
    return take_back(user.pk, key, sources, keep_without_draft=False) or _let_copy_go(user, key)


def dismiss(user: User, key: str) -> bool:
    """Takes a message that was answered first off the outbox: its writer has read it."""
    told = Outgoing.objects.filter(user=user, key=key, trouble=Trouble.ANSWERED)
    return bool(told.filter(state=State.CANCELLED).update(trouble=Trouble.NONE))


def _let_copy_go(user: User, key: str) -> bool:
    with transaction.atomic(durable=True):
        unfiled = Outgoing.objects.filter(
            user=user, key=key, state=State.DONE, sent_copy=Step.FAILED
        )
        row = unfiled.first()
        if row is None or not unfiled.update(sent_copy=Step.SKIPPED, wire_path="", sent_path=""):
            return False
        transaction.on_commit(lambda: frozen.erase(row.wire_path, row.sent_path))
    return True


def send_again(
    user: User, key: str, *, password: Secret | None = None, access: Access | None = None
) -> bool:
    """Tries anew with the same bytes and the same Message-ID, at once.

    A message that FAILED has lost its grants and needs the password.  With one, it leaves by
    the server that its identity has now (``access``); without an identity by the one it had,
    if its grant is still there.
    """
    with transaction.atomic(durable=True):
        row = Outgoing.objects.select_for_update().filter(user=user, key=key).first()
        if row is None or not row.wire_path or not (password or row.send_grant):
            return False
        if password is not None and row.identity_id:
            lead_by(row, access)
        if row.submission_url and not row.submission_grant:
            return False
        sources = [State.UNCERTAIN, State.FAILED, State.RETRY_WAIT]
        if row.waits_for_writer:
            sources.append(State.HELD)
        if not make_ready(row, sources, password):
            return False
        # Who looked and says so has decided, whoever may have answered.
        if row.state == State.UNCERTAIN or row.waits_for_writer or row.trouble == Trouble.UNASKED:
            Outgoing.objects.filter(pk=row.pk).update(unless_answered=False)
    if password is not None:
        give_password(row.account, password)
    return True


def file_again(user: User, key: str, *, password: Secret) -> bool:
    """Tries at once to file the copy of a sent message that is not in Sent yet."""
    with transaction.atomic(durable=True):
        row = Outgoing.objects.select_for_update().filter(user=user, key=key).first()
        if row is None or not row.sent_path:
            return False
        unfiled = Outgoing.objects.filter(pk=row.pk, sent_copy__in=[Step.PENDING, Step.FAILED])
        seal(row, password)
        changed = unfiled.filter(state__in=[State.ACCEPTED, State.DONE]).update(
            state=State.ACCEPTED,
            sent_copy=Step.PENDING,
            next_attempt_at=clock.now(),
            send_grant=row.send_grant,
            granted_at=row.granted_at,
        )
        if changed:
            tasks.wake_steps(row.pk)
    return bool(changed)


def _restored(row: Outgoing) -> list[State]:
    """HELD, where it is held for its writer to look at."""
    return [State.HELD] if row.is_restored else []


def mark_as_sent(user: User, key: str) -> bool:
    """UNCERTAIN, or restored, → ACCEPTED, on the word of the user."""
    now = clock.now()
    with transaction.atomic(durable=True):
        row = Outgoing.objects.select_for_update().filter(user=user, key=key).first()
        return row is not None and bool(
            Outgoing.objects.filter(pk=row.pk, state__in=[State.UNCERTAIN, *_restored(row)]).update(
                state=State.ACCEPTED,
                accepted_at=row.data_started_at or now,
                next_attempt_at=now,
                trouble=Trouble.NONE,
                lease_token="",
                lease_until=None,
            )
        )
