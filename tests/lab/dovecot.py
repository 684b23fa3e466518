"""Dovecot 2.3 on loopback with its own configuration, users and Maildirs."""

import base64
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from start.child import end, spawn, wait_until_answers
from tests.lab.authority import Certificate
from tests.lab.place import RunAs, free_port, get_program, mail_folder, run_as, runtime_folder

SPECIAL_USE = ("Drafts", "Sent", "Archive", "Junk", "Trash")
SERVICES = ("imap", "imaps", "pop3", "pop3s", "lmtp", "sieve")

_CONFIGURATION = """
base_dir = {run}/base
state_dir = {run}/state
instance_name = hearth-lab
log_path = {run}/dovecot.log
protocols = imap pop3 lmtp sieve
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_process_limit = 400
default_client_limit = 6000
first_valid_uid = 1
first_valid_gid = 1

ssl = yes
ssl_cert = <{run}/server.pem
ssl_key = <{run}/server.key
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
auth_mechanisms = plain login{token_mechanisms}
auth_username_format = %Lu
# Empty: any character, for addresses beyond ASCII.
auth_username_chars =
# A wrong password answers at once: tests ask for it often.
auth_failure_delay = 0

mail_home = {mail}/%u
mail_location = maildir:~/Maildir{layout}
mail_plugins = {quota_plugin}
mail_max_userip_connections = {connections}
mailbox_list_index = yes
maildir_very_dirty_syncs = no
# The demo's mail can be made again; waiting for the disk at each message cannot be afforded.
mail_fsync = never
lmtp_save_to_detail_mailbox = no
recipient_delimiter = +
submission_host = 127.0.0.1:1

{token_passdb}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {run}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {run}/users
}}

namespace inbox {{
  inbox = yes
  separator = /
{mailboxes}
}}

service anvil {{
  chroot =
  # Else one wrong password makes everybody at 127.0.0.1 wait for seconds.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
# Hundreds of people at once, each with a session that waits for a page and one that is watched.
service imap {{
  process_limit = 4000
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  service_count = 0
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service managesieve-login {{
  chroot =
  inet_listener sieve {{
    port = {sieve}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  unix_listener {run}/auth-submission {{
    mode = 0666
  }}
}}
service stats {{
  chroot =
}}
service ipc {{
  chroot =
}}

protocol imap {{
  mail_plugins = {quota_plugin} {imap_quota_plugin} imap_zlib
}}
protocol lmtp {{
  mail_plugins = {quota_plugin} sieve
  postmaster_address = postmaster@localhost
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
{quota}
}}
"""


# Dovecot asks about each token (RFC 7662) and believes what it is told of whose it is.
_TOKEN_PASSDB = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {run}/oauth2.conf
}}
"""
_TOKENS = """
introspection_mode = post
introspection_url = {url}
username_attribute = username
username_format = %Lu
active_attribute = active
active_value = true
timeout_msecs = 5000
"""


@dataclass(slots=True)
class Dovecot:
    """A running Dovecot.  ``ports`` has one loopback port for each of SERVICES."""

    run: Path
    mail: Path
    owner: RunAs
    ports: dict[str, int]
    users: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def auth_socket(self) -> Path:
        """Where a submission server asks about passwords (Dovecot's auth protocol)."""
        return self.run / "auth-submission"

    @property
    def log(self) -> Path:
        return self.run / "dovecot.log"

    def home(self, address: str) -> Path:
        return self.mail / address

    def add_user(self, address: str, password: str) -> None:
        """Let ``address`` sign in from now on; Dovecot looks at its user file once a second."""
        self.users[address] = password
        self._write_users()
        time.sleep(1.05 - time.time() % 1)

    def restart(self) -> None:
        """Ends every session; the mail, the users and the ports are the same afterwards."""
        if self.process is not None:
            end(self.process)
        self.launch()

    def launch(self) -> None:
        program = get_program("dovecot")
        command = [*self.owner.words, program, "-F", "-c", self.run / "dovecot.conf"]
        self.process = spawn(command, log=self.run / "out.log")
        for service in ("imaps", "lmtp"):
            wait_until_answers(
                self.process, self.ports[service], name="Dovecot", log=self.run / "out.log"
            )

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
        shutil.rmtree(self.run, ignore_errors=True)

    def _write_users(self) -> None:
        users = self.run / "users"
        fresh = users.with_suffix(".new")
        lines = [_user_line(name, secret, self.owner) for name, secret in self.users.items()]
        fresh.write_text("".join(lines))
        fresh.chmod(0o600)
        self.owner.owns(fresh)
        fresh.rename(users)


def start_dovecot(
    folder: Path,
    users: Mapping[str, str],
    certificate: Certificate,
    *,
    ports: Mapping[str, int] | None = None,
    quota_kib: int | None = None,
    connections: int = 1000,
    introspection_url: str = "",
) -> Dovecot:
    """Start Dovecot with its Maildirs in ``folder/mail`` and sign-ins ``users``.

    ``ports`` fixes the ports of some of SERVICES; the others are free ones.  ``connections``
    is how many a person may have.  With ``introspection_url`` it also takes OAuth tokens.
    """
    get_program("dovecot")
    mail = mail_folder(folder)
    run = runtime_folder("dovecot")
    server = Dovecot(run, mail, run_as(), _all_ports(ports or {}), dict(users))
    try:
        configuration = _configuration(server, quota_kib, connections, introspection_url)
        _write_files(server, certificate, configuration, introspection_url)
        server.launch()
    except BaseException:
        server.stop()
        raise
    return server


def _all_ports(given: Mapping[str, int]) -> dict[str, int]:
    return {service: given.get(service) or free_port() for service in SERVICES}


def _write_files(
    server: Dovecot, certificate: Certificate, configuration: str, introspection_url: str
) -> None:
    run = server.run
    for name in ("base", "state"):
        (run / name).mkdir()
    shutil.copy(certificate.certificate, run / "server.pem")
    shutil.copy(certificate.key, run / "server.key")
    (run / "dovecot.conf").write_text(configuration)
    (run / "oauth2.conf").write_text(_TOKENS.format(url=introspection_url))
    (run / "out.log").touch()
    server.owner.owns(run, server.mail, *run.iterdir())
    server._write_users()


def _configuration(
    server: Dovecot, quota_kib: int | None, connections: int, introspection_url: str
) -> str:
    limited = quota_kib is not None
    quota = (
        f"  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage={quota_kib}K"
    )
    return _CONFIGURATION.format(
        run=server.run,
        mail=server.mail,
        user=server.owner.user,
        group=server.owner.group,
        connections=connections,
        token_mechanisms=" xoauth2 oauthbearer" if introspection_url else "",
        token_passdb=_TOKEN_PASSDB.format(run=server.run) if introspection_url else "",
        layout=":LAYOUT=fs",
        mailboxes="\n".join(_special_use(name) for name in SPECIAL_USE),
        quota_plugin="quota" if limited else "",
        imap_quota_plugin="imap_quota" if limited else "",
        quota=quota if limited else "",
        **server.ports,
    )


def _special_use(name: str) -> str:
    return f"  mailbox {name} {{\n    auto = subscribe\n    special_use = \\{name}\n  }}"


def _user_line(address: str, password: str, owner: RunAs) -> str:
    # Base64 keeps a colon in a password from ending the field.
    secret = base64.b64encode(password.encode()).decode()
    return f"{address}:{{PLAIN.b64}}{secret}:{owner.uid}:{owner.gid}::::\n"
