"""Reading grants: how the watcher and the index open a mailbox nobody has open just now.

A grant is made at sign-in, moved on by the pages and event streams of a signed-in person, and
worth nothing an hour after the last of them.  It ends at once when the mail server refuses
its password and when the person signs out of their last session.  Somebody who switched
"Keep watching while I am away" on has a grant that neither ends.  Security.md 4.4-3c.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from webmail.accounts import vault
from webmail.accounts.models import Account, ReadingGrant, User
from webmail.accounts.vault import Secret

LIFE = timedelta(minutes=60)
RENEW_EVERY = timedelta(minutes=5)


def renew(request: HttpRequest, account: Account) -> bool:
    """Called for every page of mail; writes once in five minutes.

    True when the account had no living grant before, so that its watch begins now.
    """
    now = timezone.now()
    renewed: dict[str, int] = request.session.get("grants", {})
    if now.timestamp() - renewed.get(str(account.pk), 0) < RENEW_EVERY.total_seconds():
        return False
    try:
        password = vault.password_from_session(request, account)
    except vault.Sealed:
        return False  # a page without the key cookie shows no mail either
    return begin(request, account, password)


def begin(request: HttpRequest, account: Account, password: Secret) -> bool:
    """The same for a password at hand, as at sign-in."""
    renewed: dict[str, int] = request.session.get("grants", {})
    request.session["grants"] = renewed | {str(account.pk): int(timezone.now().timestamp())}
    return give(account, password)


def give(account: Account, password: Secret) -> bool:
    """Makes or replaces the grant; True when there was no living one."""
    was_alive = living().filter(account=account).exists()
    sealed = vault.seal_reading_grant(account, password)
    fields = {"sealed": sealed, "expires_at": timezone.now() + LIFE}
    ReadingGrant.objects.update_or_create(account=account, defaults=fields)
    return not was_alive


def prolong(user: User) -> None:
    """For an open event stream, which has no key: only a living grant lives on."""
    now = timezone.now()
    due = living().filter(account__user=user, expires_at__lt=now + LIFE - RENEW_EVERY)
    ReadingGrant.objects.filter(pk__in=list(due.values_list("pk", flat=True))).update(
        expires_at=now + LIFE
    )


def living() -> QuerySet[ReadingGrant]:
    """The grants that may be used now."""
    return ReadingGrant.objects.filter(
        Q(expires_at__gt=timezone.now()) | Q(account__user__watches_away=True),
        account__user__is_active=True,
    )


def password_of(account: Account) -> Secret | None:
    """None without a living grant, or when it no longer opens."""
    grant = living().filter(account=account).first()
    if grant is None:
        return None
    try:
        return vault.open_reading_grant(account, grant.sealed)
    except vault.Sealed:
        return None


def erase(account: Account) -> None:
    ReadingGrant.objects.filter(account=account).delete()


def erase_refused(account: Account, password: Secret) -> None:
    """After the server's no; a grant with another password, given meanwhile, stays."""
    grant = ReadingGrant.objects.filter(account=account).first()
    if grant is None:
        return
    try:
        is_other = vault.open_reading_grant(account, grant.sealed).reveal() != password.reveal()
    except vault.Sealed:
        is_other = False
    if not is_other:
        ReadingGrant.objects.filter(pk=grant.pk, sealed=grant.sealed).delete()


def erase_at_sign_out(request: HttpRequest, accounts: Iterable[Account]) -> None:
    """Unless another session of the person lives, or they want to be watched for when away."""
    user = request.user
    if user.watches_away or _has_other_session(user, request.session.session_key or ""):
        return
    ReadingGrant.objects.filter(account__in=list(accounts), account__user=user).delete()


def sweep() -> None:
    """Deletes what is past its time: noise without the key file, but kept for nobody."""
    dead = ReadingGrant.objects.exclude(pk__in=living().values("pk"))
    dead.delete()


def _has_other_session(user: User, session_key: str) -> bool:
    """Sessions do not name their person outside their signed text, so each is opened."""
    others = Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=session_key)
    wanted = str(user.pk)
    return any(session.get_decoded().get(SESSION_KEY) == wanted for session in others.iterator())
