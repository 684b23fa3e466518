"""Certificates and signed messages, made for the tests."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text)])


def _builder(subject, issuer, key, *, days):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=days))
        .not_valid_after(NOW + timedelta(days=30) if days < 100 else NOW - timedelta(days=1))
    )


class Authority:
    def __init__(self, name="Test Authority"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        usage = {
            **dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment"), False),
            **dict.fromkeys(("data_encipherment", "key_agreement", "encipher_only"), False),
            **dict.fromkeys(("decipher_only",), False),
            **dict.fromkeys(("key_cert_sign", "crl_sign"), True),
        }
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        self.certificate = (
            _builder(self.name, self.name, self.key, days=10)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(own, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def signer(self, address, *, days=5, usage=ExtendedKeyUsageOID.EMAIL_PROTECTION, by_rsa=False):
        return Signer(address, self, days=days, usage=usage, by_rsa=by_rsa)


def _mailbox(address):
    """One with letters outside of ASCII before its @ has a form of its own (RFC 9598)."""
    if address.isascii():
        return x509.RFC822Name(address)
    text = address.encode()
    return x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9"), bytes([12, len(text)]) + text)


class Signer:
    def __init__(
        self,
        address,
        authority=None,
        *,
        days=5,
        usage=ExtendedKeyUsageOID.EMAIL_PROTECTION,
        by_rsa=False,
    ):
        self.key = (
            rsa.generate_private_key(65537, 2048)
            if by_rsa
            else ec.generate_private_key(ec.SECP256R1())
        )
        subject = _name(f"Somebody {address}")
        issuer, key = (authority.name, authority.key) if authority else (subject, self.key)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        self.certificate = (
            _builder(subject, issuer, self.key, days=days)
            .add_extension(x509.SubjectAlternativeName([_mailbox(address)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(key, hashes.SHA256())
        )

    def sign(self, content, *, digest=None, detached=True):
        options = [pkcs7.PKCS7Options.Binary]
        options += [pkcs7.PKCS7Options.DetachedSignature] if detached else []
        return (
            pkcs7.PKCS7SignatureBuilder()
            .set_data(content)
            .add_signer(self.certificate, self.key, digest or hashes.SHA256())
            .sign(serialization.Encoding.DER, options)
        )
