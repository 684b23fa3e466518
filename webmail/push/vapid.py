"""How push services know this Hearth: a key of its own, and a token for each (RFC 8292)."""

import json
import logging
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.conf import settings
from django.db import transaction

from webmail.accounts import vault
from webmail.accounts.vault import Secret
from webmail.push.encrypted import base64url, point_of
from webmail.push.models import PushSubscription, VapidKey

log = logging.getLogger(__name__)

_ROW = 1
_VALID_S = 12 * 3600  # a day at most (RFC 8292, section 2)


def public_key() -> str:
    """For ``PushManager.subscribe``; made at the first call, and anew with a new key file."""
    row = _row()
    try:
        key = _open(row)
    except vault.Sealed:
        _give_up(row)
        key = _open(_row())
    return base64url(point_of(key.public_key()))


def authorization(endpoint: str) -> str:
    """The Authorization field of a message to this endpoint; raises vault.Sealed."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + _VALID_S,
        "sub": settings.WEBMAIL_BASE_URL,
    }
    signed = f"{_encoded({'typ': 'JWT', 'alg': 'ES256'})}.{_encoded(claims)}"
    key = _open(_row())
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={base64url(point_of(key.public_key()))}"


def _encoded(fields: dict[str, object]) -> str:
    return base64url(json.dumps(fields, separators=(",", ":")).encode())


def _row() -> VapidKey:
    row = VapidKey.objects.filter(pk=_ROW).first()
    if row is None:
        made = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        sealed = vault.seal_vapid(Secret(f"{made:064x}"))
        # Of two that ask at once, the first stays.
        row, _ = VapidKey.objects.get_or_create(pk=_ROW, defaults={"sealed": sealed})
    return row


def _open(row: VapidKey) -> ec.EllipticCurvePrivateKey:
    """Raises vault.Sealed where the key file is another."""
    value = int(vault.open_vapid(row.sealed).reveal(), 16)
    return ec.derive_private_key(value, ec.SECP256R1())


def _give_up(row: VapidKey) -> None:
    """Subscriptions are made for one key (RFC 8292, section 4): with it they are void."""
    with transaction.atomic():
        # Of two that find it sealed, one removes: the other may not undo what was made since.
        if VapidKey.objects.filter(pk=row.pk, sealed=bytes(row.sealed)).delete()[0]:
            gone, _ = PushSubscription.objects.all().delete()
            log.warning("the key for push services is made anew: subscriptions removed=%s", gone)
