"""GNU Mailutils' imap4d on loopback, unpacked, with users of a virtual domain."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from start.packages import MAILUTILS
from start.unpack import unpack
from tests.lab.passwd import crypted
from tests.lab.unpacked import UnpackedServer, copy_programs, make_maildir, place_for

_CONFIGURATION = """
mode daemon;
foreground yes;
max-children 200;
pidfile {run}/imap4d.pid;
logging {{
  syslog no;
}}
tcp-wrappers {{
  enable no;
}}
auth {{
  authorization virtdomain;
  authentication generic;
}}
virtdomain {{
  passwd-dir {run}/domains;
}}
mailbox {{
  mailbox-type maildir;
}}
tls {{
  ssl-certificate-file {run}/server.pem;
  ssl-key-file {run}/server.key;
}}
server 127.0.0.1:{imaps} {{
  tls-mode connection;
}}
server 127.0.0.1:{imap} {{
  tls-mode required;
}}
"""


class Mailutils(UnpackedServer):
    """A running imap4d."""

    def add_users(self, users: Mapping[str, str]) -> None:
        owner = self.owner
        for address, password in users.items():
            name, _, domain = address.partition("@")
            home = self.run / "homes" / address
            home.mkdir()
            owner.owns(home)
            # SELECT would make it, APPEND does not.
            make_maildir(home / "INBOX", owner)
            with (self.run / "domains" / domain).open("a") as passwd:
                passwd.write(f"{name}:{crypted(password)}:{owner.uid}:{owner.gid}::{home}:\n")
        self.users |= users

    def environment(self) -> Mapping[str, Path]:
        return {"LD_LIBRARY_PATH": self.run / "bin"}


def start_mailutils(folder: Path, users: Mapping[str, str]) -> Mailutils:
    """Start imap4d for ``users``; StartError when it cannot be had."""
    unpacked = unpack(MAILUTILS)
    server = Mailutils(*place_for("imap4d", folder))
    run = server.run
    try:
        copy_programs(unpacked, run / "bin", ["imap4d"])
        _write_files(server)
        server.add_users(users)
        files = ("--no-config", f"--config-file={run / 'imap4d.conf'}")
        server.start([run / "bin" / "imap4d", *files], "imap", "imaps")
    except BaseException:
        server.stop()
        raise
    return server


def _write_files(server: Mailutils) -> None:
    run = server.run
    for name in ("domains", "homes"):
        (run / name).mkdir()
    shutil.copy(server.authority.good.certificate, run / "server.pem")
    shutil.copy(server.authority.good.key, run / "server.key")
    (run / "imap4d.conf").write_text(_CONFIGURATION.format(run=run, **server.ports))
    server.owner.owns(run, *run.iterdir())
