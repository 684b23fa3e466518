"""A whole Hearth, as its processes run, in front of the lab: fixtures for tests/conftest.py."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from start.child import end, spawn
from start.hearth import ROOT, worker_command
from tests.lab.database import start_redis
from tests.lab.place import free_port, remove_mail

UNDO_SECONDS = 4


@dataclass(frozen=True)
class Hearth:
    """Where it answers, where its logs are, and what it was started with."""

    url: str
    folder: Path
    environment: Mapping[str, str]
    mail_worker: subprocess.Popen[bytes]


class Watcher:
    """The watcher process of a Hearth, with whatever it is told differently."""

    def __init__(self, hearth: Hearth) -> None:
        self.log = hearth.folder / "watcher.log"
        self._environment = dict(hearth.environment)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **different: str) -> None:
        command = [sys.executable, "-m", "webmail.push.watcher"]
        self.process = spawn(command, log=self.log, environment={**self._environment, **different})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        end(self.process)


@pytest.fixture(scope="session")
def hearth(lab) -> Iterator[Hearth]:
    """With a Redis that no other test empties, and no other worker takes its tasks from."""
    redis = start_redis()
    try:
        with running_hearth(lab, redis.url) as hearth:
            at_work.append(hearth)
            yield hearth
            at_work.remove(hearth)
    finally:
        redis.stop()


at_work: list[Hearth] = []


def words_of_worker(hearth: Hearth) -> str:
    log = hearth.folder / "mail.log"
    said = log.read_text(errors="replace")
    if (status := hearth.mail_worker.poll()) is None:
        hearth.mail_worker.send_signal(signal.SIGUSR1)  # Celery writes the stack of each thread
        time.sleep(1)
    stacks = re.findall(
        r"^\S*Thread.*|^  File .*", log.read_text(errors="replace")[len(said) :], re.M
    )
    return "\n".join([*said.splitlines()[-12:], f"exit status: {status}", *stacks[-40:]])


@contextmanager
def running_hearth(lab, redis_url: str) -> Iterator[Hearth]:
    """The web process and the sender, with a database of their own."""
    folder = Path(tempfile.mkdtemp(prefix="hearth-browser-"))
    port = free_port()
    environment = {
        **os.environ,
        "WEBMAIL_DATA_DIR": str(folder),
        "WEBMAIL_BIND": f"127.0.0.1:{port}",
        "WEBMAIL_BASE_URL": f"http://127.0.0.1:{port}",
        "WEBMAIL_REDIS_URL": redis_url,
        "WEBMAIL_IMAP": lab.imaps_url,
        "WEBMAIL_SUBMISSION": lab.submissions_url,
        "WEBMAIL_CA_FILE": str(lab.ca_file),
        "WEBMAIL_UNDO_SECONDS": str(UNDO_SECONDS),
    }
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--skip-checks"]
    subprocess.run(migrate, env=environment, cwd=ROOT, check=True, capture_output=True)
    web = start_web(port, folder / "web.log", environment)
    workers = [
        spawn(worker_command(name, threads=3), log=folder / f"{name}.log", environment=environment)
        for name in ("send", "mail")
    ]
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", folder / "web.log")
        for name in ("send", "mail"):
            _wait_for_worker(folder / f"{name}.log")
        yield Hearth(f"http://127.0.0.1:{port}", folder, environment, workers[1])
    finally:
        for process in (web, *workers):
            end(process)
        remove_mail(folder)


@pytest.fixture(scope="module")
def watcher(hearth) -> Iterator[Watcher]:
    """The watcher beside `hearth`; a test may kill it and start it again."""
    running = Watcher(hearth)
    running.start()
    yield running
    running.stop()


def start_web(port: int, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    uvicorn = [sys.executable, "-m", "uvicorn", "webmail.asgi:application", "--port", str(port)]
    return spawn([*uvicorn, "--timeout-graceful-shutdown", "1"], log=log, environment=environment)


def wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own server
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the web process does not answer: {log.read_text()[-2000:]}", pytrace=False)


def _wait_for_worker(log: Path) -> None:
    deadline = time.monotonic() + 60
    while " ready." not in log.read_text():
        if time.monotonic() > deadline:
            pytest.fail(f"the worker does not start: {log.read_text()[-2000:]}", pytrace=False)
        time.sleep(0.1)
