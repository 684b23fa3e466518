"""GnuPG with a home of its own: the other side of encrypted mail."""

import re
import subprocess
import tempfile
from pathlib import Path

from start.child import StartError
from tests.lab.place import find_program


class GnuPG:
    def __init__(self, folder: Path) -> None:
        program = find_program("gpg")
        if program is None:
            raise StartError("GnuPG is missing: apt-get install gnupg")
        # Its agent listens on a socket inside: the path must be short.
        self.home = Path(tempfile.mkdtemp(prefix="gnupg-", dir=folder.anchor + "tmp"))
        self._program = str(program)

    def close(self) -> None:
        subprocess.run(
            ["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False, timeout=30
        )

    def make(self, user_id: str, passphrase: str, *, days: int = 0, algorithm: str = "") -> str:
        """A new key; the fingerprint of it."""
        before = self.fingerprints()
        kind = algorithm or "future-default"
        options = ["--passphrase", passphrase, "--quick-generate-key", user_id, kind, "default"]
        self.run(*options, f"{days}d" if days else "never")
        return next(iter(self.fingerprints() - before))

    def fingerprints(self) -> set[str]:
        listed = self.run("--with-colons", "--list-keys").decode()
        return set(re.findall(r"^pub:.*\nfpr:+(\w+):", listed, re.MULTILINE))

    def fingerprint_of(self, name: str) -> str:
        listed = self.run("--with-colons", "--list-keys", name).decode()
        return re.search(r"^fpr:+(\w+):", listed, re.MULTILINE)[1]

    def revoke(self, fingerprint: str) -> None:
        """By the certificate that was made with the key."""
        path = self.home / "openpgp-revocs.d" / f"{fingerprint}.rev"
        self.run("--import", stdin=path.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))

    def replace(self, fingerprint: str, *, at: str) -> None:
        """Revokes it because another key takes its place."""
        options = ["--no-batch", "--no-tty", "--command-fd", "0", "--passphrase", "", "--armor"]
        options += ["--faked-system-time", at, "--gen-revoke", fingerprint]
        self.run("--import", stdin=self.run(*options, stdin=b"y\n2\n\ny\n"))

    def public(self, name: str) -> str:
        return self.run("--armor", "--export", name).decode()

    def private(self, name: str, passphrase: str) -> str:
        return self.run(
            "--passphrase", passphrase, "--armor", "--export-secret-keys", name
        ).decode()

    def take(self, armored: str) -> str:
        """Imports a key; its fingerprint."""
        shown = self.run("--with-colons", "--show-keys", stdin=armored.encode()).decode()
        self.run("--import", stdin=armored.encode())
        return re.search(r"^fpr:+(\w+):", shown, re.MULTILINE)[1]

    def unlocks(self, private: str, passphrase: str) -> bool:
        """Whether the passphrase opens this private key, tried in a home of its own."""
        other = GnuPG(self.home.parent)
        try:
            fingerprint = other.take(private)
            options = ["--passphrase", passphrase, "--local-user", fingerprint, "--detach-sign"]
            other.run(*options, stdin=b"x")
        except subprocess.CalledProcessError:
            return False
        finally:
            other.close()
        return True

    def run(self, *options: str, stdin: bytes = b"") -> bytes:
        command = [self._program, "--homedir", str(self.home), "--batch", "--yes", "--quiet"]
        command += ["--pinentry-mode", "loopback", "--trust-model", "always", *options]
        return subprocess.run(
            command, input=stdin, capture_output=True, check=True,
            timeout=60,
        ).stdout  # fmt: skip
