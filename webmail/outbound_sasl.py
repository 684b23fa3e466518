"""Signing in with an OAuth token: OAUTHBEARER (RFC 7628) and XOAUTH2, which came before it.

Both say all they have at once.  A server that refuses the token answers with a challenge in
which JSON says why; the client answers that with a farewell, and only then comes the refusal.
"""

import base64
import binascii
import json
import re
from collections.abc import Collection
from dataclasses import dataclass

# b64token, RFC 6750, section 2.1: no control character can be in one.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,16000}=*")
_PRINTABLE = re.compile(r"[^\x20-\x7e]+")
_WORDS = {
    "invalid_token": "the permission has ended or was taken back",
    "401": "the permission has ended or was taken back",
    "insufficient_scope": "the permission does not include mail",
    "403": "the permission does not include mail",
    "invalid_request": "it did not understand the request",
    "400": "the permission has ended, or is not for this address",
}


class BearerToken:
    """An access token that does not show itself in a repr, a log or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not _TOKEN.fullmatch(value):
            raise ValueError("this cannot be an access token")
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "BearerToken()"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is said in base64: at first, and to the challenge that tells of a refusal."""

    mechanism: str
    response: bytes
    farewell: bytes


def bearer_exchange(
    offered: Collection[str], username: str, token: BearerToken, host: str, port: int
) -> Exchange | None:
    """By the standard where the server has it; None where it knows neither mechanism."""
    names = {name.upper() for name in offered}
    if "OAUTHBEARER" in names:
        where = f"host={host}\x01port={port}\x01"
        message = f"n,a={_saslname(username)},\x01{where}auth=Bearer {token.reveal()}\x01\x01"
        return Exchange("OAUTHBEARER", _base64(message), b"AQ==")
    if "XOAUTH2" in names:
        message = f"user={_plain(username)}\x01auth=Bearer {token.reveal()}\x01\x01"
        return Exchange("XOAUTH2", _base64(message), b"")
    return None


def failure_words(challenge: bytes | str) -> str:
    """Why, as far as the challenge says so (RFC 7628, section 3.2.2); empty where it does not."""
    try:
        said = json.loads(base64.b64decode(challenge, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return ""
    status = said.get("status") if isinstance(said, dict) else None
    if not isinstance(status, str | int):
        return ""
    return _WORDS.get(str(status), _PRINTABLE.sub(" ", f"it says {status}")[:100])


def _saslname(name: str) -> str:
    """RFC 5801, section 4."""
    return _plain(name).replace("=", "=3D").replace(",", "=2C")


def _plain(name: str) -> str:
    if not name or any(ord(char) < 32 for char in name):
        raise ValueError("this cannot be a user name")
    return name


def _base64(message: str) -> bytes:
    return base64.b64encode(message.encode())
