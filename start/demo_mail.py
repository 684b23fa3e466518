"""The demo's mail server on loopback: Dovecot and Postfix, or what pip alone can give."""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from start.maildir import dovecot_layout, pymap_layout, write_maildirs
from start.packages import DOVECOT, can_install, install_packages, missing_packages
from start.seed import MAILBOXES, PEOPLE, seed_messages
from tests.lab import start as start_lab
from tests.lab.authority import make_authority
from tests.lab.msa import start_plain_msa
from tests.lab.place import find_program, free_port, mail_folder, run_as
from tests.lab.pymap import start_pymap

PASSWORD = "demo"  # noqa: S105  (printed on the screen; the server listens on loopback)
# Where people look first; the ports of a first start are kept for the next ones.
PORTS = {
    "imap": 18143,
    "imaps": 18993,
    "pop3": 18110,
    "pop3s": 18995,
    "lmtp": 18024,
    "sieve": 18190,
    "submission": 18587,
    "submissions": 18465,
}
POSSIBLE_DOVECOTS = ("/usr/lib/dovecot/imap", "/usr/lib/dovecot/pop3", "/usr/lib/dovecot/lmtp")


@dataclass(frozen=True, slots=True)
class DemoMail:
    """A running mail server, as the settings want it."""

    name: str
    imap_url: str
    submission_url: str
    ca_file: Path
    stop: Callable[[], None]

    def settings(self) -> dict[str, str]:
        return {
            "WEBMAIL_IMAP": self.imap_url,
            "WEBMAIL_SUBMISSION": self.submission_url,
            "WEBMAIL_CA_FILE": str(self.ca_file),
            "WEBMAIL_AUTHSERV_ID": "mx.hearth.example",
        }


def people() -> dict[str, str]:
    """The demo's sign-ins: address and password."""
    return {person.address: PASSWORD for person in PEOPLE}


def start_demo_mail(folder: Path, say: Callable[[str], None] = print) -> DemoMail:
    """Start the server with its mail in ``folder``, which is filled when it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    if _has_dovecot(folder, say):
        return _start_dovecot(folder, say)
    return _start_pymap(folder, say)


def _has_dovecot(folder: Path, say: Callable[[str], None]) -> bool:
    if find_program("dovecot") and all(Path(name).exists() for name in POSSIBLE_DOVECOTS):
        return True
    if not can_install() or (folder / "pymap").exists():
        return False
    say("Installing Dovecot for the demo mail server (its own service is not started)…")
    installed = install_packages(missing_packages(DOVECOT), log=folder / "apt.log")
    if not installed:
        say(f"Dovecot could not be installed ({folder / 'apt.log'}); pymap takes its place.")
    return installed


def _start_dovecot(folder: Path, say: Callable[[str], None]) -> DemoMail:
    if not (folder / "filled").exists():
        _fill(folder, mail_folder(folder), say)
    lab = start_lab(folder, people(), ports=_ports(folder))
    name = f"Dovecot and {'Postfix' if lab.has_postfix else 'aiosmtpd'}"
    return DemoMail(name, lab.imaps_url, lab.submissions_url, lab.ca_file, lab.stop)


def _start_pymap(folder: Path, say: Callable[[str], None]) -> DemoMail:
    ports = _ports(folder)
    if not (folder / "filled").exists():
        roots = {address: folder / "pymap" / address for address in people()}
        _write(roots, say, pymap_layout)
        (folder / "filled").touch()
    server = start_pymap(folder, people(), port=ports["imap"])
    try:
        authority = make_authority(folder / "tls")
        msa = start_plain_msa(
            folder, people(), authority.good, imap_port=ports["imap"], ports=ports
        )
    except BaseException:
        server.stop()
        raise

    def stop() -> None:
        msa.stop()
        server.stop()

    submission = f"submissions://127.0.0.1:{ports['submissions']}"
    return DemoMail(
        "pymap and aiosmtpd", server.imap_starttls_url, submission, server.ca_file, stop
    )


def _fill(folder: Path, mail: Path, say: Callable[[str], None]) -> None:
    """Write everybody's Maildir and hand it to the mail server's user."""
    for address in people():
        shutil.rmtree(mail / address, ignore_errors=True)
    _write({address: mail / address / "Maildir" for address in people()}, say, dovecot_layout)
    owner = run_as()
    for path in (mail, *mail.rglob("*")) if os.geteuid() == 0 else ():
        owner.owns(path)
    (folder / "filled").touch()


def _write(
    roots: dict[str, Path], say: Callable[[str], None], layout: Callable[[Path, str], Path]
) -> None:
    started = time.monotonic()
    messages = list(seed_messages(datetime.now(UTC)))
    write_maildirs(roots, messages, MAILBOXES, layout)
    say(f"Wrote {len(messages):,} demo messages in {time.monotonic() - started:.1f} s.")


def _ports(folder: Path) -> dict[str, int]:
    """The ports of the first start, others for those that something else has taken."""
    kept = folder / "ports.json"
    wanted = json.loads(kept.read_text()) if kept.exists() else PORTS
    ports = {name: port if _is_free(port) else free_port() for name, port in wanted.items()}
    kept.write_text(json.dumps(ports))
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
