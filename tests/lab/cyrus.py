"""Cyrus IMAPd on loopback, unpacked beside Dovecot, with sasldb's users and its own spool."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from start.packages import CYRUS
from start.unpack import file_in, unpack
from tests.lab.unpacked import UnpackedServer, copy_programs, place_for

PROGRAMS = ("cyrmaster", "imapd", "ctl_cyrusdb", "idled", "saslpasswd2", "libeatmydata.so")

_IMAPD = """
cyrus_user: {user}
configdirectory: {run}/config
partition-default: {run}/spool
proc_path: {run}/proc
mboxname_lockpath: {run}/lock
idlesocket: {run}/idle
tls_server_cert: {run}/server.pem
tls_server_key: {run}/server.key
# The sessions of TLS would be kept in a database that the children share.
tls_session_timeout: 0
allowplaintext: no
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_mech_list: PLAIN
sasl_sasldb_path: {run}/sasldb
servername: localhost
virtdomains: userid
defaultdomain: localhost
altnamespace: yes
unixhierarchysep: yes
autocreate_quota: 0
autocreate_inbox_folders: Drafts | Sent | Archive | Junk | Trash
autocreate_subscribe_folders: Drafts | Sent | Archive | Junk | Trash
xlist-drafts: Drafts
xlist-sent: Sent
xlist-archive: Archive
xlist-junk: Junk
xlist-trash: Trash
# Once in a while it takes a mailbox of no use for one that it protects from being deleted.
specialuse_protect: \\Important
conversations: yes
"""

_SERVICES = """
START {{
  recover cmd="{run}/bin/ctl_cyrusdb -C {run}/imapd.conf -r"
}}
DAEMON {{
  idled cmd="{run}/bin/idled -C {run}/imapd.conf"
}}
SERVICES {{
  imaps cmd="{run}/bin/imapd -C {run}/imapd.conf -s" listen="127.0.0.1:{imaps}" prefork=3
  imap cmd="{run}/bin/imapd -C {run}/imapd.conf" listen="127.0.0.1:{imap}" prefork=0
}}
"""


class Cyrus(UnpackedServer):
    """A running Cyrus; a user's mailboxes are made when they first sign in."""

    def add_users(self, users: Mapping[str, str]) -> None:
        for address, password in users.items():
            name, _, domain = address.partition("@")
            command = [self.run / "bin" / "saslpasswd2", "-p", "-c", "-f", self.run / "sasldb"]
            self.do([*command, "-u", domain, name], password)
        self.users |= users

    def environment(self) -> Mapping[str, Path]:
        return {
            "LD_LIBRARY_PATH": self.run / "bin",
            # The mail can be made again; waiting for the disk cannot be afforded.
            "LD_PRELOAD": self.run / "bin" / "libeatmydata.so",
            "SASL_PATH": self.run / "sasl2",
        }


def start_cyrus(folder: Path, users: Mapping[str, str]) -> Cyrus:
    """Start Cyrus for ``users``; StartError when it cannot be had."""
    unpacked = unpack(CYRUS)
    server = Cyrus(*place_for("Cyrus", folder))
    run = server.run
    try:
        copy_programs(unpacked, run / "bin", PROGRAMS)
        _copy_mechanisms(unpacked, run / "sasl2")
        _write_files(server)
        server.add_users(users)
        files = ("-p", run / "master.pid", "-C", run / "imapd.conf", "-M", run / "cyrus.conf")
        server.start([run / "bin" / "cyrmaster", "-D", *files], "imap", "imaps")
    except BaseException:
        server.stop()
        raise
    return server


def _copy_mechanisms(unpacked: Path, target: Path) -> None:
    target.mkdir()
    for name in ("libplain.so", "libsasldb.so"):
        shutil.copy(file_in(unpacked, name), target / name)


def _write_files(server: Cyrus) -> None:
    run = server.run
    for name in ("config", "config/socket", "spool", "proc", "lock"):
        (run / name).mkdir()
    shutil.copy(server.authority.good.certificate, run / "server.pem")
    shutil.copy(server.authority.good.key, run / "server.key")
    (run / "imapd.conf").write_text(_IMAPD.format(run=run, user=server.owner.user))
    (run / "cyrus.conf").write_text(_SERVICES.format(run=run, **server.ports))
    server.owner.owns(run, run / "config/socket", *run.iterdir())
