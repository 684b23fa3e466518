"""Certificates as files, and OpenSSL as the mail program of somebody else."""

import email
import subprocess
from io import BytesIO

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from webmail.message.smime_key import KeyPair

OPENS = "as it came"


def pair_of(signer, authority=None):
    return KeyPair(signer.key, signer.certificate, (authority.certificate,) if authority else ())


def p12_of(signer, authority=None, passphrase=OPENS):
    """A file as a browser sends it."""
    chain = [authority.certificate] if authority else None
    how = serialization.BestAvailableEncryption(passphrase.encode())
    octets = pkcs12.serialize_key_and_certificates(
        b"mine", signer.key, signer.certificate, chain, how
    )
    return named_file("mine.p12", octets)


def pem_file(certificate, name="theirs.pem"):
    return named_file(name, certificate.public_bytes(serialization.Encoding.PEM))


def named_file(name, octets):
    file = BytesIO(octets)
    file.name = name
    return file


class OpenSSL:
    """The program ``openssl cms``, with files in ``folder``."""

    def __init__(self, folder):
        self.folder = folder

    def verify(self, message, authority):
        """The content of a signed message, as it verified; None where it does not."""
        if not self._verify_octets(message, authority):
            return None
        self._put("message.eml", message)
        self._put("ca.pem", authority.certificate.public_bytes(serialization.Encoding.PEM))
        ran = self._run("-verify", "-in", "message.eml", "-CAfile", "ca.pem", "-purpose", "any")
        return ran.stdout if ran.returncode == 0 else None

    def _verify_octets(self, message, authority):
        """The signature over exactly the octets between the boundaries, nothing made canonical."""
        parsed = email.message_from_bytes(message)
        content = message.split(b"--" + parsed.get_boundary().encode() + b"\r\n")[1]
        self._put("content", content.removesuffix(b"\r\n"))
        self._put("signature", parsed.get_payload()[1].get_payload(decode=True))
        self._put("ca.pem", authority.certificate.public_bytes(serialization.Encoding.PEM))
        files = ("-in", "signature", "-content", "content", "-CAfile", "ca.pem")
        options = ("-inform", "DER", "-purpose", "any", "-binary")
        return self._run("-verify", *files, *options).returncode == 0

    def decrypt(self, message, signer):
        self._put_key(signer)
        self._put("message.eml", message)
        ran = self._run(
            "-decrypt", "-in", "message.eml", "-inkey", "key.pem", "-recip", "cert.pem", "-binary"
        )
        return ran.stdout if ran.returncode == 0 else None

    def encrypt(self, content, signer, *options):
        """A message of only the fields of MIME."""
        self._put_key(signer)
        self._put("content", content)
        ran = self._run("-encrypt", "-in", "content", "-recip", "cert.pem", "-binary", *options)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def _put_key(self, signer):
        pem = serialization.Encoding.PEM
        self._put("cert.pem", signer.certificate.public_bytes(pem))
        form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self._put("key.pem", signer.key.private_bytes(pem, form, none))

    def _put(self, name, octets):
        (self.folder / name).write_bytes(octets)

    def _run(self, *arguments):
        command = ["openssl", "cms", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False)
