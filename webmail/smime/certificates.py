"""Whose certificates are kept, how they come and go, and which one signs."""

from django.utils import timezone

from webmail.accounts.models import User
from webmail.accounts.vault import Secret
from webmail.message.addr_spec import compared
from webmail.message.smime_certificate import Facts, der_of, facts_of, read_certificate
from webmail.message.smime_key import (
    BadCertificate,
    KeyPair,
    chain_from_pem,
    lock,
    pem_of,
    unlock,
    write_pkcs12,
)
from webmail.message.smime_open import is_for
from webmail.smime.models import OwnCertificate

MOST_OWN = 20


def add_own(user: User, pair: KeyPair, passphrase: Secret, *, addr_spec: str) -> OwnCertificate:
    """For mail from ``addr_spec``.  Raises BadCertificate."""
    facts = facts_of(pair.certificate)
    if compared(addr_spec) not in facts.addr_specs:
        named = ", ".join(facts.addr_specs) or "no mail address"
        raise BadCertificate(f"This certificate is for {named}, not for {addr_spec}.")
    if facts.valid_until < timezone.now() and not facts.can_encrypt:
        raise BadCertificate(f"This certificate ran out on {facts.valid_until:%-d %B %Y}.")
    known = user.own_certificates.filter(fingerprint=facts.fingerprint)
    if not known.exists() and user.own_certificates.count() >= MOST_OWN:
        raise BadCertificate(f"There can be {MOST_OWN} certificates at most.")
    kept, _ = OwnCertificate.objects.update_or_create(
        user=user,
        fingerprint=facts.fingerprint,
        defaults={
            "addr_specs": list(facts.addr_specs),
            "certificate": der_of(pair.certificate),
            "chain": pem_of(pair.chain),
            "locked": lock(pair.key, passphrase.reveal()),
            "valid_from": facts.valid_from,
            "valid_until": facts.valid_until,
        },
    )
    return kept


def find_signing(user: User, addr_spec: str) -> OwnCertificate | None:
    """The one that signs mail from this address now: of several the one valid longest."""
    now = timezone.now()
    for each in user.own_certificates.filter(valid_from__lte=now, valid_until__gt=now):
        if compared(addr_spec) in each.addr_specs and _facts(each).can_sign:
            return each
    return None


def find_run_out(user: User, addr_spec: str) -> OwnCertificate | None:
    """The newest one of this address that is not valid any more."""
    for each in user.own_certificates.filter(valid_until__lte=timezone.now()):
        if compared(addr_spec) in each.addr_specs:
            return each
    return None


def remember_signing(user: User, addr_spec: str, *, signs: bool) -> None:
    """The next new mail from this address is as this one was."""
    for each in user.own_certificates.all():
        if compared(addr_spec) in each.addr_specs and each.signs != signs:
            OwnCertificate.objects.filter(pk=each.pk).update(signs=signs)


def open_own(kept: OwnCertificate, passphrase: Secret) -> KeyPair:
    """Raises WrongPassphrase."""
    key = unlock(bytes(kept.locked), passphrase.reveal())
    certificate = read_certificate(bytes(kept.certificate))
    return KeyPair(key, certificate, chain_from_pem(bytes(kept.chain)))


def find_opening(user: User, der: bytes) -> OwnCertificate | None:
    """The one of somebody's certificates that this envelope was encrypted for, if any."""
    for each in user.own_certificates.all():
        if is_for(der, read_certificate(bytes(each.certificate))):
            return each
    return None


def export_own(kept: OwnCertificate, passphrase: Secret) -> bytes:
    """A PKCS#12 file under the same passphrase.  Raises WrongPassphrase."""
    pair = open_own(kept, passphrase)
    return write_pkcs12(pair, passphrase.reveal(), name=str(kept)[:100])


def _facts(kept: OwnCertificate) -> Facts:
    return facts_of(read_certificate(bytes(kept.certificate)))
