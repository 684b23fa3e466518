"""What a push service carries and cannot read: RFC 8291 in one record of RFC 8188."""

import base64
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_RECORD_BYTES = 4096
_LAST_RECORD = b"\x02"
_POINT_BYTES, _AUTH_BYTES, _SALT_BYTES = 65, 16, 16


class BadKey(ValueError):
    """These are no keys that a browser makes."""


def encrypt(
    plain: bytes,
    p256dh: str,
    auth: str,
    *,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
) -> bytes:
    """The body of a push message; ``own`` and ``salt`` are new each time, but for the vector."""
    theirs, secret = read_keys(p256dh, auth)
    own = own or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    own_point, their_point = point_of(own.public_key()), point_of(theirs)
    shared = own.exchange(ec.ECDH(), theirs)
    material = _derive(shared, secret, b"WebPush: info\0" + their_point + own_point, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(own_point)]) + own_point
    return head + AESGCM(key).encrypt(nonce, plain + _LAST_RECORD, None)


def read_keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """A browser's public key and secret; raises BadKey."""
    point, secret = unbase64url(p256dh), unbase64url(auth)
    if len(point) != _POINT_BYTES or len(secret) != _AUTH_BYTES:
        raise BadKey("a key of the wrong length")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), secret
    except ValueError as problem:
        raise BadKey("no point of the curve") from problem


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64url(octets: bytes) -> str:
    """Without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def unbase64url(text: str) -> bytes:
    if len(text) > 200:
        raise BadKey("too long")
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError as problem:
        raise BadKey("not base64url") from problem


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=salt, info=info).derive(material)
