"""Asking an OAuth server for tokens (RFC 6749, 7636), at an address the administrator wrote.

No redirect is followed, and nothing is sent but to the host that the setting names.
"""

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from webmail.outbound import is_loopback
from webmail.outbound_sasl import BearerToken

TIMEOUT_S = 10
_MOST_BYTES = 64 * 1024
_CODE = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,80}")  # RFC 6749, section 5.2


class TokenRefused(Exception):
    """The server said no; ``code`` is its word, such as ``invalid_grant``."""

    def __init__(self, host: str, code: str) -> None:
        super().__init__(f"{host} gives no permission: {code}")
        self.code = code


class TokenUnreachable(Exception):
    """No answer that means anything: to be tried again."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """``refresh`` and ``id_token`` are empty where there were none."""

    access: BearerToken
    refresh: str
    id_token: str

    def __repr__(self) -> str:
        return "Tokens()"


def is_web_address(url: str) -> bool:
    """An https URL of a host, or plain http of this machine; nothing that hides another host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return is_safe and bool(host) and "@" not in parts.netloc and port != 0 and url.isascii()


def ask_for_tokens(url: str, form: Mapping[str, str], tls: ssl.SSLContext) -> Tokens:
    """Raises TokenRefused or TokenUnreachable."""
    host = urlsplit(url).hostname or ""
    status, said = _request("POST", url, urlencode(form).encode(), tls)
    if status in (400, 401, 403):
        code = said.get("error")
        is_code = isinstance(code, str) and _CODE.fullmatch(code)
        raise TokenRefused(host, str(code) if is_code else f"status {status}")
    access, kind = said.get("access_token"), said.get("token_type")
    if status != 200 or not isinstance(access, str) or str(kind).lower() != "bearer":
        raise TokenUnreachable(f"{host} did not answer with a token (status {status}).")
    try:
        token = BearerToken(access)
    except ValueError as problem:
        raise TokenUnreachable(f"{host} answered with what cannot be a token.") from problem
    return Tokens(token, _text(said, "refresh_token"), _text(said, "id_token"))


def fetch_keys(url: str, tls: ssl.SSLContext) -> list[dict[str, object]]:
    """The public keys that a server signs with (RFC 7517)."""
    status, said = _request("GET", url, None, tls)
    keys = said.get("keys")
    if status != 200 or not isinstance(keys, list):
        raise TokenUnreachable(f"{urlsplit(url).hostname} did not show its keys.")
    return [key for key in keys if isinstance(key, dict)]


def _text(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _request(
    method: str, url: str, body: bytes | None, tls: ssl.SSLContext
) -> tuple[int, dict[str, object]]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not is_web_address(url):
        raise TokenUnreachable(f"{url} is no address to ask.")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S, context=tls)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read(_MOST_BYTES + 1)
        said = json.loads(content) if len(content) <= _MOST_BYTES else None
    except (OSError, http.client.HTTPException) as problem:
        raise TokenUnreachable(f"{host} cannot be reached just now.") from problem
    except (ValueError, RecursionError):
        said = {}
    finally:
        connection.close()
    return answer.status, said if isinstance(said, dict) else {}
