"""Telling the browsers of a person, page or no page: one request to a push service each (T81)."""

import hashlib
import json
import logging

from webmail.accounts import vault
from webmail.outbound_address import Refused
from webmail.outbound_fetch import RULES, FetchFailed, Rules, post_octets
from webmail.push import encrypted, endpoints, vapid
from webmail.push.models import Kind, PushSubscription

log = logging.getLogger(__name__)

rules: Rules = RULES
# One for all kinds, like the length: what the service sees tells none from another.
_KEPT_S = 24 * 3600
_PLAIN_BYTES = 32
_GONE = frozenset({404, 410})  # RFC 8030, section 7.3
_LATER = frozenset({429, *range(500, 600)})


class TryLater(Exception):
    """The push service did not take it now."""


def deliver(subscription_id: int, kind: Kind) -> None:
    """Raises TryLater.  A subscription that its service does not know any more is removed."""
    row = PushSubscription.objects.filter(pk=subscription_id).first()
    if row is None:
        return
    try:
        endpoints.check(row.endpoint)
        status = _post(row, kind)
    except Refused as problem:
        log.warning("push refused: subscription=%s reason=%s", row.pk, problem)
        return
    except vault.Sealed as problem:
        log.error("the key for push services does not open: %s", problem)
        return
    except FetchFailed as problem:
        raise TryLater(type(problem).__name__) from problem
    if status in _GONE:
        row.delete()
    elif status in _LATER:
        raise TryLater(str(status))
    elif status >= 300:
        log.warning("push not taken: subscription=%s status=%s", row.pk, status)


def _post(row: PushSubscription, kind: Kind) -> int:
    """The kind is all that is said: no sender, subject or address."""
    plain = json.dumps({"kind": kind.value}).encode().ljust(_PLAIN_BYTES)
    fields = {
        "Authorization": vapid.authorization(row.endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(_KEPT_S),
        "Topic": _topic(row, kind),
        "Urgency": "normal",
    }
    octets = encrypted.encrypt(plain, row.p256dh, row.auth)
    return post_octets(row.endpoint, octets, fields, rules=rules)


def _topic(row: PushSubscription, kind: Kind) -> str:
    """By which a later one takes the place of an earlier (RFC 8030, section 5.4); a mere name."""
    return hashlib.sha256(f"{row.auth}:{kind.value}".encode()).hexdigest()[:32]
