"""Where servers keep their files, which ports they take, and as whom they run."""

import grp
import os
import pwd
import random
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from start.child import StartError

_PACKAGES = {
    "dovecot": "dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-sieve dovecot-managesieved",
    "postfix": "postfix",
    "redis-server": "redis-server",
    "postgres": "postgresql",
    "chromium": "chromium",
}
_LINK = ".linked-from"
_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")


def find_program(name: str) -> Path | None:
    """The program's path; system folders count even when PATH leaves them out."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_FOLDERS))
    return Path(found) if found else None


def get_program(name: str) -> Path:
    """The program's path, or a sentence that names its Debian package."""
    found = find_program(name)
    if found is None:
        raise StartError(
            f"{name} is not installed.  As root: apt-get install --no-install-recommends "
            f"{_PACKAGES.get(name, name)}"
        )
    return found


def free_port() -> int:
    """A loopback port that nothing listens on now.

    Below 32768, where the kernel does not pick ports for outgoing connections, so that a
    client cannot take it between this look and the server's bind; never the same twice, and
    never one of a test process beside this one.
    """
    for _attempt in range(200):
        port = random.choice(_ports())
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise StartError("No free port between 20000 and 32000 on 127.0.0.1.")


_given: set[int] = set()


def _ports() -> range:
    """One stretch for each process of pytest-xdist, the last for all others."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw2").removeprefix("gw")
    first = 20_000 + 4_000 * (int(number) % 3)
    return range(first, first + 4_000)


def runtime_folder(name: str) -> Path:
    """A short-lived folder for sockets, which others may enter.

    Its path is short because a unix socket's path ends at 108 characters (unix(7)), and a
    test's own folder is longer.  The caller removes it; those of killed callers go here.
    """
    for left in Path("/tmp").glob("hearth-*-pid*-*"):
        owner = left.name.rpartition("-pid")[2].partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"hearth-{name}-pid{os.getpid()}-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def mail_folder(folder: Path) -> Path:
    """``folder/mail``, where the mail server's user can reach it.

    That user is not root.  Where root's own folders are closed to it, the mail lies in a
    folder of /var/tmp and ``folder/mail`` is a link there: access(2) looks at the user
    alone, so no capability would help.
    """
    mail = folder / "mail"
    if mail.exists():
        return mail.resolve()
    if os.geteuid() != 0 or _is_open_to_all(folder):
        mail.mkdir(parents=True)
        return mail.resolve()
    _remove_forgotten_mail()
    elsewhere = Path(tempfile.mkdtemp(prefix="hearth-mail-", dir="/var/tmp"))
    (elsewhere / _LINK).write_text(str(mail.absolute()))
    mail.unlink(missing_ok=True)
    mail.symlink_to(elsewhere)
    return elsewhere


def _remove_forgotten_mail() -> None:
    """Remove mail whose link is gone: its folder was deleted without `remove_mail`."""
    for note in Path("/var/tmp").glob(f"hearth-mail-*/{_LINK}"):
        if Path(note.read_text()).resolve() != note.parent:
            shutil.rmtree(note.parent, ignore_errors=True)


def remove_mail(folder: Path) -> None:
    """Remove ``folder`` and its mail, wherever that lies."""
    mail = folder / "mail"
    if mail.is_symlink():
        shutil.rmtree(mail.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class RunAs:
    """The user that mail servers run as: ourselves, or nobody when we are root.

    Dovecot refuses to touch mail as root.  ``words`` come before a command.
    """

    user: str
    group: str
    uid: int
    gid: int
    words: tuple[str, ...]

    def owns(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, self.uid, self.gid)


def run_as() -> RunAs:
    """As whom to run a mail server."""
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return RunAs(entry.pw_name, _group_name(entry), entry.pw_uid, entry.pw_gid, ())
    entry = pwd.getpwnam("nobody")
    words = (
        *("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"),
        # Changing the user forgets the death signal that `spawn` asked for.
        *("--pdeathsig", "TERM"),
    )
    return RunAs("nobody", _group_name(entry), entry.pw_uid, entry.pw_gid, words)


def _group_name(entry: pwd.struct_passwd) -> str:
    return grp.getgrgid(entry.pw_gid).gr_name


def _is_open_to_all(folder: Path) -> bool:
    ancestors = (folder.resolve(), *folder.resolve().parents)
    return all(ancestor.stat().st_mode & 0o001 for ancestor in ancestors)
