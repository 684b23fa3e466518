"""Removing a person from this Hearth: what goes with them, told before anything does."""

from collections.abc import Iterator

from django.db import transaction

from webmail.accounts.models import User
from webmail.attachments import picture_cache
from webmail.index.mailboxes import forget_account
from webmail.openpgp.models import OwnKey
from webmail.smime.models import OwnCertificate
from webmail.submission import removal
from webmail.submission.models import FollowUp, Outgoing, Series, StoredDraft
from webmail.submission.words import state_text


def warnings(user: User) -> Iterator[str]:
    """What is nowhere else, a line each."""
    yield from (f"not sent: {_named(row)}" for row in removal.open_mail(user))
    repeating = Series.objects.filter(user=user).exclude(state=Series.State.ENDED)
    for each in repeating:
        yield f"repeats, and would no longer: “{each.fields.get('subject', '')}”"
    for draft in _drafts_only_here(user):
        yield f"a draft that Drafts does not have as it is: “{draft.fields.get('subject', '')}”"
    for key in OwnKey.objects.filter(user=user):
        yield f"the private key of {key.holder}: what is encrypted to it stays closed without it"
    for each in OwnCertificate.objects.filter(user=user):
        yield f"the certificate of {', '.join(each.addr_specs)}, with its private key"


def _drafts_only_here(user: User) -> list[StoredDraft]:
    drafts = StoredDraft.objects.filter(user=user, has_left=False).order_by("created_at")
    return [each for each in drafts if not each.copy_uid or each.copy_revision < each.revision]


def _named(row: Outgoing) -> str:
    to = ", ".join(row.rcpt_to[:3]) + (" and others" if len(row.rcpt_to) > 3 else "")
    return f"“{row.subject or '(no subject)'}” to {to}. {state_text(row)}"


def also_goes(user: User) -> Iterator[str]:
    """What goes without a question: it is over, or can be made anew."""
    sent = removal.finished_mail(user)
    reminders = FollowUp.objects.filter(
        user=user, state__in=[FollowUp.State.WAITING, FollowUp.State.DUE]
    ).count()
    yield f"what is known of {sent} finished messages (sent mail itself stays in Sent)"
    yield f"{reminders} reminders"
    yield "names, signatures, templates, lists of people, choices, and the index"


@transaction.atomic(durable=True)
def remove(user: User, named: list[str]) -> None:
    """Raises removal.Busy and removal.NotNamed, and then changed nothing."""
    User.objects.select_for_update().get(pk=user.pk)
    removal.remove(user, named)
    accounts = [account.pk for account in user.accounts.all()]
    pictures = User(pk=user.pk)
    transaction.on_commit(lambda: picture_cache.forget(pictures))
    for account in accounts:
        transaction.on_commit(lambda account=account: forget_account(account))
    user.delete()
