"""Whose certificate it is, and whether somebody this server knows stands behind it."""

import re
import ssl
import warnings
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

_MAX_CHAIN = 6
_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_EMAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)

_UNREADABLE = (
    *(ValueError, CryptographyDeprecationWarning, x509.InvalidVersion),
    *(x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)


class Trust(StrEnum):
    KNOWN = "known"
    UNKNOWN = "unknown"
    SELF_ISSUED = "self-issued"
    OUT_OF_DATE = "out of date"


def trust_in(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
) -> Trust:
    """``others`` came with the message; ``at`` is when it arrived."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return Trust.OUT_OF_DATE
    if certificate.issuer == certificate.subject:
        return Trust.SELF_ISSUED
    roots = system_roots()
    if not roots or not _is_for_mail(certificate):
        return Trust.UNKNOWN
    builder = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(_MAX_CHAIN)
    # What a certificate for mail must say differs from what one for a web server must.
    builder = builder.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        builder.build_client_verifier().verify(
            certificate, [each for each in others if each != certificate]
        )
    except (VerificationError, ValueError):
        return Trust.UNKNOWN
    return Trust.KNOWN


def _is_for_mail(certificate: x509.Certificate) -> bool:
    """Not one for a web server, say, whose owner proved nothing about the address."""
    extensions = certificate.extensions
    try:
        usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not any(usage in usages for usage in _EMAIL):
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


@lru_cache(maxsize=1)
def system_roots() -> tuple[x509.Certificate, ...]:
    """The authorities the system knows; none where it has no such file."""
    file = ssl.get_default_verify_paths().cafile
    try:
        pem = Path(file).read_bytes() if file else b""
    except OSError:
        return ()
    return tuple(found for each in _PEM.findall(pem) if (found := find_certificate(each)))


def find_certificate(octets: bytes) -> x509.Certificate | None:
    """Of PEM or DER; None for one that RFC 5280 disallows, as some old authorities' are.

    Names and extensions are only read when they are asked for, so they are asked for here.
    """
    load = x509.load_pem_x509_certificate
    if not octets.startswith(b"-----"):
        load = x509.load_der_x509_certificate
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            found = load(octets)
            _ = found.subject, found.issuer, found.extensions
    except _UNREADABLE:
        return None
    return found


def addresses_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The mail addresses it is for: by its alternative names, else by its subject."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        found = names.value.get_values_for_type(x509.RFC822Name)
        found += filter(None, map(_utf8_mailbox, names.value))
    except (x509.ExtensionNotFound, ValueError):
        found = []
    if not found:
        subject = certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
        found = [str(each.value) for each in subject]
    return tuple(each[:320] for each in found[:20])


def _utf8_mailbox(name: x509.GeneralName) -> str:
    """An address outside of ASCII (SmtpUTF8Mailbox, RFC 9598, section 3); empty for others."""
    if not isinstance(name, x509.OtherName) or name.type_id != _UTF8_MAILBOX:
        return ""
    tag, length, text = name.value[:1], name.value[1:2], name.value[2:]
    if tag != b"\x0c" or length[0] > 127 or length[0] != len(text):
        return ""
    return text.decode("utf-8", "replace")


def issuer_name(certificate: x509.Certificate) -> str:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        named = certificate.issuer.get_attributes_for_oid(oid)
        if named:
            return str(named[0].value)[:120]
    return ""


def key_identifier(certificate: x509.Certificate) -> bytes:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    return found.value.digest
