"""Exim as a submission server on loopback, unpacked beside Postfix, delivering to Dovecot."""

import shutil
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from start.child import end, spawn, wait_until_answers
from start.packages import EXIM
from start.unpack import file_in, unpack
from tests.lab.authority import Certificate
from tests.lab.dovecot import Dovecot
from tests.lab.place import free_port, runtime_folder

_CONFIGURATION = r"""
exim_path = {run}/bin/exim4
keep_environment = LD_PRELOAD : LD_LIBRARY_PATH : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
exim_user = {uid}
exim_group = {gid}
spool_directory = {run}/spool
log_file_path = {run}/%slog
pid_file_path = {run}/exim.pid
primary_hostname = localhost
disable_ipv6 = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = {submission} : {submissions}
tls_on_connect_ports = {submissions}
tls_advertise_hosts = *
tls_certificate = {run}/server.pem
tls_privatekey = {run}/server.key
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}}}
message_size_limit = {message_size_limit}
accept_8bitmime = {accept_8bitmime}
smtputf8_advertise_hosts = {smtputf8}
dsn_advertise_hosts = {dsn}
acl_smtp_mail = check_sender
acl_smtp_rcpt = check_recipient
acl_smtp_data = accept
# Nothing to look up: neither names nor idents.
host_lookup =
rfc1413_hosts =
dns_ipv4_lookup =

begin acl
check_sender:
  require
    message = sign in first
    authenticated = *
  # What Exim's own default configuration does for people who signed in.
  accept
    control = submission/domain=
check_recipient:
  require
    message = No such user here
    verify = recipient
  accept

begin routers
people:
  driver = manualroute
  condition = ${{lookup{{$local_part@$domain}}lsearch{{{run}/users}}{{yes}}{{no}}}}
  route_list = * 127.0.0.1
  self = send
  transport = {transport}

begin transports
dovecot:
  driver = smtp
  protocol = lmtp
  port = {lmtp}
  hosts_avoid_tls = *
  hosts_try_dane =
maildir:
  driver = appendfile
  directory = ${{lookup{{$local_part@$domain}}lsearch{{{run}/homes}}{{$value/Maildir}}fail}}
  maildir_format
  user = {uid}
  group = {gid}

begin retry
* * F,1m,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq {{$auth3}} \
    {{${{lookup{{$auth2}}lsearch{{{run}/users}}{{$value}}fail}}}} }}
  server_set_id = $auth2
"""


@dataclass(slots=True)
class Exim:
    """A running Exim; ``ports`` has ``submission`` (587) and ``submissions`` (465)."""

    run: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.run / "mainlog"

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
        shutil.rmtree(self.run, ignore_errors=True)


def start_exim(
    dovecot: Dovecot,
    certificate: Certificate,
    *,
    message_size_limit: int = 60_000_000,
    hidden: Collection[str] = (),
) -> Exim:
    """Start Exim for Dovecot's users, as Dovecot's user; StartError when it cannot be had.

    ``hidden`` are extensions that EHLO does not name (``smtputf8``, ``8bitmime``, ``dsn``).
    """
    unpacked = unpack(EXIM)
    chosen = {name: free_port() for name in ("submission", "submissions")}
    server = Exim(runtime_folder("exim"), chosen)
    try:
        _copy_program(unpacked, server.run)
        _write_files(server, dovecot, certificate, message_size_limit, hidden)
        command = [server.run / "bin/exim4", "-C", server.run / "exim.conf", "-bdf"]
        server.process = spawn(
            [*dovecot.owner.words, "env", *_environment(server.run), *command],
            log=server.run / "out.log",
        )
        for port in chosen.values():
            wait_until_answers(server.process, port, name="Exim", log=server.run / "out.log")
    except BaseException:
        server.stop()
        raise
    return server


def _copy_program(unpacked: Path, run: Path) -> None:
    """To where the server's user may go, which the checkout may not be."""
    (run / "bin").mkdir()
    shutil.copy(file_in(unpacked, "exim4"), run / "bin" / "exim4")
    for library in unpacked.rglob("*.so*"):
        shutil.copy(library, run / "bin" / library.name)


def _write_files(
    server: Exim,
    dovecot: Dovecot,
    certificate: Certificate,
    message_size_limit: int,
    hidden: Collection[str],
) -> None:
    run, owner = server.run, dovecot.owner
    (run / "spool").mkdir()
    shutil.copy(certificate.certificate, run / "server.pem")
    shutil.copy(certificate.key, run / "server.key")
    lines = [f"{address}: {password}\n" for address, password in dovecot.users.items()]
    (run / "users").write_text("".join(lines))
    (run / "users").chmod(0o600)
    homes = [f"{address}: {dovecot.home(address)}\n" for address in dovecot.users]
    (run / "homes").write_text("".join(homes))
    # Debian built the user's name into it, and it does not start without such a user.
    (run / "passwd").write_text(f"Debian-exim:x:{owner.uid}:{owner.gid}::/:/bin/false\n")
    (run / "group").write_text(f"Debian-exim:x:{owner.gid}:\n")
    owner.owns(run, *(path for path in run.iterdir() if path.name != "bin"))
    (run / "exim.conf").write_text(
        _CONFIGURATION.format(
            run=run,
            uid=owner.uid,
            gid=owner.gid,
            lmtp=dovecot.ports["lmtp"],
            message_size_limit=message_size_limit,
            accept_8bitmime="8bitmime" not in hidden,
            smtputf8="" if "smtputf8" in hidden else "*",
            dsn="" if "dsn" in hidden else "*",
            transport=_transport(dovecot),
            **server.ports,
        )
    )


def _transport(dovecot: Dovecot) -> str:
    """Dovecot has no SMTPUTF8 in LMTP: where there is such a user, into the Maildirs."""
    return "dovecot" if all(address.isascii() for address in dovecot.users) else "maildir"


def _environment(run: Path) -> list[str]:
    variables: Mapping[str, Path] = {
        "LD_LIBRARY_PATH": run / "bin",
        "LD_PRELOAD": run / "bin" / "libnss_wrapper.so",
        "NSS_WRAPPER_PASSWD": run / "passwd",
        "NSS_WRAPPER_GROUP": run / "group",
    }
    return [f"{name}={path}" for name, path in variables.items()]
