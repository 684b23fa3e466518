"""Whose pictures somebody always wants to see."""

from collections.abc import Iterable

from django.db.models import Q

from webmail.accounts.models import PictureConsent, User
from webmail.accounts.ready import Ready

MAX_CONSENTS = 2000
# Every message that is opened asks it.
_consents = Ready(
    lambda user, sender, address, kind, domain: (
        PictureConsent.objects.filter(user_id=user)
        .filter(Q(kind=sender, name=address) | Q(kind=kind, name=domain))
        .order_by("-kind")
    )
)


def find_consent(user: User, addr_spec: str) -> PictureConsent | None:
    """The consent for this sender, or else for everybody in its domain."""
    address = addr_spec.lower()
    domain = address.rpartition("@")[2]
    if not domain or "@" not in address:
        return None
    kinds = PictureConsent.Kind
    return _consents.find(user.pk, kinds.SENDER.value, address, kinds.DOMAIN.value, domain)


def consents_of(user: User) -> Iterable[PictureConsent]:
    return user.picture_consents.all()[:MAX_CONSENTS]


def allow(user: User, kind: str, addr_spec: str) -> PictureConsent | None:
    """Remembers the sender, or its domain; None where there is none, or too many."""
    address = addr_spec.strip().lower()
    local, at, domain = address.rpartition("@")
    if kind not in PictureConsent.Kind.values or not (local and at and domain):
        return None
    name = address if kind == PictureConsent.Kind.SENDER else domain
    if len(name) > 254 or user.picture_consents.count() >= MAX_CONSENTS:
        return None
    return PictureConsent.objects.get_or_create(user=user, kind=kind, name=name)[0]


def revoke(user: User, key: str) -> bool:
    return bool(user.picture_consents.filter(key=key).delete()[0])
