"""A certificate authority of our own, and the certificates that servers get wrong."""

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files of one server."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """What a client trusts (``ca_file``) and what servers may show.

    ``wrong_host`` is made out to elsewhere.example, ``expired`` ended yesterday and
    ``self_signed`` is its own issuer; all else about them is right.
    """

    ca_file: Path
    good: Certificate
    wrong_host: Certificate
    expired: Certificate
    self_signed: Certificate


def make_authority(folder: Path) -> Authority:
    """Write a CA and its certificates to ``folder``, or reuse those it made there before."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(
        folder / "ca.pem",
        *(
            Certificate(folder / f"{name}.pem", folder / f"{name}.key")
            for name in ("good", "wrong_host", "expired", "self_signed")
        ),
    )
    if not (folder / "complete").exists():
        _write_all(authority)
        (folder / "complete").touch()
    return authority


def _write_all(authority: Authority) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Hearth test authority")
    ca = _sign(ca_name, ca_key, ca_name, ca_key, hosts=(), ca=True)
    authority.ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    loopback = ("localhost", "127.0.0.1")
    yesterday = datetime.datetime.now(datetime.UTC) - DAY
    _issue(authority.good, ca_name, ca_key, hosts=loopback)
    _issue(authority.wrong_host, ca_name, ca_key, hosts=("elsewhere.example",))
    _issue(authority.expired, ca_name, ca_key, hosts=loopback, ends=yesterday)
    _issue(authority.self_signed, None, None, hosts=loopback)


def _issue(
    files: Certificate,
    issuer: x509.Name | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
    *,
    hosts: tuple[str, ...],
    ends: datetime.datetime | None = None,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(hosts[0])
    certificate = _sign(subject, key, issuer or subject, issuer_key or key, hosts=hosts, ends=ends)
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # A demo may run on a machine that other people use.
    with os.fdopen(os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(private)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _sign(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    hosts: tuple[str, ...],
    ca: bool = False,
    ends: datetime.datetime | None = None,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(ends or now + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if ca:
        builder = builder.add_extension(_ca_usage(), critical=True)
    else:
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(server, critical=False).add_extension(
            x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256())


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
