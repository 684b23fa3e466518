"""OpenSMTPD as a submission server on loopback, unpacked beside Postfix, delivering to Dovecot."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from start.child import StartError, end, spawn, wait_until_answers
from start.packages import OPENSMTPD, OPENSMTPD_SUITE
from start.unpack import file_in, unpack
from tests.lab.authority import Certificate
from tests.lab.dovecot import Dovecot
from tests.lab.passwd import crypted
from tests.lab.place import free_port, runtime_folder

_CONFIGURATION = """
smtp max-message-size "{message_size_limit}"
pki lab cert "/etc/server.pem"
pki lab key "/etc/server.key"
table people file:/etc/people
table addresses file:/etc/addresses
listen on 127.0.0.1 port {submissions} smtps pki lab auth <people> {masked}
listen on 127.0.0.1 port {submission} tls-require pki lab auth <people> {masked}
action "deliver" relay host "lmtp://127.0.0.1:{lmtp}"
match auth from any for rcpt-to <addresses> action "deliver"
"""


@dataclass(slots=True)
class Opensmtpd:
    """A running OpenSMTPD; ``ports`` has ``submission`` (587) and ``submissions`` (465)."""

    run: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.run / "out.log"

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
        shutil.rmtree(self.run, ignore_errors=True)


def start_opensmtpd(
    dovecot: Dovecot,
    certificate: Certificate,
    *,
    message_size_limit: int = 60_000_000,
    hidden: Collection[str] = (),
) -> Opensmtpd:
    """Start OpenSMTPD for Dovecot's users; StartError when it cannot be had.  Root only.

    Its folders are built into it, so it gets a root directory of its own, with nothing there
    but what it needs.  It has no SMTPUTF8; of its extensions only ``dsn`` can be ``hidden``.
    """
    unpacked = unpack(OPENSMTPD, suite=OPENSMTPD_SUITE)
    if os.geteuid() != 0:
        raise StartError("OpenSMTPD can only be started by root: its processes change their user.")
    chosen = {name: free_port() for name in ("submission", "submissions")}
    server = Opensmtpd(runtime_folder("opensmtpd"), chosen)
    try:
        _copy_program(unpacked, server.run)
        _write_files(server, dovecot, certificate)
        (server.run / "etc/smtpd.conf").write_text(
            _CONFIGURATION.format(
                message_size_limit=message_size_limit,
                masked="no-dsn" if "dsn" in hidden else "",
                lmtp=dovecot.ports["lmtp"],
                **chosen,
            )
        )
        server.process = spawn(["chroot", server.run, "/usr/sbin/smtpd", "-d"], log=server.log)
        for port in chosen.values():
            wait_until_answers(server.process, port, name="OpenSMTPD", log=server.log)
    except BaseException:
        server.stop()
        raise
    return server


def _copy_program(unpacked: Path, root: Path) -> None:
    """With its libraries, the C library among them."""
    (root / "usr/sbin").mkdir(parents=True)
    shutil.copy(file_in(unpacked, "sbin/smtpd"), root / "usr/sbin/smtpd")
    for name in ("lib", "lib64"):
        if (unpacked / "usr" / name).exists():
            shutil.copytree(unpacked / "usr" / name, root / "usr" / name, symlinks=True)
            (root / name).symlink_to(f"usr/{name}")


def _write_files(server: Opensmtpd, dovecot: Dovecot, certificate: Certificate) -> None:
    root = server.run
    for folder in ("etc", "dev", "tmp", "var/run", "var/spool", "var/lib/opensmtpd/empty"):
        (root / folder).mkdir(parents=True)
    os.mknod(root / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    (root / "dev/null").chmod(0o666)
    shutil.copy(certificate.certificate, root / "etc/server.pem")
    # Whom it would trust as a client; it does not start without such a file.
    (root / "etc/ssl/certs").mkdir(parents=True)
    shutil.copy(certificate.certificate, root / "etc/ssl/certs/ca-certificates.crt")
    shutil.copy(certificate.key, root / "etc/server.key")
    people = [f"{address} {crypted(word)}\n" for address, word in dovecot.users.items()]
    (root / "etc/people").write_text("".join(people))
    (root / "etc/addresses").write_text("".join(f"{address}\n" for address in dovecot.users))
    users = {"root": "root", "opensmtpd": "nobody", "opensmtpq": "daemon"}
    entries = {name: pwd.getpwnam(known) for name, known in users.items()}
    (root / "etc/passwd").write_text(
        "".join(f"{n}:x:{e.pw_uid}:{e.pw_gid}::/:/bin/false\n" for n, e in entries.items())
    )
    (root / "etc/group").write_text("".join(f"{n}:x:{e.pw_gid}:\n" for n, e in entries.items()))
