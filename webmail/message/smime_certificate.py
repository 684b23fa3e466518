"""What a certificate says of itself, in words and dates, and what it may be used for."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from webmail.message.addr_spec import compared
from webmail.message.smime_key import BadCertificate
from webmail.message.smime_trust import addresses_of, find_certificate

Certificate = x509.Certificate
_PARTS = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
MAX_CERTIFICATE_BYTES = 50_000


@dataclass(frozen=True, slots=True)
class Facts:
    """``addr_specs`` in lower case; ``fingerprint`` is SHA-256 in upper case hexadecimal."""

    addr_specs: tuple[str, ...]
    subject: str
    issuer: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    can_sign: bool
    can_encrypt: bool


def facts_of(certificate: x509.Certificate) -> Facts:
    return Facts(
        addr_specs=tuple(dict.fromkeys(map(compared, addresses_of(certificate)))),
        subject=_named(certificate.subject) or "nobody named",
        issuer=_named(certificate.issuer) or "nobody named",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex().upper(),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        can_sign=_may(certificate, "digital_signature", "content_commitment"),
        can_encrypt=_can_encrypt(certificate),
    )


def read_certificate(octets: bytes) -> x509.Certificate:
    """Of a file in DER or PEM (.cer, .crt, .pem).  Raises BadCertificate."""
    if len(octets) > MAX_CERTIFICATE_BYTES:
        raise BadCertificate("This file is too large for a certificate.")
    found = find_certificate(octets.strip() if octets[:5] == b"-----" else octets)
    if found is None:
        raise BadCertificate("There is no certificate in this file (.cer, .crt or .pem).")
    return found


def der_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _named(name: x509.Name) -> str:
    """The person or office and the organization, each once."""
    found = [
        str(each.value)[:120] for oid in _PARTS for each in name.get_attributes_for_oid(oid)[:1]
    ]
    if not found:
        found = [str(each.value)[:120] for each in list(name)[:1]]
    return ", ".join(dict.fromkeys(found))


def _can_encrypt(certificate: x509.Certificate) -> bool:
    """To its holder: with RSA the key itself is encrypted, with curves one is agreed on."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= 2048 and _may(certificate, "key_encipherment")
    return isinstance(key, ec.EllipticCurvePublicKey) and _may(certificate, "key_agreement")


def _may(certificate: x509.Certificate, *usages: str) -> bool:
    """One without the extension may do all (RFC 5280, section 4.2.1.3)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        return False
    return any(getattr(found, each) for each in usages)
