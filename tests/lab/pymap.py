"""pymap: an IMAP server with few extensions, Maildirs of its own, from pip alone."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pysasl.hashing import BuiltinHash

from start.child import end, spawn, wait_until_answers
from tests.lab.authority import Authority, make_authority
from tests.lab.place import free_port


@dataclass(slots=True)
class Pymap:
    """A running pymap: IMAP with STARTTLS, and cleartext which loopback may use."""

    folder: Path
    authority: Authority
    port: int
    users: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        return self.authority.ca_file

    @property
    def imap_url(self) -> str:
        return f"imap://127.0.0.1:{self.port}"

    @property
    def imap_starttls_url(self) -> str:
        return f"imap+starttls://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)


def start_pymap(folder: Path, users: Mapping[str, str], *, port: int | None = None) -> Pymap:
    """Start pymap with its Maildirs in ``folder/pymap`` and sign-ins ``users``."""
    authority = make_authority(folder / "tls")
    base = folder / "pymap"
    base.mkdir(parents=True, exist_ok=True)
    _write_users(base, users)
    server = Pymap(folder, authority, port or free_port(), dict(users))
    good, log = authority.good, folder / "pymap.log"
    command = [
        *(sys.executable, "-c", "from pymap.main import main; main()"),
        *("--host", "127.0.0.1", "--port", str(server.port)),
        *("--cert", good.certificate, "--key", good.key, "maildir", base),
    ]
    server.process = spawn(command, log=log)
    try:
        wait_until_answers(server.process, server.port, name="pymap", log=log)
    except BaseException:
        server.stop()
        raise
    return server


def _write_users(base: Path, users: Mapping[str, str]) -> None:
    # One round: these passwords are printed on the screen, and each command would wait for it.
    secret_hash = BuiltinHash(rounds=1)
    people = [f"{name}:x::::{name}:\r\n" for name in users]
    secrets = [f"{name}:{secret_hash.hash(word)}\r\n" for name, word in users.items()]
    (base / "pymap-etc-passwd").write_text("".join(people))
    (base / "pymap-etc-shadow").write_text("".join(secrets))
