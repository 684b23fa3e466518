"""By which server a message leaves, as whom, and what proves it: its identity's, or its account's.

The row names the server it was queued for, and the grant opens for that server alone, so that
no later change of an identity can lead a password to another host.
"""

from dataclasses import dataclass

from webmail.accounts import connect, vault
from webmail.accounts.identity_servers import (
    Access,
    NeedsConsent,
    addresses_to_use,
    allowed_endpoint,
    consented_endpoint,
    host_of,
)
from webmail.accounts.oauth_providers import Provider
from webmail.accounts.vault import Secret
from webmail.outbound import Endpoint
from webmail.submission.models import Outgoing, Series


@dataclass(frozen=True, slots=True)
class Route:
    """``addresses`` are the judged ones of a server that a person named.  With ``provider``
    the password is a refresh token for it."""

    endpoint: Endpoint
    username: str
    password: Secret
    addresses: tuple[str, ...] = ()
    provider: Provider | None = None


def route_of(row: Outgoing) -> Route:
    """Raises vault.Sealed, NotConfigured or NotAllowed."""
    if not row.submission_url:
        password = vault.open_grant(row.key, bytes(row.send_grant))
        return Route(connect.submission_endpoint(row.account), row.account.address, password)
    if row.submission_provider:
        endpoint, provider = consented_endpoint(row.submission_url, row.submission_provider)
        name = row.submission_username
        return Route(endpoint, name, password_of(row), provider=provider)
    password = password_of(row)
    endpoint = allowed_endpoint(row.submission_url)
    return Route(endpoint, row.submission_username, password, addresses_to_use(endpoint))


def password_of(row: Outgoing | Series) -> Secret:
    """What its own server, or that server's provider, is to be asked with."""
    try:
        return vault.open_grant(_grant_name(row), bytes(row.submission_grant))
    except vault.Sealed as problem:
        if row.submission_provider:  # it was given for what the provider was then
            raise NeedsConsent(server_of(row)) from problem
        raise


def kept_access(row: Series) -> Access | None:
    """What each occurrence is to leave by.  Raises vault.Sealed or CannotLeave."""
    if not row.submission_url:
        return None
    url, username, provider = row.submission_url, row.submission_username, None
    if row.submission_provider:
        provider = consented_endpoint(url, row.submission_provider)[1]
    return Access(url, username, password_of(row), provider)


def server_of(row: Outgoing | Series) -> str:
    """The host, as words name it; empty for the account's own."""
    return host_of(row.submission_url) if row.submission_url else ""


def lead_by(row: Outgoing | Series, access: Access | None) -> None:
    """Sets, unsaved, by which server the row leaves; None: by its account's."""
    if access is None:
        row.submission_url, row.submission_username, row.submission_grant = "", "", b""
        row.submission_provider = ""
        return
    row.submission_url, row.submission_username = access.url, access.username
    row.submission_provider = access.provider_key
    row.submission_grant = vault.seal_grant(_grant_name(row), access.password)


def _grant_name(row: Outgoing | Series) -> str:
    name = f"{row.key}|{row.submission_url}|{row.submission_username}"
    if not row.submission_provider:
        return name
    _, provider = consented_endpoint(row.submission_url, row.submission_provider)
    return f"{name}|{provider.binding}"
