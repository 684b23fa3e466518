"""A certificate with its private key: read from PKCS#12 and written as it (RFC 7292), and kept
as PKCS#8 that a passphrase opens (RFC 5958).

Nobody who has the database has the key: the passphrase is stretched by scrypt (RFC 7914), as
``BestAvailableEncryption`` would stretch it by 2048 rounds of PBKDF2 only.
"""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from asn1crypto import algos, cms, core, keys
from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import pkcs12

from webmail.message.smime_der import sequence

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

MAX_PKCS12_BYTES = 200_000
MIN_PASSPHRASE = 10
_MOST_CHAIN = 10
_MIN_RSA_BITS = 2048
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
# 16 MiB and five passes, which OWASP's password storage sheet asks for and OpenSSL still reads.
_COST, _BLOCK, _PASSES = 2**14, 8, 5
_PKCS12_ROUNDS = 600_000
# Of a whole file, which names them itself: two seconds in which no other thread runs.
_MOST_ROUNDS = 3_000_000
# Each takes its 16 MiB and half a second, so few at once.
_stretching = threading.BoundedSemaphore(2)

_UNKNOWN = "This file cannot be read: it is damaged, or of a kind unknown here."


class BadCertificate(ValueError):
    """The file cannot be used; the sentence says why, for the one who chose it."""


class WrongPassphrase(Exception):
    """It does not open this key."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """``chain`` are the certificates between this one and its authority, nearest first."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        return "KeyPair()"


def read_pkcs12(octets: bytes, passphrase: str) -> KeyPair:
    """Raises BadCertificate, WrongPassphrase."""
    if not octets or len(octets) > MAX_PKCS12_BYTES or octets[:1] != b"\x30":
        raise BadCertificate("This is not a PKCS#12 file (.p12 or .pfx).")
    if _rounds_of(octets) > _MOST_ROUNDS:
        raise BadCertificate("This file takes too long to open. Save it anew with fewer rounds.")
    try:
        with _stretching:
            key, certificate, more = pkcs12.load_key_and_certificates(octets, passphrase.encode())
    except (ValueError, UnsupportedAlgorithm) as problem:
        if "password" in str(problem).lower() or "mac" in str(problem).lower():
            raise WrongPassphrase from None
        raise BadCertificate(_UNKNOWN)  # noqa: B904
    if key is None or certificate is None:
        raise BadCertificate("There is no certificate with its private key in this file.")
    return KeyPair(_usable(key), certificate, tuple(more[:_MOST_CHAIN]))


def _rounds_of(octets: bytes) -> int:
    """How often its passphrase is hashed to open all of a file.  Raises BadCertificate."""
    try:
        file = asn1_pkcs12.Pfx.load(octets)
        mac = file["mac_data"]
        named = [mac["iterations"].native if mac else 0]
        for each in file.authenticated_safe:
            named.extend(_rounds_in(each))
        if any(rounds < 0 for rounds in named):
            raise ValueError("a file names less than no rounds")
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise BadCertificate(_UNKNOWN) from None
    return sum(named)


def _rounds_in(info: cms.ContentInfo) -> Iterator[int]:
    """What names them in a way unknown here, as scrypt does, raises TypeError or ValueError."""
    if info["content_type"].native == "encrypted_data":
        inside = info["content"]["encrypted_content_info"]
        yield inside["content_encryption_algorithm"].kdf_iterations
        return
    for bag in asn1_pkcs12.SafeContents.load(info["content"].native):
        kind = bag["bag_id"].native
        if kind == "safe_contents":
            raise ValueError("no program nests them")
        if kind == "pkcs8_shrouded_key_bag":
            yield bag["bag_value"]["encryption_algorithm"].kdf_iterations


def _usable(key: object) -> PrivateKey:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < _MIN_RSA_BITS:
            raise BadCertificate(f"Its key has {key.key_size} bits, too few to be safe today.")
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    raise BadCertificate("Its key is of a kind that hardly any mail program could read.")


def write_pkcs12(pair: KeyPair, passphrase: str, *, name: str) -> bytes:
    """As every mail program reads it, under the same passphrase."""
    how = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_PKCS12_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(passphrase.encode())
    )
    return pkcs12.serialize_key_and_certificates(
        name.encode(), pair.key, pair.certificate, list(pair.chain) or None, how
    )


# -- kept ------------------------------------------------------------------------------------------


def lock(key: PrivateKey, passphrase: str) -> bytes:
    """An EncryptedPrivateKeyInfo in DER, as OpenSSL reads it too."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise BadCertificate(f"A passphrase needs at least {MIN_PASSPHRASE} characters.")
    plain = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    salt, iv = os.urandom(16), os.urandom(16)
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES256(_stretched(passphrase, salt)), modes.CBC(iv)).encryptor()
    sealed = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    locked: bytes = keys.EncryptedPrivateKeyInfo(
        {"encryption_algorithm": _pbes2(salt, iv), "encrypted_data": sealed}
    ).dump()
    return locked


def _pbes2(salt: bytes, iv: bytes) -> algos.EncryptionAlgorithm:
    # RFC 7914, section 7.1.
    numbers = (core.Integer(each) for each in (_COST, _BLOCK, _PASSES, 32))
    parameters = sequence(core.OctetString(salt), *numbers)
    stretch = sequence(core.ObjectIdentifier("1.3.6.1.4.1.11591.4.11"), parameters)
    scheme = algos.EncryptionAlgorithm(
        {"algorithm": "aes256_cbc", "parameters": core.OctetString(iv)}
    )
    pbes2 = sequence(core.ObjectIdentifier("1.2.840.113549.1.5.13"), sequence(stretch, scheme))
    return algos.EncryptionAlgorithm.load(pbes2.dump())


def unlock(locked: bytes, passphrase: str) -> PrivateKey:
    """Raises WrongPassphrase."""
    try:
        with _stretching:
            key = serialization.load_der_private_key(locked, passphrase.encode())
    except (ValueError, TypeError):
        raise WrongPassphrase from None
    return _usable(key)


def _stretched(passphrase: str, salt: bytes) -> bytes:
    with _stretching:
        stretch = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=_PASSES)
        return stretch.derive(passphrase.encode())


def pem_of(certificates: tuple[x509.Certificate, ...]) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def chain_from_pem(pem: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem)) if pem else ()
