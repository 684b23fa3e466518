"""One household for crash tests: an office process, a sink for its mail, a Dovecot behind a
cutter, and real Celery workers where a test asks for them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from start.child import answers, end, spawn, wait_until_answers
from start.hearth import worker_command
from tests.lab.cutter import Cutter
from tests.lab.lab import Lab
from tests.lab.place import free_port, get_program
from tests.lab.smtp_sink import SmtpSink

ROOT = Path(__file__).resolve().parent.parent.parent
ADA = "ada@hearth.test"


class OfficeError(Exception):
    """An order the office could not carry out."""


class Bell:
    """The rig's Redis, at first not running: then every hint is lost.  It keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if answers("127.0.0.1", self.port):
            return
        log = self._folder / "redis.log"
        command = [
            *(get_program("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port)),
            *("--save", "", "--appendonly", "no", "--dir", self._folder),
        ]
        self.process = spawn(command, log=log)
        wait_until_answers(self.process, self.port, name="Redis", log=log)

    def stop(self) -> None:
        if self.process is not None:
            end(self.process, patience_s=2)

    def flush(self) -> None:
        assert self.say("FLUSHALL") == "+OK"

    def say(self, words: str) -> str:
        """One inline command; the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(f"{words}\r\n".encode())
            return connection.recv(1000).decode().splitlines()[0]

    def fill(self) -> None:
        """2 MB in it, and room for one; nothing is evicted for a newcomer."""
        for number in range(40):
            assert self.say(f"SET filler-{number} {'x' * 50_000}") == "+OK"
        for name, value in (("maxmemory-policy", "noeviction"), ("maxmemory", "1mb")):
            assert self.say(f"CONFIG SET {name} {value}") == "+OK"
        assert self.is_full()

    def is_full(self) -> bool:
        return self.say("SET one-more x").startswith("-OOM")

    def make_room(self) -> None:
        assert self.say("CONFIG SET maxmemory 0") == "+OK"
        self.flush()


class Rig:
    """``do("<order>", …)`` runs in the office process; see office.py for the orders."""

    def __init__(
        self, folder: Path, lab: Lab, database_url: str, *, inside: Sequence[str | Path] = ()
    ) -> None:
        """``inside`` are words before the office's command: what it runs in."""
        self._inside = tuple(inside)
        self.folder, self.lab = folder, lab
        self.sink = SmtpSink(folder / "sink", lab.users)
        self.bell = Bell(folder)
        self.imap = Cutter(lab.dovecot.ports["imap"])
        self.environment = {
            **os.environ,
            "WEBMAIL_DATABASE_URL": database_url,
            "WEBMAIL_DATA_DIR": str(folder / "data"),
            "WEBMAIL_IMAP": f"imap://127.0.0.1:{self.imap.port}",
            "WEBMAIL_SUBMISSION": "",
            "WEBMAIL_REDIS_URL": self.bell.url,
            "WEBMAIL_CA_FILE": str(lab.ca_file),
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("WEBMAIL_KEY_FILE", None)
        self._office: subprocess.Popen[str] | None = None

    def start(self) -> None:
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.sink.__enter__()
        self.imap.__enter__()
        self.open_office()
        self.do("migrate")
        self.user = self.person(ADA)

    def stop(self) -> None:
        self.close_office()
        self.bell.stop()
        self.imap.__exit__(None, None, None)
        self.sink.__exit__(None, None, None)

    def open_office(self) -> None:
        with (self.folder / "office.log").open("ab") as log:
            self._office = subprocess.Popen(
                [*self._inside, sys.executable, "-m", "tests.faults"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
                cwd=ROOT,
                text=True,
            )

    def close_office(self) -> None:
        assert self._office is not None
        with self._office as office:
            office.stdin.close()

    def do(self, order: str, **arguments: Any) -> Any:
        assert self._office is not None
        assert self._office.stdin is not None
        assert self._office.stdout is not None
        self._office.stdin.write(json.dumps({"do": order, "with": arguments}) + "\n")
        self._office.stdin.flush()
        answer = json.loads(self._office.stdout.readline() or '{"error": "the office died"}')
        if "error" in answer:
            raise OfficeError(f"{order}: {answer['error']}; see {self.folder}/office.log")
        return answer["ok"]

    def person(
        self, address: str, *, imap_port: int = 0, password: str = "", submission_url: str = ""
    ) -> int:
        return self.do(
            "person",
            address=address,
            password=password or self.lab.users[address],
            imap_url=f"imap://127.0.0.1:{imap_port or self.imap.port}",
            submission_url=submission_url or self.sink.url,
        )

    def reset(self) -> None:
        """Nothing queued, nothing taken, empty mailboxes, no plans."""
        self.do("reset")
        self.sink.forget_plans()
        self.sink.taken.clear()
        self.sink.log.clear()
        self.imap.refuse(refusing=False)
        self.imap.cut_when(b"", times=0)
        self.lab.clear()
        self.person(ADA)

    # -- shorthand ----------------------------------------------------------------------------

    def queue(self, **options: Any) -> int:
        return self.do("queue", user=self.user, **options)["id"]

    def row(self, outgoing_id: int) -> dict[str, Any]:
        return next(row for row in self.do("rows") if row["id"] == outgoing_id)

    def act(self, name: str, outgoing_id: int, **more: Any) -> Any:
        """What a person does in the Outbox: undo, edit, discard, send_again, mark_as_sent."""
        row = self.row(outgoing_id)
        return self.do("act", name=name, user=self.user, key=row["key"], **more)

    def states(self) -> list[str]:
        return [row["state"] for row in self.do("rows")]

    def run(self, order: str, *, failpoint: str = "", **arguments: Any) -> int:
        """One order in a process of its own; how it ended (-9: the failpoint killed it)."""
        orders = [{"do": order, "with": arguments}]
        return self.do("fork", orders=orders, failpoint_name=failpoint)[0]

    def begin(self, order: str, *, failpoint: str = "", **arguments: Any) -> int:
        """The same without waiting; the process id, for ``end_of`` and for os.kill."""
        told = {"do": order, "with": arguments}
        return self.do("start_child", told=told, failpoint_name=failpoint)

    def kill(self, child: int, how: int = signal.SIGKILL) -> None:
        os.kill(child, how)

    def end_of(self, child: int) -> int:
        return self.do("wait_child", child=child)

    def together(self, order: str, many: list[dict[str, Any]]) -> list[int]:
        """The same order in many processes at once."""
        orders = [{"do": order, "with": arguments} for arguments in many]
        return self.do("fork", orders=orders)

    def subjects_in(self, mailbox: str) -> int:
        return len(self.lab.uids(ADA, mailbox))

    def wait(self, ready: Any, *, timeout_s: float = 30) -> None:
        deadline = time.monotonic() + timeout_s
        while not ready():
            assert time.monotonic() < deadline, self.do("rows")
            time.sleep(0.1)

    def elsewhere(self, order: str, *, different: Mapping[str, str], **arguments: Any) -> Any:
        """One order in an office of its own, with another environment; what it answers."""
        answered = subprocess.run(
            [sys.executable, "-m", "tests.faults"],
            input=json.dumps({"do": order, "with": arguments}) + "\n",
            env={**self.environment, **different},
            cwd=ROOT,
            text=True,
            capture_output=True,
            check=True,
        )
        return json.loads(answered.stdout)["ok"]

    @contextlib.contextmanager
    def worker(self, *, threads: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        """A Celery worker of the queue ``send``, as `make run` starts it."""
        command = worker_command("send", threads=threads)
        command += ["-n", f"w{time.monotonic_ns()}@test"]  # two may run at once
        log = self.folder / "worker.log"
        process = spawn(command, log=log, environment=self.environment, folder=ROOT)
        try:
            yield process
        finally:
            end(process, patience_s=10)
