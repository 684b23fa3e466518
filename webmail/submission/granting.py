"""What opens the servers, given to the rows that need it: once as they are queued, and anew."""

from django.db import transaction

from webmail.accounts import vault
from webmail.accounts.identity_servers import Access
from webmail.accounts.models import Account, Identity, new_key
from webmail.accounts.vault import Secret
from webmail.accounts.writing_as import identity_named
from webmail.submission import clock, tasks
from webmail.submission.leaving_model import Leaving
from webmail.submission.models import LEASED, WAITING, Outgoing, Series, State, Trouble
from webmail.submission.route import lead_by
from webmail.submission.standing import NEEDS_PASSWORD
from webmail.submission.steps import was_tried

_HOLDS_GRANT = (*WAITING, *LEASED, State.UNCERTAIN, State.ACCEPTED)


def seal(row: Outgoing, password: Secret, access: Access | None = None) -> None:
    """With the account's password, and with that of the server it leaves by."""
    row.key = row.key or new_key()
    row.send_grant = vault.seal_grant(row.key, password)
    if access is not None:
        lead_by(row, access)
    row.granted_at = clock.now()


def give_password(account: Account, password: Secret) -> int:
    """The account's password, just proved right, for all its mail that has not ended.

    What waited for a right one leaves by itself now (F21, F41), and copies that could not
    be filed are tried again.  Answers how many messages that concerned.
    """
    with transaction.atomic(durable=True):
        rows = Outgoing.objects.select_for_update().filter(account=account)
        open_rows = list(rows.filter(state__in=_HOLDS_GRANT))
        _give_to_series(account, password)
        return sum(_give(row, password) for row in open_rows)


def _give_to_series(account: Account, password: Secret) -> None:
    """What is still to be made of a message that repeats leaves with the right one too."""
    for each in Series.objects.filter(account=account).exclude(state=Series.State.ENDED):
        grant = vault.seal_grant(each.key, password)
        Series.objects.filter(pk=each.pk).update(send_grant=grant)


def _give(row: Outgoing, password: Secret) -> bool:
    if _waits_for_account(row):
        return make_ready(row, [State.RETRY_WAIT], password)
    granted_at = row.granted_at
    seal(row, password)
    if row.submission_url:
        row.granted_at = granted_at  # of the password that its server is asked with
    still = Outgoing.objects.filter(pk=row.pk, state=row.state)
    still.update(send_grant=row.send_grant, granted_at=row.granted_at)
    if row.state != State.ACCEPTED or not was_tried(row):
        return False
    if still.filter(lease_token="").update(next_attempt_at=clock.now()):
        tasks.wake_steps(row.pk)
    return True


def give_access(identity: Identity, access: Access | None) -> int:
    """By which server the identity's mail leaves from now on, also what waits already.

    ``access`` was just proved; None: by the account's.  What waited for a right password
    leaves now.  Answers how many messages that concerned.
    """
    with transaction.atomic(durable=True):
        rows = Outgoing.objects.select_for_update().filter(
            identity=identity, state__in=(*WAITING, *LEASED)
        )
        _lead_series(identity, access)
        return sum(_lead(row, access) for row in list(rows))


def _lead_series(identity: Identity, access: Access | None) -> None:
    """What repeats under this name, or under none where this is the usual one."""
    for each in Series.objects.filter(account=identity.account).exclude(state=Series.State.ENDED):
        named = identity_named(identity.account, str(each.fields.get("identity", "")))
        if named == identity:
            lead_by(each, access)
            each.save(update_fields=[field.name for field in Leaving._meta.get_fields()])


def _lead(row: Outgoing, access: Access | None) -> bool:
    lead_by(row, access)
    row.granted_at = clock.now()
    changed = Outgoing.objects.filter(pk=row.pk, state=row.state).update(
        submission_url=row.submission_url,
        submission_username=row.submission_username,
        submission_provider=row.submission_provider,
        submission_grant=row.submission_grant,
        granted_at=row.granted_at,
    )
    if changed and _waits_for_password(row):
        return make_ready(row, [State.RETRY_WAIT], None)
    return bool(changed)


def _waits_for_account(row: Outgoing) -> bool:
    """Its server refused the password, or could not be asked for an answer with it."""
    if row.state == State.RETRY_WAIT and row.trouble == Trouble.UNASKED:
        return True
    return _waits_for_password(row) and not row.submission_url


def _waits_for_password(row: Outgoing) -> bool:
    return row.state == State.RETRY_WAIT and row.trouble in NEEDS_PASSWORD


def make_ready(row: Outgoing, sources: list[State], password: Secret | None) -> bool:
    if password is not None:
        seal(row, password)
    changed = Outgoing.objects.filter(pk=row.pk, state__in=sources).update(
        state=State.READY,
        next_attempt_at=clock.now(),
        trying_since=None,
        failures=0,
        trouble=Trouble.NONE,
        refused_recipients={},
        recipient_replies={},
        lease_token="",
        lease_until=None,
        send_grant=row.send_grant,
        submission_url=row.submission_url,
        submission_username=row.submission_username,
        submission_provider=row.submission_provider,
        submission_grant=row.submission_grant,
        granted_at=row.granted_at,
    )
    if changed:
        tasks.wake(row.pk)
    return bool(changed)
