"""S/MIME signatures (RFC 8551): what CMS (RFC 5652) holds, and whether it fits the message.

Only what is signed is read here; nothing is decrypted (T91).  A verdict says what was
found and no more: who is behind an address, no signature can tell.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from webmail.message.addr_spec import compared
from webmail.message.smime_der import load_cms
from webmail.message.smime_trust import (
    Trust,
    addresses_of,
    find_certificate,
    issuer_name,
    key_identifier,
    trust_in,
)

_MAX_SIGNERS = 5
_MAX_CERTIFICATES = 20

_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303  only to tell that it is too old to prove anything
    "sha1": hashes.SHA1(),  # noqa: S303  likewise
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_AES256_GCM = "2.16.840.1.101.3.4.1.46"
_PROBLEMS = (ValueError, TypeError, KeyError, RecursionError)
_FORGEABLE = frozenset({"md2", "md4", "md5", "sha1"})


class Verdict(StrEnum):
    GOOD = "good"
    UNKNOWN_AUTHORITY = "unknown authority"
    SELF_ISSUED = "self-issued"
    OTHER_SENDER = "other sender"
    OUT_OF_DATE = "out of date"
    FORGEABLE = "forgeable"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Signature:
    """``signer`` is the address in the certificate, ``issuer`` who gave the certificate out.

    ``certificate`` is the signer's where the signature fits; ``reads_gcm``: the signer said
    that they can open authenticated encryption (RFC 8551, section 2.5.2).
    """

    verdict: Verdict
    signer: str = ""
    issuer: str = ""
    certificate: x509.Certificate | None = field(default=None, compare=False, repr=False)
    reads_gcm: bool = field(default=False, compare=False)

    @property
    def fits(self) -> bool:
        """Nothing was changed, whoever signed it."""
        return self.certificate is not None


UNREADABLE = Signature(Verdict.UNREADABLE)


def cms_kind(der: bytes) -> str:
    """``signed_data``, ``enveloped_data``, ``compressed_data``…; empty where it is none."""
    try:
        return str(load_cms(der)["content_type"].native)
    except _PROBLEMS:
        return ""


def signed_content(der: bytes) -> bytes | None:
    """The message inside an opaque signature; None where there is none."""
    signed = _signed_data(der)
    if signed is None:
        return None
    try:
        wrapped = signed["encap_content_info"]
        # A message is nothing else (RFC 8551, section 2.4.2); of other kinds all would be parsed.
        is_message = wrapped["content_type"].native == "data"
        content = wrapped["content"].native if is_message else None
    except _PROBLEMS:
        return None
    return content if isinstance(content, bytes) else None


def check_signature(
    der: bytes, content: bytes | None, *, senders: Iterable[str], at: datetime
) -> Signature:
    """Whether ``der`` signs ``content``, or its own content where that is None.

    ``senders`` are the addresses of From, ``at`` when the message arrived.  With several
    signers the first whose signature fits counts.  Never raises.
    """
    signed = _signed_data(der)
    if signed is None:
        return UNREADABLE
    own = signed_content(der)
    if content is None:
        content = own
    elif own is not None and own != content:
        return Signature(Verdict.CHANGED)
    if content is None:
        return UNREADABLE
    found = UNREADABLE
    try:
        certificates = _certificates(signed)
        for signer in list(signed["signer_infos"])[:_MAX_SIGNERS]:
            found = _check(signer, certificates, content, frozenset(senders), at)
            if found.verdict not in (Verdict.CHANGED, Verdict.UNREADABLE):
                return found
    except (*_PROBLEMS, AttributeError, UnsupportedAlgorithm, OverflowError):
        return UNREADABLE
    return found


def _signed_data(der: bytes) -> cms.SignedData | None:
    if cms_kind(der) != "signed_data":
        return None
    try:
        return load_cms(der)["content"]
    except _PROBLEMS:
        return None


def _certificates(signed: cms.SignedData) -> list[x509.Certificate]:
    """Those that can be read; a certificate that cannot is as good as none."""
    found = []
    for choice in list(signed["certificates"] or [])[:_MAX_CERTIFICATES]:
        certificate = find_certificate(choice.chosen.dump())
        if certificate is not None:
            found.append(certificate)
    return found


def _check(
    signer: cms.SignerInfo,
    certificates: list[x509.Certificate],
    content: bytes,
    senders: frozenset[str],
    at: datetime,
) -> Signature:
    certificate = _certificate_of(signer, certificates)
    if certificate is None:
        return UNREADABLE
    addresses = addresses_of(certificate)
    named = set(map(compared, senders))
    own = next((each for each in addresses if compared(each) in named), "")
    signer_name = own or next(iter(addresses), "")
    told = (signer_name, issuer_name(certificate))
    digest = signer["digest_algorithm"]["algorithm"].native
    if digest not in _DIGESTS:
        return Signature(Verdict.UNREADABLE, *told)
    if not _fits(signer, certificate, content, digest):
        return Signature(Verdict.CHANGED, *told)
    if digest in _FORGEABLE:
        return Signature(Verdict.FORGEABLE, *told)
    also = (certificate, _reads_gcm(signer))
    # Every address of From has to be the signer's: a second one would borrow the signature.
    if not own or len(named) != 1:
        return Signature(Verdict.OTHER_SENDER, *told, *also)
    return Signature(_VERDICTS[trust_in(certificate, certificates, at)], *told, *also)


def _reads_gcm(signer: cms.SignerInfo) -> bool:
    for each in signer["signed_attrs"] or ():
        if each["type"].native == "smime_capabilities":
            able = [one["capability_id"].dotted for one in each["values"][0]]
            return _AES256_GCM in able
    return False


_VERDICTS = {
    Trust.KNOWN: Verdict.GOOD,
    Trust.UNKNOWN: Verdict.UNKNOWN_AUTHORITY,
    Trust.SELF_ISSUED: Verdict.SELF_ISSUED,
    Trust.OUT_OF_DATE: Verdict.OUT_OF_DATE,
}


def _certificate_of(
    signer: cms.SignerInfo, certificates: list[x509.Certificate]
) -> x509.Certificate | None:
    sid = signer["sid"]
    for certificate in certificates:
        if sid.name == "issuer_and_serial_number":
            issuer = sid.chosen["issuer"].dump()
            serial = sid.chosen["serial_number"].native
            if certificate.serial_number == serial and certificate.issuer.public_bytes() == issuer:
                return certificate
        elif key_identifier(certificate) == sid.chosen.native:
            return certificate
    return None


def _fits(
    signer: cms.SignerInfo, certificate: x509.Certificate, content: bytes, digest: str
) -> bool:
    """RFC 5652, section 5.4: the digest of the content, and the signature over it."""
    computed = hashlib.new(digest, content, usedforsecurity=False).digest()
    attributes = signer["signed_attrs"]
    if not attributes:
        return _verifies(signer, certificate, content, digest)
    named = {each["type"].native: each["values"] for each in attributes}
    if len(named) != len(attributes) or "message_digest" not in named:
        return False
    if named["content_type"][0].native != "data":
        return False
    if not hmac.compare_digest(named["message_digest"][0].native, computed):
        return False
    # They are signed as a SET, not with the tag they travel under.
    as_set = b"\x31" + attributes.dump()[1:]
    return _verifies(signer, certificate, as_set, digest)


def _verifies(
    signer: cms.SignerInfo, certificate: x509.Certificate, octets: bytes, digest: str
) -> bool:
    key, algorithm = certificate.public_key(), _DIGESTS[digest]
    signature = signer["signature"].native
    hashed = hashlib.new(digest, octets, usedforsecurity=False).digest()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, hashed, _padding(signer, algorithm), Prehashed(algorithm))
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, hashed, ec.ECDSA(Prehashed(algorithm)))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, octets)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _padding(
    signer: cms.SignerInfo, algorithm: hashes.HashAlgorithm
) -> padding.PSS | padding.PKCS1v15:
    how = signer["signature_algorithm"]
    if how["algorithm"].native != "rsassa_pss":
        return padding.PKCS1v15()
    parameters = how["parameters"]
    mask = _DIGESTS[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]
    if _DIGESTS[parameters["hash_algorithm"]["algorithm"].native].name != algorithm.name:
        raise ValueError("the signature names two digests")
    return padding.PSS(padding.MGF1(mask), parameters["salt_length"].native)
