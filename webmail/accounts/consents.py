"""Whose pictures somebody always wants to see."""

from collections.abc import Iterable

from django.db.models import Q

from webmail.accounts.models import PictureConsent, User

MAX_CONSENTS = 2000


def find_consent(user: User, addr_spec: str) -> PictureConsent | None:
    """The consent for this sender, or else for everybody in its domain."""
    address = addr_spec.lower()
    domain = address.rpartition("@")[2]
    if not domain or "@" not in address:
        return None
    wanted = Q(kind=PictureConsent.Kind.SENDER, name=address)
    wanted |= Q(kind=PictureConsent.Kind.DOMAIN, name=domain)
    return user.picture_consents.filter(wanted).order_by("-kind").first()


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
