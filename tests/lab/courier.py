"""Courier-IMAP on loopback, unpacked beside Dovecot, with userdb's users and their Maildirs."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from start.packages import COURIER
from start.unpack import file_in, unpack
from tests.lab.passwd import crypted
from tests.lab.unpacked import UnpackedServer, copy_programs, make_maildir, place_for

PROGRAMS = (
    *("couriertcpd", "couriertls", "imaplogin", "usr/bin/imapd", "maildirmake.courier"),
    *("courier-authlib/authdaemond", "courier-authlib/makedatprog"),
    *("gam_server", "libfakechroot.so", "libauthuserdb.so.0"),
)
# Debian's settings, then ours.
_SETTINGS = """
set -a
. {run}/root/etc/courier/imapd
. {run}/root/etc/courier/imapd-ssl
COURIERTLS={run}/bin/couriertls
TLS_CERTFILE={run}/server.pem
TLS_DHPARAMS=
TLS_TRUSTCERTS=
TLS_CACHEFILE=
"""
_AUTHDAEMON = """
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=2
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
"""
_TCPD = (
    "{bin}/couriertcpd -address=127.0.0.1 -maxprocs=200 -maxperip=200 -nodnslookup -noidentlookup"
)
_LOGIN = "{bin}/imaplogin {bin}/imapd Maildir"
_COMMANDS = {
    # Where it is not there, each session looks for it for a second.
    "gamin": "exec {bin}/gam_server --notimeout $GAM_CLIENT_ID",
    "authdaemond": "exec {bin}/authdaemond",
    "imap": f"IMAP_STARTTLS=YES; IMAP_TLS_REQUIRED=1; exec {_TCPD} {{imap}} {_LOGIN}",
    "imaps": f"IMAP_TLS=1; exec {_TCPD} {{imaps}} {{bin}}/couriertls -server -tcpd {_LOGIN}",
}


class Courier(UnpackedServer):
    """A running Courier-IMAP."""

    def add_users(self, users: Mapping[str, str]) -> None:
        self.users |= users
        facts, secrets = [], []
        for address, password in self.users.items():
            home = self.run / "homes" / address
            if not home.exists():
                home.mkdir()
                self.owner.owns(home)
                make_maildir(home / "Maildir", self.owner)
            facts.append(f"{address}\tuid={self.owner.uid}|gid={self.owner.gid}|home={home}\n")
            secrets.append(f"{address}\timappw={crypted(password)}\n")
        self._write_database("userdb", facts)
        self._write_database("userdbshadow", secrets)

    def environment(self) -> Mapping[str, Path | str]:
        """/etc/courier and /run/courier are built into Courier; fakechroot gives it its own."""
        return {
            "FAKECHROOT": "true",
            "FAKECHROOT_BASE": self.run / "root",
            "FAKECHROOT_EXCLUDE_PATH": "/bin:/dev:/lib:/lib64:/proc:/sbin:/sys:/tmp:/usr:/var",
            "GAM_CLIENT_ID": self.run.name,
            "LD_LIBRARY_PATH": self.run / "bin",
            "LD_PRELOAD": self.run / "bin" / "libfakechroot.so",
        }

    def _write_database(self, name: str, lines: list[str]) -> None:
        database = self.run / "root" / "etc" / "courier" / name
        command = [self.run / "bin" / "makedatprog", "-", f"{database}.tmp", f"{database}.dat"]
        self.do(command, "".join([*lines, ".\n"]))


def start_courier(folder: Path, users: Mapping[str, str]) -> Courier:
    """Start Courier for ``users``; StartError when it cannot be had."""
    unpacked = unpack(COURIER)
    server = Courier(*place_for("Courier", folder))
    run = server.run
    try:
        copy_programs(unpacked, run / "bin", PROGRAMS)
        _write_files(server, unpacked)
        server.add_users(users)
        for service, command in _COMMANDS.items():
            script = (_SETTINGS + command).format(run=run, bin=run / "bin", **server.ports)
            server.start(["sh", "-c", script], *(s for s in [service] if s in server.ports))
    except BaseException:
        server.stop()
        raise
    return server


def _write_files(server: Courier, unpacked: Path) -> None:
    run = server.run
    settings, sockets = run / "root/etc/courier", run / "root/run/courier/authdaemon"
    for folder in (settings, sockets, run / "homes"):
        folder.mkdir(parents=True)
    for name in ("passwd", "group", "nsswitch.conf"):
        shutil.copy(Path("/etc", name), run / "root/etc" / name)
    with (run / "root/etc/passwd").open("a") as passwd:
        # The user that Debian's couriertls wants to become.
        passwd.write(f"courier:x:{server.owner.uid}:{server.owner.gid}::/:/bin/false\n")
    for name in ("imapd", "imapd-ssl"):
        shutil.copy(file_in(unpacked, f"etc/courier/{name}"), settings / name)
    (settings / "authdaemonrc").write_text(_AUTHDAEMON)
    good = server.authority.good
    # couriertls wants both in one file.
    (run / "server.pem").write_bytes(good.key.read_bytes() + good.certificate.read_bytes())
    (run / "server.pem").chmod(0o600)
    server.owner.owns(settings, sockets, run, *run.iterdir())
