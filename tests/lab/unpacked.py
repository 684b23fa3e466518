"""An IMAP server that was unpacked, not installed: its files, ports, users and processes."""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from start.child import StartError, end, spawn, wait_until_answers
from start.unpack import file_in
from tests.lab.authority import Authority, make_authority
from tests.lab.place import RunAs, free_port, run_as, runtime_folder

HOST = "127.0.0.1"


@dataclass(slots=True)
class UnpackedServer(ABC):
    """``ports`` has ``imap`` (STARTTLS) and ``imaps``; all files lie in ``run`` and go with it."""

    name: str
    authority: Authority
    run: Path
    owner: RunAs = field(default_factory=run_as)
    ports: dict[str, int] = field(
        default_factory=lambda: {service: free_port() for service in ("imap", "imaps")}
    )
    users: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def ca_file(self) -> Path:
        return self.authority.ca_file

    @property
    def imaps_url(self) -> str:
        return f"imaps://{HOST}:{self.ports['imaps']}"

    @property
    def imap_starttls_url(self) -> str:
        return f"imap+starttls://{HOST}:{self.ports['imap']}"

    @property
    def log(self) -> Path:
        return self.run / "out.log"

    @abstractmethod
    def add_users(self, users: Mapping[str, str]) -> None:
        """Let these {address: password} sign in from now on."""

    @abstractmethod
    def environment(self) -> Mapping[str, Path | str]:
        """What its programs need in their environment beside ours."""

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            end(process, patience_s=1)
        shutil.rmtree(self.run, ignore_errors=True)

    def start(self, command: Sequence[str | Path], *services: str) -> None:
        """One of its processes; returns when the ports of ``services`` answer."""
        process = spawn(self._as_owner(command), log=self.log)
        self.processes.append(process)
        for service in services:
            wait_until_answers(process, self.ports[service], name=self.name, log=self.log)

    def do(self, command: Sequence[str | Path], text: str) -> None:
        """One of its programs, run to its end with ``text`` as its input."""
        done = subprocess.run(
            self._as_owner(command), input=text.encode(), capture_output=True, check=False
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise StartError(f"{Path(command[0]).name} failed: {said}")

    def _as_owner(self, command: Sequence[str | Path]) -> list[str | Path]:
        variables = [f"{name}={value}" for name, value in self.environment().items()]
        return [*self.owner.words, "env", *variables, *command]


def place_for(name: str, folder: Path) -> tuple[str, Authority, Path]:
    """The first arguments of a server: certificates in ``folder``, files in a folder of its own."""
    return name, make_authority(folder / "tls"), runtime_folder(name.lower())


def make_maildir(path: Path, owner: RunAs) -> None:
    for folder in (path, path / "cur", path / "new", path / "tmp"):
        folder.mkdir()
        owner.owns(folder)


def copy_programs(unpacked: Path, target: Path, names: Iterable[str]) -> None:
    """Put ``names`` of ``unpacked`` into ``target``, with the libraries that came with them.

    The server's user may be unable to enter the checkout (/root is closed).  A name may have
    its folders before it.
    """
    target.mkdir()
    for name in names:
        program = file_in(unpacked, name)
        shutil.copy(program, target / Path(name).name)
        for library in _libraries_of(program, unpacked):
            if not (target / library.name).exists():
                shutil.copy(library, target / library.name)


def _libraries_of(program: Path, unpacked: Path) -> Iterable[Path]:
    """Those of ``unpacked`` that the loader would take, and not the many that it would not."""
    folders = sorted({str(library.parent) for library in unpacked.rglob("*.so*")})
    asked = subprocess.run(
        ["ldd", program],
        env={**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        check=False,  # a script has none
    )
    words = (Path(word) for word in asked.stdout.split() if word.startswith(str(unpacked)))
    return [path for path in words if path.is_file()]
