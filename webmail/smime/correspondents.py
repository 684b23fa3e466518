"""Certificates of correspondents: chosen by somebody, or brought by mail that verified."""

from django.utils import timezone

from webmail.accounts.models import User
from webmail.message.addr_spec import compared
from webmail.message.smime_certificate import Certificate, Facts, der_of, facts_of, read_certificate
from webmail.message.smime_key import BadCertificate
from webmail.smime.models import KnownCertificate, OwnCertificate

MOST_KNOWN = 2000


def add_known(user: User, octets: bytes) -> None:
    """Of a file that somebody chose, for all its addresses.  Raises BadCertificate."""
    certificate = read_certificate(octets)
    addr_specs = facts_of(certificate).addr_specs
    if not addr_specs:
        raise BadCertificate("This certificate names no mail address.")
    for addr_spec in addr_specs:
        choose(user, addr_spec, certificate)


def choose(
    user: User, addr_spec: str, certificate: Certificate, *, reads_gcm: bool | None = None
) -> None:
    """For this address, because somebody says so.  Raises BadCertificate."""
    facts = facts_of(certificate)
    if not facts.can_encrypt:
        raise BadCertificate("Nothing can be encrypted for this certificate: it only signs.")
    if facts.valid_until <= timezone.now():
        raise BadCertificate(f"This certificate ran out on {facts.valid_until:%-d %B %Y}.")
    known = user.known_certificates
    is_new = not known.filter(addr_spec=compared(addr_spec)).exists()
    if is_new and known.count() >= MOST_KNOWN:
        raise BadCertificate(f"There can be {MOST_KNOWN} certificates at most.")
    _keep(user, compared(addr_spec), certificate, facts, is_chosen=True, reads_gcm=reads_gcm)


def learn(user: User, addr_spec: str, certificate: Certificate, *, reads_gcm: bool) -> None:
    """From mail of ``addr_spec`` whose signature an authority vouches for.

    The newest one that is valid counts, but none takes the place of one that was chosen.
    """
    facts, now = facts_of(certificate), timezone.now()
    is_usable = facts.can_encrypt and facts.valid_from <= now < facts.valid_until
    if not is_usable or compared(addr_spec) not in facts.addr_specs:
        return
    known = user.known_certificates.filter(addr_spec=compared(addr_spec)).first()
    if known is None and user.known_certificates.count() >= MOST_KNOWN:
        return
    if known is not None and known.fingerprint != facts.fingerprint:
        is_valid = known.valid_until > now
        if is_valid and (known.is_chosen or known.valid_from >= facts.valid_from):
            return
    is_chosen = known is not None and known.is_chosen and known.fingerprint == facts.fingerprint
    if known is not None and (known.fingerprint, known.reads_gcm) == (facts.fingerprint, reads_gcm):
        return
    _keep(
        user,
        compared(addr_spec),
        certificate,
        facts,
        is_chosen=is_chosen,
        reads_gcm=reads_gcm,
    )


def _keep(
    user: User,
    addr_spec: str,
    certificate: Certificate,
    facts: Facts,
    *,
    is_chosen: bool,
    reads_gcm: bool | None,
) -> None:
    defaults = {
        "fingerprint": facts.fingerprint,
        "certificate": der_of(certificate),
        "valid_from": facts.valid_from,
        "valid_until": facts.valid_until,
        "is_chosen": is_chosen,
    }
    if reads_gcm is not None:
        defaults["reads_gcm"] = reads_gcm
    KnownCertificate.objects.update_or_create(user=user, addr_spec=addr_spec, defaults=defaults)


def find_recipient(user: User, addr_spec: str) -> KnownCertificate | OwnCertificate | None:
    """Whose certificate mail to this address is encrypted for: one's own, or a correspondent's."""
    now, addr_spec = timezone.now(), compared(addr_spec)
    valid = {"valid_from__lte": now, "valid_until__gt": now}
    for each in user.own_certificates.filter(**valid):
        if addr_spec in each.addr_specs and facts_of(certificate_of(each)).can_encrypt:
            return each
    return user.known_certificates.filter(addr_spec=addr_spec, **valid).first()


def certificate_of(kept: KnownCertificate | OwnCertificate) -> Certificate:
    return read_certificate(bytes(kept.certificate))


def reads_gcm(kept: KnownCertificate | OwnCertificate) -> bool:
    """We do ourselves; of others we know it by what they said."""
    return isinstance(kept, OwnCertificate) or kept.reads_gcm
