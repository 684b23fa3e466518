"""Asking a provider's permission to send: authorization code with PKCE (RFC 6749, 7636, 9700).

The question is bound to the session by ``state``, the answer to the question by ``nonce`` and
the code to us by the verifier; each question is good once, for ten minutes.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

from webmail.accounts import connect
from webmail.accounts.id_token import BadIdToken, read_id_token
from webmail.accounts.identity_servers import Access
from webmail.accounts.models import Account, Identity
from webmail.accounts.oauth_providers import Provider
from webmail.accounts.vault import Secret
from webmail.outbound_oauth import (
    TokenRefused,
    Tokens,
    TokenUnreachable,
    ask_for_tokens,
    fetch_keys,
)
from webmail.outbound_sasl import BearerToken

_KEPT_S = 600
_SESSION = "asked_consent"


class NoConsent(Exception):
    """There is no permission; the sentence says why, for people."""


@dataclass(frozen=True, slots=True)
class Consented:
    """``access`` is what to keep; ``token`` proves it now."""

    identity: Identity
    access: Access
    token: BearerToken


def ask(request: HttpRequest, identity: Identity, provider: Provider, redirect_uri: str) -> str:
    """The address where the person is asked; what the answer must fit is in their session.

    ``redirect_uri`` is exactly the one that is registered at the provider.
    """
    verifier = secrets.token_urlsafe(48)
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    request.session[_SESSION] = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "identity": identity.key,
        "provider": provider.key,
        "binding": provider.binding,
        "redirect_uri": redirect_uri,
        "at": int(time.time()),
    }
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "login_hint": identity.addr_spec,
        "access_type": "offline",  # how Google spells "also while I am away"
        "prompt": "consent",
    }
    joint = "&" if "?" in provider.authorization_endpoint else "?"
    return f"{provider.authorization_endpoint}{joint}{urlencode(query)}"


def is_asked(request: HttpRequest, state: str) -> bool:
    """Whether this session asked the question that ``state`` belongs to."""
    asked = request.session.get(_SESSION) or {}
    is_fresh = time.time() - asked.get("at", 0) < _KEPT_S
    return is_fresh and hmac.compare_digest(str(asked.get("state", "")).encode(), state.encode())


def accept(request: HttpRequest, account: Account, *, code: str, state: str, iss: str) -> Consented:
    """The permission that the answer stands for.  Raises NoConsent; the question is over then."""
    is_ours = is_asked(request, state)
    asked = request.session.pop(_SESSION, None) or {}
    if not is_ours:
        raise NoConsent("This answer belongs to no question of yours, or came too late. Ask again.")
    provider = settings.WEBMAIL_OAUTH.get(asked["provider"])
    identity = account.identities.filter(key=asked["identity"]).first()
    if provider is None or identity is None or provider.binding != asked["binding"]:
        raise NoConsent("What was asked for is no longer there. Ask again.")
    if iss and iss != provider.issuer:  # RFC 9207
        raise NoConsent(f"The answer came from another server than {provider.name}'s.")
    if not code:
        raise NoConsent(f"{provider.name} gave no permission.")
    tokens = _exchange(provider, code, asked["verifier"], asked["redirect_uri"])
    username = _username(provider, tokens, asked["nonce"])
    if not tokens.refresh:
        raise NoConsent(f"{provider.name} gave no permission that lasts.")
    access = Access(provider.submission, username, Secret(tokens.refresh), provider)
    return Consented(identity, access, tokens.access)


def renew(provider: Provider, refresh_token: Secret) -> Tokens:
    """An access token by a refresh token.  Raises TokenRefused or TokenUnreachable."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
    return ask_for_tokens(provider.token_endpoint, form | _us(provider), connect.tls_context())


def _exchange(provider: Provider, code: str, verifier: str, redirect_uri: str) -> Tokens:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    try:
        return ask_for_tokens(provider.token_endpoint, form | _us(provider), connect.tls_context())
    except (TokenRefused, TokenUnreachable) as problem:
        raise NoConsent(str(problem)) from problem


def _username(provider: Provider, tokens: Tokens, nonce: str) -> str:
    try:
        claims = read_id_token(
            tokens.id_token,
            fetch_keys(provider.jwks_uri, connect.tls_context()),
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=nonce,
            now=time.time(),
        )
    except TokenUnreachable as problem:
        raise NoConsent(str(problem)) from problem
    except BadIdToken as problem:
        raise NoConsent(
            f"What {provider.name} says of you cannot be believed: {problem}."
        ) from problem
    name = claims.get(provider.username_claim)
    if not isinstance(name, str) or not 0 < len(name) <= 254 or not name.isprintable():
        raise NoConsent(f"{provider.name} does not say your user name.")
    return name


def _us(provider: Provider) -> dict[str, str]:
    us = {"client_id": provider.client_id}
    return us | ({"client_secret": provider.client_secret} if provider.client_secret else {})
