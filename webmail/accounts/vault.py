"""The only code that sees a stored secret: security.md 4.4.

A person has one data key (DEK).  It seals the passwords of their accounts, and of
their identities' own submission servers, and is itself kept only wrapped, once for each way in:

* the session copy opens with a half in the key cookie, a half in the session row, and the
  key file; without any one of them it is noise;
* the password copy opens with the mail password and the key file, so that a second device
  finds the same DEK;
* a send grant seals one password for one outbox row, by the key file alone, and is erased
  when the row ends; one for an identity's own server is bound to that server too;
* a reading grant seals one account's password by the key file alone, for as long as
  grants.py lets it live;
* the key that push services know this Hearth by is nobody's: sealed by the key file alone.

A sealed box is: key version (2 bytes), nonce (12), AES-256-GCM ciphertext.
"""

import base64
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest

from webmail.accounts.keys import read_keys
from webmail.accounts.models import Account, User

_NONCE_BYTES = 12
_SALT_BYTES = 16
# Few, so that many attempts at once wait for one another instead of taking all there is.
_stretchers = ThreadPoolExecutor(2, thread_name_prefix="stretch")


class Sealed(Exception):
    """The box does not open with what we hold."""


class Secret:
    """A password that does not show itself in a repr, a log or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret()"


# -- ways in ------------------------------------------------------------------------------------


class Stretch:
    """A password being stretched, in a thread of its own while its server judges it.

    ``user`` is the person of the address, None for a new one: it takes as long for both.
    """

    def __init__(self, user: User | None, password: Secret) -> None:
        copy = bytes(user.dek_password_copy) if user else b""
        self.is_new = not copy
        self.salt = copy[:_SALT_BYTES] or os.urandom(_SALT_BYTES)
        self._result = _stretchers.submit(_stretch, password, self.salt)

    def wait(self) -> bytes:
        return self._result.result()


def open_at_sign_in(
    user: User, account: Account, password: Secret, begun: Stretch | None = None
) -> bytes:
    """The DEK of ``user``, with ``password`` (just proved to the server) sealed under it.

    A changed mail password no longer opens the password copy: then a new DEK is made, and
    sessions that hold the old one must sign in again.
    """
    try:
        dek = _open_password_copy(user, password, begun)
    except Sealed:
        dek = os.urandom(32)
        user.dek_password_copy = _make_password_copy(user, password, dek, begun)
        user.save(update_fields=["dek_password_copy"])
    account.sealed_password = _seal(dek, password.reveal().encode(), _account_label(account))
    account.save(update_fields=["sealed_password"])
    return dek


def make_session_copy(request: HttpRequest, dek: bytes) -> str:
    """Wraps the DEK for this session; returns the half that goes into the key cookie."""
    cookie_half, server_half = os.urandom(32), os.urandom(32)
    label = f"session:{request.user.pk}".encode()
    box = _seal_with_kek(
        lambda kek: _derive(cookie_half + server_half + kek, b"session"), dek, label
    )
    request.session["vault"] = {"half": _text(server_half), "dek": _text(box)}
    return _text(cookie_half)


def password_from_session(request: HttpRequest, account: Account) -> Secret:
    """The password of ``account``; raises Sealed without a live session copy."""
    return Secret(
        _open(_session_dek(request), account.sealed_password, _account_label(account)).decode()
    )


def seal_in_session(request: HttpRequest, secret: Secret, label: bytes) -> bytes:
    """Another secret of the person, sealed under their DEK and bound to ``label``."""
    return _seal(_session_dek(request), secret.reveal().encode(), label)


def open_in_session(request: HttpRequest, sealed: bytes, label: bytes) -> Secret:
    """Raises Sealed without a live session copy, or where the box is of another label or DEK."""
    return Secret(_open(_session_dek(request), sealed, label).decode())


def _session_dek(request: HttpRequest) -> bytes:
    copy = request.session.get("vault")
    cookie = request.COOKIES.get(settings.KEY_COOKIE_NAME, "")
    if not copy or not cookie:
        raise Sealed("no session copy")
    halves = _bytes(cookie) + _bytes(copy["half"])
    label = f"session:{request.user.pk}".encode()
    return _open_with_kek(lambda kek: _derive(halves + kek, b"session"), _bytes(copy["dek"]), label)


def seal_grant(row_key: str, password: Secret) -> bytes:
    """A password that only the worker can open, and only for this outbox row."""
    return _seal_with_kek(
        lambda kek: _derive(kek, b"grant"), password.reveal().encode(), f"grant:{row_key}".encode()
    )


def open_grant(row_key: str, sealed: bytes) -> Secret:
    """Raises Sealed when the grant was erased or belongs to another row."""
    plain = _open_with_kek(lambda kek: _derive(kek, b"grant"), sealed, f"grant:{row_key}".encode())
    return Secret(plain.decode())


def seal_reading_grant(account: Account, password: Secret) -> bytes:
    """A password that our own processes can open without the person, for this account only."""
    label = _reading_label(account)
    return _seal_with_kek(lambda kek: _derive(kek, b"reading"), password.reveal().encode(), label)


def open_reading_grant(account: Account, sealed: bytes) -> Secret:
    """Raises Sealed when it belongs to another account or the key file is another."""
    label = _reading_label(account)
    return Secret(_open_with_kek(lambda kek: _derive(kek, b"reading"), sealed, label).decode())


def seal_vapid(key: Secret) -> bytes:
    """The private key that push services know this Hearth by (RFC 8292); by the key file alone."""
    return _seal_with_kek(lambda kek: _derive(kek, b"vapid"), key.reveal().encode(), b"vapid|1")


def open_vapid(sealed: bytes) -> Secret:
    return Secret(_open_with_kek(lambda kek: _derive(kek, b"vapid"), sealed, b"vapid|1").decode())


# -- boxes --------------------------------------------------------------------------------------


def _account_label(account: Account) -> bytes:
    """Associated data: a box copied to another row does not open there."""
    return f"user:{account.user_id}|account:{account.pk}|password|1".encode()


def _make_password_copy(
    user: User, password: Secret, dek: bytes, begun: Stretch | None = None
) -> bytes:
    """Always of a new salt."""
    if begun is None or not begun.is_new:
        salt = os.urandom(_SALT_BYTES)
        stretched = _stretch(password, salt)
    else:
        salt, stretched = begun.salt, begun.wait()
    box = _seal_with_kek(lambda kek: _derive(stretched + kek, b"password"), dek, _user_label(user))
    return salt + box


def _open_password_copy(user: User, password: Secret, begun: Stretch | None = None) -> bytes:
    copy = bytes(user.dek_password_copy)
    if not copy:
        raise Sealed("no password copy")
    salt = copy[:_SALT_BYTES]
    is_begun = begun is not None and begun.salt == salt
    stretched = begun.wait() if begun and is_begun else _stretch(password, salt)
    return _open_with_kek(
        lambda kek: _derive(stretched + kek, b"password"), copy[_SALT_BYTES:], _user_label(user)
    )


def _reading_label(account: Account) -> bytes:
    return f"user:{account.user_id}|account:{account.pk}|reading|1".encode()


def _user_label(user: User) -> bytes:
    return f"user:{user.pk}|dek|1".encode()


def _stretch(password: Secret, salt: bytes) -> bytes:
    """The least that OWASP's password storage sheet asks of Argon2id: 19 MiB, two passes."""
    return hash_secret_raw(
        password.reveal().encode(),
        salt,
        time_cost=2,
        memory_cost=19 * 1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def _derive(material: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"hearth:" + purpose).derive(material)


def _seal_with_kek(key_from: Callable[[bytes], bytes], plain: bytes, label: bytes) -> bytes:
    keys = _keys()
    version = max(keys)
    return version.to_bytes(2, "big") + _seal(key_from(keys[version]), plain, label)


def _open_with_kek(key_from: Callable[[bytes], bytes], sealed: bytes, label: bytes) -> bytes:
    sealed = bytes(sealed)
    kek = _keys().get(int.from_bytes(sealed[:2], "big"))
    if kek is None:
        raise Sealed("the key file has no such version")
    return _open(key_from(kek), sealed[2:], label)


def _seal(key: bytes, plain: bytes, label: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, label)


def _open(key: bytes, sealed: bytes, label: bytes) -> bytes:
    sealed = bytes(sealed)
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label)
    except (InvalidTag, ValueError) as problem:
        raise Sealed("the box does not open") from problem


@lru_cache(maxsize=1)
def _keys() -> dict[int, bytes]:
    return read_keys(settings.WEBMAIL_KEY_FILE)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii")


def _bytes(value: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(value)
    except ValueError as problem:
        raise Sealed("not base64") from problem
