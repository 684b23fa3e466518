"""How push services know this Hearth: a key of its own, and a token for each (RFC 8292)."""

import json
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.conf import settings

from webmail.accounts import vault
from webmail.accounts.vault import Secret
from webmail.push.encrypted import base64url, point_of
from webmail.push.models import VapidKey

_ROW = 1
_VALID_S = 12 * 3600  # a day at most (RFC 8292, section 2)


def public_key() -> str:
    """For ``PushManager.subscribe``; made when somebody first asks."""
    return base64url(point_of(_key().public_key()))


def authorization(endpoint: str) -> str:
    """The Authorization field of a message to this endpoint."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + _VALID_S,
        "sub": settings.WEBMAIL_BASE_URL,
    }
    signed = f"{_encoded({'typ': 'JWT', 'alg': 'ES256'})}.{_encoded(claims)}"
    key = _key()
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={base64url(point_of(key.public_key()))}"


def _encoded(fields: dict[str, object]) -> str:
    return base64url(json.dumps(fields, separators=(",", ":")).encode())


def _key() -> ec.EllipticCurvePrivateKey:
    """Raises vault.Sealed where the key file is another."""
    row = VapidKey.objects.filter(pk=_ROW).first()
    if row is None:
        made = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        sealed = vault.seal_vapid(Secret(f"{made:064x}"))
        # Of two that ask at once, the first stays.
        row, _ = VapidKey.objects.get_or_create(pk=_ROW, defaults={"sealed": sealed})
    value = int(vault.open_vapid(row.sealed).reveal(), 16)
    return ec.derive_private_key(value, ec.SECP256R1())
