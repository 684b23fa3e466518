"""Opening what was encrypted for a certificate (RFC 5652, section 6; RFC 5083; RFC 5753).

Whatever is wrong inside is answered in one way, so that nobody learns from the answers (T91).
"""

from dataclasses import dataclass
from typing import TypeAlias

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from webmail.message.smime_der import load_cms
from webmail.message.smime_envelope import TAG_BYTES, WRAP_BYTES, derived, issuer_and_serial
from webmail.message.smime_key import KeyPair, PrivateKey
from webmail.message.smime_trust import key_identifier

_KINDS = ("enveloped_data", "authenticated_enveloped_data")
_MOST_RECIPIENTS = 500
_PROBLEMS = (
    *(ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError),
    *(InvalidTag, InvalidUnwrap, UnsupportedAlgorithm, RecursionError),
)
# RFC 5753, section 7.1.4: one-pass Diffie-Hellman, by the digest of its derivation.
_AGREEMENTS: dict[str, hashes.HashAlgorithm] = {
    "1.3.133.16.840.63.0.2": hashes.SHA1(),  # noqa: S303  OpenSSL's usual one, and safe in a KDF
    "1.3.132.1.11.0": hashes.SHA224(),
    "1.3.132.1.11.1": hashes.SHA256(),
    "1.3.132.1.11.2": hashes.SHA384(),
    "1.3.132.1.11.3": hashes.SHA512(),
}
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  what OAEP uses unless told
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class CannotOpen(Exception):
    """It is not for this key, is damaged, or is encrypted in a way unknown here."""


@dataclass(frozen=True, slots=True)
class Opened:
    """``is_authenticated``: nobody can have altered it since it was encrypted."""

    content: bytes
    is_authenticated: bool


def is_for(der: bytes, certificate: x509.Certificate) -> bool:
    """Whether a recipient of this envelope is the holder of ``certificate``."""
    try:
        return _find_recipient(_envelope(der), certificate) is not None
    except (*_PROBLEMS, CannotOpen):
        return False


def open_envelope(der: bytes, pair: KeyPair) -> Opened:
    """Raises CannotOpen."""
    try:
        envelope = _envelope(der)
        found = _find_recipient(envelope, pair.certificate)
        if found is None:
            raise CannotOpen
        return _decrypted(envelope, _content_key(found, pair))
    except _PROBLEMS:
        raise CannotOpen from None


_Envelope: TypeAlias = cms.EnvelopedData | cms.AuthEnvelopedData
_Agreement: TypeAlias = tuple[cms.KeyAgreeRecipientInfo, cms.RecipientEncryptedKey]
_Found: TypeAlias = cms.KeyTransRecipientInfo | _Agreement


def _envelope(der: bytes) -> _Envelope:
    info = load_cms(der)
    if info["content_type"].native not in _KINDS:
        raise CannotOpen
    return info["content"]


def _find_recipient(envelope: _Envelope, certificate: x509.Certificate) -> _Found | None:
    for info in list(envelope["recipient_infos"])[:_MOST_RECIPIENTS]:
        if info.name == "ktri" and _names(info.chosen["rid"], certificate):
            return info.chosen
        if info.name == "kari":
            for each in list(info.chosen["recipient_encrypted_keys"])[:_MOST_RECIPIENTS]:
                if _names(each["rid"], certificate):
                    return info.chosen, each
    return None


def _names(rid: core.Choice, certificate: x509.Certificate) -> bool:
    if rid.name == "issuer_and_serial_number":
        ours = issuer_and_serial(certificate)
        same = rid.chosen["serial_number"].native == certificate.serial_number
        return bool(same and rid.chosen["issuer"].dump() == ours["issuer"].dump())
    by = rid.chosen["subject_key_identifier"] if rid.name == "r_key_id" else rid.chosen
    return bool(by.native == key_identifier(certificate))


# -- the key ---------------------------------------------------------------------------------------


def _content_key(found: _Found, pair: KeyPair) -> bytes:
    if isinstance(found, tuple):
        return _agreed(found[0], found[1], pair.key)
    return _transported(found, pair.key)


def _transported(info: cms.KeyTransRecipientInfo, key: PrivateKey) -> bytes:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CannotOpen
    how = info["key_encryption_algorithm"]
    name = how["algorithm"].native
    if name == "rsaes_pkcs1v15":
        # OpenSSL answers with a random key where the padding is wrong, not with an error.
        return key.decrypt(info["encrypted_key"].native, PKCS1v15())
    if name != "rsaes_oaep":
        raise CannotOpen
    digest = _DIGESTS[how["parameters"]["hash_algorithm"]["algorithm"].native]
    mask = _DIGESTS[how["parameters"]["mask_gen_algorithm"]["parameters"]["algorithm"].native]
    return key.decrypt(info["encrypted_key"].native, OAEP(MGF1(mask), digest, None))


def _agreed(
    info: cms.KeyAgreeRecipientInfo, each: cms.RecipientEncryptedKey, key: PrivateKey
) -> bytes:
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CannotOpen
    how = info["key_encryption_algorithm"]
    wrap = how["parameters"].dump()
    wrap_oid = core.SequenceOf.load(wrap, spec=core.Any)[0].parse(core.ObjectIdentifier).dotted
    if wrap_oid not in WRAP_BYTES:
        raise CannotOpen
    ukm = info["ukm"].native or b""
    agreed = key.exchange(ec.ECDH(), _point(info["originator"], key))
    digest = _AGREEMENTS[how["algorithm"].dotted]
    wrapping = derived(agreed, digest, wrap_oid, ukm, wrap)
    return aes_key_unwrap(wrapping, each["encrypted_key"].native)


def _point(originator: core.Choice, key: ec.EllipticCurvePrivateKey) -> ec.EllipticCurvePublicKey:
    """The other side's; its curve may go unsaid, as it is ours."""
    if originator.name != "originator_key":
        raise CannotOpen
    octets = originator.chosen["public_key"].contents[1:]
    return ec.EllipticCurvePublicKey.from_encoded_point(key.curve, octets)


# -- the content -----------------------------------------------------------------------------------


def _decrypted(envelope: _Envelope, key: bytes) -> Opened:
    if isinstance(envelope, cms.AuthEnvelopedData):
        return Opened(_by_gcm(envelope, key), is_authenticated=True)
    info = envelope["encrypted_content_info"]
    how = info["content_encryption_algorithm"]
    name = how["algorithm"].native
    if name not in ("aes128_cbc", "aes192_cbc", "aes256_cbc", "tripledes_3key"):
        raise CannotOpen
    # Triple DES is what old programs still send: it is read, and never written.
    cipher = TripleDES(key) if name == "tripledes_3key" else algorithms.AES(key)
    block = cipher.block_size
    if name != "tripledes_3key" and len(key) != how.key_length:
        raise CannotOpen
    opening = Cipher(cipher, modes.CBC(how["parameters"].native)).decryptor()
    padded = opening.update(info["encrypted_content"].native) + opening.finalize()
    unpadder = padding.PKCS7(block).unpadder()
    return Opened(unpadder.update(padded) + unpadder.finalize(), is_authenticated=False)


def _by_gcm(envelope: cms.AuthEnvelopedData, key: bytes) -> bytes:
    info = envelope["auth_encrypted_content_info"]
    how = info["content_encryption_algorithm"]
    name = how["algorithm"].native
    if name not in ("aes128_gcm", "aes192_gcm", "aes256_gcm") or len(key) != how.key_length:
        raise CannotOpen
    parameters = core.SequenceOf.load(how["parameters"].dump(), spec=core.Any)
    nonce = parameters[0].parse(core.OctetString).native
    tag = envelope["mac"].native
    if len(tag) != TAG_BYTES:
        raise CannotOpen
    attributes = envelope["auth_attrs"]
    # Protected beside the content, as a SET (RFC 5083, section 2.2).
    beside = b"\x31" + attributes.dump()[1:] if attributes else None
    return AESGCM(key).decrypt(nonce, info["encrypted_content"].native + tag, beside)
