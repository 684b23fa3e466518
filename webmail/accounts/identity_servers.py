"""The submission server of an identity, where it has one of its own, and who may name which.

The administrator's list decides (WEBMAIL_IDENTITY_SUBMISSION).  Without one, a server that a
person named is on the public Internet, is spoken to by TLS, and on the ports of RFC 8314 only.
"""

import ipaddress
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from webmail.accounts import connect, vault
from webmail.accounts.models import Account, Identity, SubmissionServer
from webmail.accounts.oauth_providers import Provider
from webmail.accounts.ready import Ready
from webmail.accounts.vault import Secret
from webmail.outbound import BadEndpoint, Endpoint, Security, parse_endpoint
from webmail.outbound_address import (
    MayConnect,
    NotPublic,
    Refused,
    Resolve,
    addresses_of,
    is_public,
    look_up,
)

PORTS = frozenset({465, 587})
_MOST_ADDRESSES = 3
_TYPED = "typed_password"  # in the session: set_aside()


class CannotLeave(Exception):
    """Mail of this identity cannot be sent as things are; the sentence says why, for people."""


class NotAllowed(CannotLeave):
    """Hearth does not connect there; the sentence says why, for people."""


class Locked(CannotLeave):
    """The password of an identity's server no longer opens: the mail password has changed."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The password for {host} cannot be opened, because the password of your mailbox has "
            "changed since. Type it again in Settings, Names and signatures."
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What a person may name.  Only tests, which have no public address, hand in others."""

    resolve: Resolve = look_up
    may_connect: MayConnect = is_public
    ports: frozenset[int] = PORTS


rules = Rules()


class NeedsConsent(CannotLeave):
    """A provider's permission does not hold any more."""

    def __init__(self, host: str) -> None:
        self.fact = f"The permission to send by {host} does not hold any more."
        super().__init__(f"{self.fact} Give it again in Settings, Names and signatures.")


@dataclass(frozen=True, slots=True)
class Access:
    """What opens an identity's own server; with ``provider`` the password is a refresh token."""

    url: str
    username: str
    password: Secret
    provider: Provider | None = None

    @property
    def provider_key(self) -> str:
        return self.provider.key if self.provider else ""

    @property
    def host(self) -> str:
        return host_of(self.url)


def host_of(url: str) -> str:
    """The host of a URL that was accepted before, whatever is allowed now."""
    return parse_endpoint(url, "submission", allow_cleartext=True).host


def allowed_endpoint(url: str) -> Endpoint:
    """Where ``url`` leads, if mail may leave there; raises NotAllowed before any name is asked."""
    listed: tuple[Endpoint, ...] | None = settings.WEBMAIL_IDENTITY_SUBMISSION
    try:
        endpoint = parse_endpoint(url, "submission", allow_cleartext=True)
    except BadEndpoint as problem:
        raise NotAllowed(str(problem)) from problem
    if listed is not None:
        if endpoint not in listed:
            raise NotAllowed(f"Your administrator does not let mail leave by {endpoint.host}.")
        return endpoint
    if endpoint.security is Security.CLEARTEXT:
        raise NotAllowed("The password would be sent unprotected; use TLS.")
    if endpoint.port not in rules.ports:
        raise NotAllowed(
            f"Port {endpoint.port} is not for sending mail: use 465 (TLS) or 587 (STARTTLS)."
        )
    return endpoint


def addresses_to_use(endpoint: Endpoint) -> tuple[str, ...]:
    """The judged addresses to connect to (T76, T77); empty where the administrator vouches.

    Raises NotAllowed; a name that cannot be looked up now is no different.
    """
    if settings.WEBMAIL_IDENTITY_SUBMISSION is not None:
        return ()
    host = _ascii_host(endpoint.host)
    try:
        found = addresses_of(host, resolve=rules.resolve, may_connect=rules.may_connect)
    except Refused as problem:
        raise NotAllowed(_refusal_words(endpoint.host, problem)) from problem
    return tuple(str(address) for address in found[:_MOST_ADDRESSES])


def _ascii_host(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        pass
    try:
        return host.encode("idna").decode()
    except UnicodeError as problem:
        raise NotAllowed(f"{host} is no host name.") from problem


def _refusal_words(host: str, problem: Refused) -> str:
    if isinstance(problem, NotPublic):
        return (
            f"{host} is not on the public Internet. Only your administrator can let mail leave "
            "by a server of the house."
        )
    return f"{host} cannot be found: check how it is spelled."


_server = Ready(lambda identity: SubmissionServer.objects.filter(identity_id=identity))


# -- of an identity -----------------------------------------------------------------------------


def find_server(identity: Identity | None) -> SubmissionServer | None:
    if identity is None or not identity.pk:
        return None
    return _server.find(identity.pk)


def endpoint_of(account: Account, identity: Identity | None) -> Endpoint:
    """Where mail of this identity leaves.  Raises NotConfigured or NotAllowed."""
    server = find_server(identity)
    if server is None:
        return connect.submission_endpoint(account)
    if server.provider:
        return consented_endpoint(server.url, server.provider)[0]
    return allowed_endpoint(server.url)


def access_of(request: HttpRequest, identity: Identity | None) -> Access | None:
    """What its messages carry; None where it has no server of its own.

    Asked once the account's own password has opened: raises Locked, or NotAllowed.
    """
    server = find_server(identity)
    if server is None:
        return None
    if server.provider:
        return _consented(request, server)
    allowed_endpoint(server.url)
    label = _label(server.identity_id, server.url, server.username)
    try:
        password = vault.open_in_session(request, server.sealed_password, label)
    except vault.Sealed as problem:
        raise Locked(host_of(server.url)) from problem
    return Access(server.url, server.username, password)


def keep(request: HttpRequest, identity: Identity, access: Access) -> None:
    """What was just proved to the server."""
    label = _label(identity.pk, access.url, access.username)
    if access.provider:
        label = _consent_label(identity.pk, access.provider, access.username)
    sealed = vault.seal_in_session(request, access.password, label)
    SubmissionServer.objects.update_or_create(
        identity=identity,
        defaults={
            "url": access.url,
            "username": access.username,
            "provider": access.provider_key,
            "sealed_password": sealed,
            "fresh_token": b"",
        },
    )
    request.session.pop(_TYPED, None)


def remove(identity: Identity) -> bool:
    """Its mail leaves by the account's server again; False where it did before."""
    return bool(SubmissionServer.objects.filter(identity=identity).delete()[0])


def set_aside(request: HttpRequest, identity: Identity, username: str, password: Secret) -> None:
    """A password that could not be tried, so that nobody has to type it again with the rest.

    It is for the form it was typed in: whatever server is written there next.
    """
    box = vault.seal_in_session(request, password, _label(identity.pk, "", username))
    request.session[_TYPED] = box.hex()


def find_password(
    request: HttpRequest, identity: Identity, url: str, username: str
) -> Secret | None:
    """The one just typed for this user name, or the one kept for exactly this server and name."""
    server = find_server(identity)
    boxes = [(bytes.fromhex(request.session.get(_TYPED, "")), _label(identity.pk, "", username))]
    if server is not None:
        boxes.append((bytes(server.sealed_password), _label(identity.pk, url, username)))
    for box, label in boxes:
        try:
            return vault.open_in_session(request, box, label)
        except vault.Sealed:
            continue
    return None


# -- by a provider's permission -----------------------------------------------------------------


def consented_endpoint(url: str, provider_key: str) -> tuple[Endpoint, Provider]:
    """Where a permission leads: only to the server that the administrator wrote beside it."""
    provider: Provider | None = settings.WEBMAIL_OAUTH.get(provider_key)
    if provider is None or provider.submission != url:
        raise NeedsConsent(host_of(url))
    return parse_endpoint(url, "submission"), provider


def fresh_name(server: SubmissionServer, provider: Provider) -> str:
    """What a newer token is sealed for (vault.seal_grant)."""
    return f"fresh:{server.pk}|{provider.binding}|{server.username}"


def _consented(request: HttpRequest, server: SubmissionServer) -> Access:
    _, provider = consented_endpoint(server.url, server.provider)
    label = _consent_label(server.identity_id, provider, server.username)
    try:
        if server.fresh_token:
            return _take_fresh(request, server, provider, label)
        token = vault.open_in_session(request, bytes(server.sealed_password), label)
    except vault.Sealed as problem:
        raise NeedsConsent(host_of(server.url)) from problem
    return Access(server.url, server.username, token, provider)


def _take_fresh(
    request: HttpRequest, server: SubmissionServer, provider: Provider, label: bytes
) -> Access:
    """From the key file's care back into its owner's."""
    token = vault.open_grant(fresh_name(server, provider), bytes(server.fresh_token))
    sealed = vault.seal_in_session(request, token, label)
    same = SubmissionServer.objects.filter(pk=server.pk, fresh_token=server.fresh_token)
    same.update(sealed_password=sealed, fresh_token=b"")
    return Access(server.url, server.username, token, provider)


def _consent_label(identity_id: int, provider: Provider, username: str) -> bytes:
    return f"identity:{identity_id}|oauth|{provider.binding}|{username}|1".encode()


def _label(identity_id: int, url: str, username: str) -> bytes:
    return f"identity:{identity_id}|submission|{url}|{username}|password|1".encode()
