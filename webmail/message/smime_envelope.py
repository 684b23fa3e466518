"""Encrypting for certificates: AuthEnvelopedData with AES-256-GCM (RFC 5083, 5084), or
EnvelopedData with AES-256-CBC (RFC 5652) for programs that read nothing newer.

The content key goes to RSA keys by RSAES-PKCS1-v1_5, which all read, and to keys on curves by
one-pass ephemeral Diffie-Hellman (RFC 5753).
"""

import os
from collections.abc import Sequence

from asn1crypto import algos, cms, core
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from webmail.message.smime_der import sequence

KEY_BYTES, TAG_BYTES = 32, 16
_STD_DH_SHA256 = "1.3.132.1.11.1"
AES256_WRAP = algos.EncryptionAlgorithmId("aes256_wrap").dotted


def encrypt(
    content: bytes, certificates: Sequence[x509.Certificate], *, is_authenticated: bool
) -> bytes:
    """A ContentInfo in DER that each of the certificates' holders can open."""
    key = os.urandom(KEY_BYTES)
    infos = [_recipient(key, each) for each in dict.fromkeys(certificates)]
    if is_authenticated:
        return _authenticated(content, key, infos)
    return _enveloped(content, key, infos)


def _authenticated(content: bytes, key: bytes, infos: list[cms.RecipientInfo]) -> bytes:
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, content, None)
    # RFC 5084, section 3.2.
    parameters = sequence(core.OctetString(nonce), core.Integer(TAG_BYTES))
    data = cms.AuthEnvelopedData(
        {
            "version": "v0",
            "recipient_infos": infos,
            "auth_encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": _algorithm("aes256_gcm", parameters),
                "encrypted_content": sealed[:-TAG_BYTES],
            },
            "mac": sealed[-TAG_BYTES:],
        }
    )
    return _dumped(
        cms.ContentInfo({"content_type": "authenticated_enveloped_data", "content": data})
    )


def _enveloped(content: bytes, key: bytes, infos: list[cms.RecipientInfo]) -> bytes:
    iv = os.urandom(16)
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    sealed = cipher.update(padder.update(content) + padder.finalize()) + cipher.finalize()
    # Version 2 as soon as a recipient's is not 0 (RFC 5652, section 6.1).
    agrees = any(info.name == "kari" for info in infos)
    data = cms.EnvelopedData(
        {
            "version": "v2" if agrees else "v0",
            "recipient_infos": infos,
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": _algorithm("aes256_cbc", core.OctetString(iv)),
                "encrypted_content": sealed,
            },
        }
    )
    return _dumped(cms.ContentInfo({"content_type": "enveloped_data", "content": data}))


def _dumped(info: cms.ContentInfo) -> bytes:
    der: bytes = info.dump()
    return der


def _algorithm(name: str, parameters: core.Asn1Value) -> algos.EncryptionAlgorithm:
    """Whatever asn1crypto knows of the parameters of this algorithm."""
    oid = core.ObjectIdentifier(algos.EncryptionAlgorithmId(name).dotted)
    return algos.EncryptionAlgorithm.load(sequence(oid, parameters).dump())


# -- to whom ---------------------------------------------------------------------------------------


def _recipient(key: bytes, certificate: x509.Certificate) -> cms.RecipientInfo:
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return _by_rsa(key, certificate, public)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return _by_agreement(key, certificate, public)
    raise ValueError("nothing can be encrypted for this kind of key")


def issuer_and_serial(certificate: x509.Certificate) -> cms.IssuerAndSerialNumber:
    issuer = asn1_x509.Name.load(certificate.issuer.public_bytes())
    facts = {"issuer": issuer, "serial_number": certificate.serial_number}
    return cms.IssuerAndSerialNumber(facts)


def _by_rsa(
    key: bytes, certificate: x509.Certificate, public: rsa.RSAPublicKey
) -> cms.RecipientInfo:
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v0",
            "rid": cms.RecipientIdentifier(
                "issuer_and_serial_number", issuer_and_serial(certificate)
            ),
            "key_encryption_algorithm": {"algorithm": "rsaes_pkcs1v15"},
            "encrypted_key": public.encrypt(key, PKCS1v15()),
        }
    )
    return cms.RecipientInfo("ktri", info)


def _by_agreement(
    key: bytes, certificate: x509.Certificate, public: ec.EllipticCurvePublicKey
) -> cms.RecipientInfo:
    ephemeral = ec.generate_private_key(public.curve)
    wrapping = derived(ephemeral.exchange(ec.ECDH(), public), hashes.SHA256(), AES256_WRAP, b"")
    point = ephemeral.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    to = cms.KeyAgreementRecipientIdentifier(
        "issuer_and_serial_number", issuer_and_serial(certificate)
    )
    how = sequence(core.ObjectIdentifier(_STD_DH_SHA256), _wrap_algorithm(AES256_WRAP))
    info = cms.KeyAgreeRecipientInfo(
        {
            "version": "v3",
            "originator": cms.OriginatorIdentifierOrKey(
                "originator_key", asn1_keys.PublicKeyInfo.load(point)
            ),
            "key_encryption_algorithm": cms.KeyEncryptionAlgorithm.load(how.dump()),
            "recipient_encrypted_keys": [{"rid": to, "encrypted_key": aes_key_wrap(wrapping, key)}],
        }
    )
    return cms.RecipientInfo("kari", info)


def _wrap_algorithm(oid: str) -> core.SequenceOf:
    return sequence(core.ObjectIdentifier(oid))


WRAP_BYTES = {
    algos.EncryptionAlgorithmId(f"aes{bits}_wrap").dotted: bits // 8 for bits in (128, 192, 256)
}


def derived(
    agreed: bytes, algorithm: hashes.HashAlgorithm, wrap_oid: str, ukm: bytes, wrap: bytes = b""
) -> bytes:
    """The key that wraps the content key: ECC-CMS-SharedInfo (RFC 5753, section 7.2).

    ``wrap`` is the wrapping algorithm as it came, in DER.
    """
    length = WRAP_BYTES[wrap_oid]
    known = core.Asn1Value.load(wrap or _wrap_algorithm(wrap_oid).dump())
    parts = [known]
    if ukm:
        parts.append(core.OctetString(ukm, explicit=0))
    parts.append(core.OctetString((length * 8).to_bytes(4, "big"), explicit=2))
    shared = sequence(*parts).dump()
    return X963KDF(algorithm=algorithm, length=length, sharedinfo=shared).derive(agreed)
