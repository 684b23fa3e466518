"""A detached signature of S/MIME (RFC 8551, section 3.5.3; RFC 5652, section 5)."""

import hashlib
from datetime import datetime

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from webmail.message.smime_certificate import der_of
from webmail.message.smime_envelope import issuer_and_serial
from webmail.message.smime_key import KeyPair

# What we can open, best first (RFC 8551, section 2.5.2): authenticated encryption before the rest.
CAPABILITIES = ("aes256_gcm", "aes128_gcm", "aes256_cbc", "aes128_cbc")


def sign_detached(content: bytes, pair: KeyPair, at: datetime) -> bytes:
    """A ContentInfo in DER over ``content``, with the certificate and its chain."""
    attributes = _attributes(content, at)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number", issuer_and_serial(pair.certificate)
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": _signature_algorithm(pair),
            # They are signed as a SET, not with the tag they travel under.
            "signature": _signature(pair, b"\x31" + attributes.dump()[1:]),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [
                cms.CertificateChoices("certificate", asn1_x509.Certificate.load(der_of(each)))
                for each in _without_root(pair)
            ],
            "signer_infos": [signer],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der


def _without_root(pair: KeyPair) -> list[x509.Certificate]:
    """A root would prove nothing by coming along."""
    return [pair.certificate, *(each for each in pair.chain if each.issuer != each.subject)]


def _attributes(content: bytes, at: datetime) -> cms.CMSAttributes:
    digest = hashlib.sha256(content).digest()
    able = [{"capability_id": _oid_of(name)} for name in CAPABILITIES]
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute(
                {"type": "signing_time", "values": [cms.Time("utc_time", core.UTCTime(at))]}
            ),
            cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            cms.CMSAttribute({"type": "smime_capabilities", "values": [able]}),
        ]
    )


def _oid_of(name: str) -> str:
    dotted: str = algos.EncryptionAlgorithmId(name).dotted
    return dotted


def _signature_algorithm(pair: KeyPair) -> dict[str, str]:
    is_rsa = isinstance(pair.key, rsa.RSAPrivateKey)
    return {"algorithm": "rsassa_pkcs1v15" if is_rsa else "sha256_ecdsa"}


def _signature(pair: KeyPair, octets: bytes) -> bytes:
    if isinstance(pair.key, rsa.RSAPrivateKey):
        return pair.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    return pair.key.sign(octets, ec.ECDSA(hashes.SHA256()))
