"""A fresh access token for a message that leaves by a provider's permission.

A provider may give a new refresh token with each access token and forget the old one, so one
worker at a time asks, with the newest there is, and what it gets is kept before it is used.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from webmail.accounts import consent, vault
from webmail.accounts.identity_servers import Access, fresh_name
from webmail.accounts.models import SubmissionServer
from webmail.accounts.oauth_providers import Provider
from webmail.accounts.vault import Secret
from webmail.outbound_oauth import TokenRefused, Tokens, TokenUnreachable
from webmail.outbound_sasl import BearerToken
from webmail.submission import route
from webmail.submission.endings import NoConnection, SignInRefused
from webmail.submission.models import LEASED, WAITING, Outgoing, Series

log = logging.getLogger(__name__)

_LEASE = timedelta(seconds=40)
_PATIENCE_S = 60
_LOOK_S = 0.1


def access_token(row: Outgoing, provider: Provider, refresh_token: Secret) -> BearerToken:
    """Raises SignInRefused where the permission has ended, NoConnection where nobody says."""
    server = SubmissionServer.objects.filter(
        identity_id=row.identity_id, provider=provider.key, username=row.submission_username
    ).first()
    if server is None:  # the identity is gone, or leaves elsewhere now
        return _renewed(row, None, provider, refresh_token)
    with _alone(server):
        row.refresh_from_db(fields=["submission_grant"])
        newest = route.password_of(row)
        return _renewed(row, server, provider, newest)


def _renewed(
    row: Outgoing, server: SubmissionServer | None, provider: Provider, refresh_token: Secret
) -> BearerToken:
    try:
        tokens = consent.renew(provider, refresh_token)
    except TokenRefused as problem:
        raise SignInRefused(f"{problem}.") from problem
    except TokenUnreachable as problem:
        raise NoConnection(str(problem)) from problem
    if tokens.refresh and tokens.refresh != refresh_token.reveal():
        _keep(row, server, provider, tokens)
    return tokens.access


def _keep(
    row: Outgoing, server: SubmissionServer | None, provider: Provider, tokens: Tokens
) -> None:
    """The new token for all mail that waits or repeats, and for the owner when they come."""
    newest = Secret(tokens.refresh)
    if server is not None:
        box = vault.seal_grant(fresh_name(server, provider), newest)
        SubmissionServer.objects.filter(pk=server.pk).update(fresh_token=box)
    access = Access(row.submission_url, row.submission_username, newest, provider)
    same = Q(
        account_id=row.account_id,
        submission_provider=provider.key,
        submission_username=row.submission_username,
    )
    waiting = Outgoing.objects.filter(same, state__in=(*WAITING, *LEASED))
    repeating = Series.objects.filter(same).exclude(state=Series.State.ENDED)
    for each in (*waiting, *repeating):
        route.lead_by(each, access)
        type(each).objects.filter(pk=each.pk).update(submission_grant=each.submission_grant)
    log.info("a new refresh token was kept: provider=%s outgoing=%s", provider.key, row.pk)


@contextmanager
def _alone(server: SubmissionServer) -> Iterator[None]:
    """By a lease in the row: on SQLite a lock held over the network would stop everybody."""
    rows = SubmissionServer.objects.filter(pk=server.pk)
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        now = timezone.now()
        free = Q(renewing_until=None) | Q(renewing_until__lt=now)
        until = now + _LEASE
        if rows.filter(free).update(renewing_until=until):
            break
        if time.monotonic() > deadline:
            raise NoConnection("Other mail is still asking for the same permission.")
        time.sleep(_LOOK_S)
    try:
        yield
    finally:
        rows.filter(renewing_until=until).update(renewing_until=None)
