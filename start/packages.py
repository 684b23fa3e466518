"""Debian packages that a start may need: found missing, or installed when we are root."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from start.child import StartError
from start.unpack import unpack

POLICY = Path("/usr/sbin/policy-rc.d")
DOVECOT = (
    "dovecot-imapd",
    "dovecot-pop3d",
    "dovecot-lmtpd",
    "dovecot-sieve",
    "dovecot-managesieved",
)
TESTS = (
    *DOVECOT,
    *("postfix", "redis-server", "postgresql", "chromium", "perl", "gnupg"),
    *("strace", "libfaketime"),
    *("fonts-inter", "fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"),
)
# Unpacked only (start/unpack.py): dpkg would remove Postfix for it.  The wrapper lends Exim
# the user it looks for.
EXIM = ("exim4-daemon-light", "libnss-wrapper")
# Unpacked only, for the same reason; Debian 13's, as Debian 12's cannot do TLS: 6.8.0p2 does
# not go with OpenSSL 3 (OpenSMTPD/OpenSMTPD#1171).
OPENSMTPD, OPENSMTPD_SUITE = ("opensmtpd",), "trixie"
# Unpacked only too: dpkg would remove Dovecot for the first two, and start all three.
CYRUS = (
    *("cyrus-imapd", "cyrus-common", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db"),
    "libeatmydata1",
)
COURIER = (
    *("courier-imap", "courier-base", "courier-authlib", "courier-authdaemon"),
    *("courier-authlib-userdb", "libfakechroot", "gamin"),
)
MAILUTILS = ("mailutils-imap4d", "mailutils-common")
# Perl's way to read a message, to compare ours with; it would bring many modules along.
MIME_PARSER = ("libmime-tools-perl", "libemail-address-xs-perl")
UNPACKED = (EXIM, MIME_PARSER, CYRUS, COURIER, MAILUTILS)


def missing_packages(packages: Sequence[str]) -> list[str]:
    """Those of ``packages`` that dpkg does not call installed, in their order."""
    if shutil.which("dpkg-query") is None:
        return list(packages)
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {
        line.split()[0] for line in asked.stdout.splitlines() if line.endswith(" installed")
    }
    return [package for package in packages if package not in installed]


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_packages(packages: Sequence[str], *, log: Path) -> bool:
    """Install by apt, no recommended ones, and start none of their services; False if it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "-y", "-q"]
    install = [*apt, "install", "--no-install-recommends", *packages]
    with log.open("ab") as output, _no_service_starts():
        for command in (install, [*apt, "update"], install):
            done = subprocess.run(
                command, env=environment, stdout=output, stderr=output, check=False
            )
            if done.returncode == 0 and command is install:
                return True
    return False


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian starts a server as soon as it is installed; ours must not listen to the world."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def main() -> int:
    """What `make test` needs: there, or installed and unpacked now, or named."""
    try:
        _install_for_tests()
        for packages in UNPACKED:
            unpack(packages)
        unpack(OPENSMTPD, suite=OPENSMTPD_SUITE)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _install_for_tests() -> None:
    missing = missing_packages(TESTS)
    if not missing:
        return
    if not can_install():
        raise StartError(
            "The tests need real servers.  As root: apt-get install --no-install-recommends "
            + " ".join(missing)
        )
    print(f"Installing {' '.join(missing)}…", flush=True)
    log = Path(__file__).resolve().parent.parent / "var" / "apt.log"
    log.parent.mkdir(exist_ok=True)
    if not install_packages(missing, log=log):
        raise StartError(f"apt-get could not install them; see {log}.")


if __name__ == "__main__":
    sys.exit(main())
