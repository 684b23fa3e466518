"""Redis or Valkey, and PostgreSQL, each on a loopback port with a folder of its own."""

import os
import pwd
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from start.child import StartError, end, spawn, wait_until_answers
from tests.lab.place import find_program, free_port, get_program, remove_mail, runtime_folder


@dataclass(slots=True)
class Server:
    """A running server and the URL that settings take."""

    url: str
    run: Path
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
        remove_mail(self.run)


def start_redis(port: int | None = None) -> Server:
    """A Redis (or Valkey) of our own, nothing of it kept."""
    program = find_program("redis-server") or find_program("valkey-server")
    port, run = port or free_port(), runtime_folder("redis")
    server = Server(f"redis://127.0.0.1:{port}/0", run)
    command = [
        *(program or get_program("redis-server"), "--bind", "127.0.0.1", "--port", str(port)),
        *("--save", "", "--appendonly", "no", "--dir", run),
    ]
    server.process = spawn(command, log=run / "log")
    return _ready(server, port, "Redis")


def start_postgres() -> Server:
    """A PostgreSQL of our own with an empty database ``hearth``, its disk writes not awaited."""
    folder = _postgres_folder()
    port, run = free_port(), runtime_folder("postgres")
    words: tuple[str, ...] = ()
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(run, owner.pw_uid, owner.pw_gid)
        words = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        words = (*words, "--pdeathsig", "INT")
    server = Server(f"postgresql://hearth@127.0.0.1:{port}/hearth", run)
    setup = [*words, folder / "initdb", "-D", run / "db", "-U", "hearth", "-A", "trust", "-N"]
    subprocess.run(
        [*setup, "-E", "UTF8", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL
    )
    server.process = spawn(
        [
            *(*words, folder / "postgres", "-D", run / "db", "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={run}"),
            *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=50"),
        ],
        log=run / "log",
    )
    _ready(server, port, "PostgreSQL")
    # It listens a moment before it takes anybody in.
    is_ready = [folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(100):
        if subprocess.run(is_ready, check=False).returncode == 0:
            break
        time.sleep(0.1)
    create = [folder / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "hearth", "hearth"]
    subprocess.run(create, check=True)
    return server


def _ready(server: Server, port: int, name: str) -> Server:
    assert server.process is not None
    try:
        wait_until_answers(server.process, port, name=name, log=server.run / "log")
    except BaseException:
        server.stop()
        raise
    return server


def _postgres_folder() -> Path:
    """Debian keeps initdb and postgres away from PATH, one folder for each version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = find_program("initdb")
    if program is None:
        raise StartError(
            "PostgreSQL is not installed.  As root: "
            "apt-get install --no-install-recommends postgresql"
        )
    return program.parent
