"""Postfix as a submission server (RFC 6409, RFC 8314) on loopback, beside a lab Dovecot."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from start.child import StartError, end, spawn, wait_until_answers
from tests.lab.authority import Certificate
from tests.lab.dovecot import Dovecot
from tests.lab.place import free_port, get_program, runtime_folder

_QUEUE = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("maildrop", "pid", "private", "public", "saved", "trace"),
)

_MAIN = """
compatibility_level = 3.6
queue_directory = {run}/queue
data_directory = {run}/data
maillog_file = {run}/postfix.log
maillog_file_prefixes = {run}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydomain = hearth.test
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{run}/recipients
virtual_transport = {transport}
virtual_mailbox_base = {mail}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
default_transport = error:5.1.2 this server only delivers to its own domains
smtpd_tls_cert_file = {run}/server.pem
smtpd_tls_key_file = {run}/server.key
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth_socket}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
{bare_newline}
smtpd_peername_lookup = no
smtputf8_enable = yes
strict_smtputf8 = yes
smtpd_discard_ehlo_keywords = {hidden}
recipient_delimiter = +
message_size_limit = {message_size_limit}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
biff = no
in_flow_delay = 0
authorized_flush_users =
authorized_mailq_users =
"""

_MASTER = """
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
127.0.0.1:{submissions} inet n - n - - smtpd
  -o syslog_name=submissions
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
virtual unix - n n - - virtual
"""

# master(8) changes its effective user, which forgets the death signal that `spawn` asked for:
# a shell keeps it and hands it on.
_GUARD = '"$@" & child=$!; trap "kill $child" TERM; wait $child; wait $child'


@dataclass(slots=True)
class Postfix:
    """A running Postfix; ``ports`` has ``submission`` (587) and ``submissions`` (465)."""

    run: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.run / "postfix.log"

    def accept(self, addresses: Mapping[str, str]) -> None:
        """Take mail for these addresses only; a texthash is read once by each process."""
        lines = [f"{address} {address}/Maildir/\n" for address in addresses]
        (self.run / "recipients").write_text("".join(lines))
        _look_old(self.run / "recipients")

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
        shutil.rmtree(self.run, ignore_errors=True)


def start_postfix(
    dovecot: Dovecot,
    certificate: Certificate,
    *,
    ports: Mapping[str, int] | None = None,
    message_size_limit: int = 60_000_000,
    hidden: Collection[str] = (),
) -> Postfix:
    """Start Postfix: sign-in by Dovecot's auth socket, delivery to its LMTP.  Root only.

    ``hidden`` are extensions that EHLO does not name (``smtputf8``, ``8bitmime``, ``dsn``).
    """
    master = get_program("postfix") and Path("/usr/lib/postfix/sbin/master")
    if os.geteuid() != 0:
        raise StartError("Postfix can only be started by root: its processes change their user.")
    names = ("submission", "submissions")
    chosen = {name: (ports or {}).get(name) or free_port() for name in names}
    server = Postfix(runtime_folder("postfix"), chosen)
    try:
        _write_files(server, dovecot, certificate, message_size_limit, hidden)
        # -d keeps it in the foreground, in the process group that `end` will clear.
        command = ["sh", "-c", _GUARD, "sh", master, "-d", "-c", server.run / "conf"]
        server.process = spawn(command, log=server.run / "out.log")
        for port in chosen.values():
            wait_until_answers(server.process, port, name="Postfix", log=server.log)
    except BaseException:
        server.stop()
        raise
    return server


def _write_files(
    server: Postfix,
    dovecot: Dovecot,
    certificate: Certificate,
    message_size_limit: int,
    hidden: Collection[str],
) -> None:
    run = server.run
    _make_folders(run)
    shutil.copy(certificate.certificate, run / "server.pem")
    shutil.copy(certificate.key, run / "server.key")
    server.accept(dovecot.users)
    domains = sorted({address.rpartition("@")[2] for address in dovecot.users})
    (run / "conf" / "main.cf").write_text(
        _MAIN.format(
            run=run,
            domains=", ".join(domains),
            transport=_transport(dovecot),
            mail=dovecot.mail,
            uid=dovecot.owner.uid,
            gid=dovecot.owner.gid,
            auth_socket=dovecot.auth_socket,
            bare_newline=_bare_newline(),
            message_size_limit=message_size_limit,
            hidden=", ".join(hidden),
        )
    )
    (run / "conf" / "master.cf").write_text(_MASTER.format(**server.ports))
    for file in (run / "conf").iterdir():
        _look_old(file)


def _look_old(file: Path) -> None:
    # Postfix waits until a file is some seconds old, lest somebody still writes it.
    os.utime(file, (0, 0))


def _make_folders(run: Path) -> None:
    postfix = pwd.getpwnam("postfix")
    for name in ("conf", "queue", "data", *(f"queue/{name}" for name in _QUEUE)):
        folder = run / name
        folder.mkdir()
        # `pid` belongs to root and `conf` is only read; Postfix owns the rest.
        if name not in ("conf", "queue", "queue/pid"):
            os.chown(folder, postfix.pw_uid, postfix.pw_gid)
            folder.chmod(0o700)
    for name in ("maildrop", "public"):
        (run / "queue" / name).chmod(0o730 if name == "maildrop" else 0o710)


def _transport(dovecot: Dovecot) -> str:
    # Dovecot has no SMTPUTF8 in LMTP, and dovecot-lda refuses such a recipient (2.3.19): there
    # Postfix's own virtual(8) writes into the Maildirs.
    if all(address.isascii() for address in dovecot.users):
        return f"lmtp:inet:127.0.0.1:{dovecot.ports['lmtp']}"
    return "virtual"


def _bare_newline() -> str:
    """``normalize``: a bare LF ends a line but never the message (SMTP smuggling).

    A Postfix older than 3.7.9 does not have the parameter and would warn about it.
    """
    known = subprocess.run(
        ["postconf", "-d", "smtpd_forbid_bare_newline"], capture_output=True, text=True, check=False
    )
    return "smtpd_forbid_bare_newline = normalize" if "= " in known.stdout else ""
