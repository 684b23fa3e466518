"""What is measured: the lab's servers, a full mailbox, and one web process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.browser import Browser
from start.child import end, spawn
from start.hearth import ROOT
from tests.lab import Lab
from tests.lab import start as start_lab
from tests.lab.place import free_port

ADDRESS, PASSWORD = "bench@hearth.test", "bench-secret"
NEWEST = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Stage:
    lab: Lab
    web_port: int
    web_pid: int


@contextmanager
def open_stage(folder: Path, messages: int) -> Iterator[Stage]:
    lab = start_lab(folder / "lab", {ADDRESS: PASSWORD})
    web = None
    try:
        fill(lab, messages)
        port = free_port()
        web = _start_web(lab, folder, port)
        yield Stage(lab, port, web.pid)
    finally:
        if web is not None:
            end(web)
        lab.stop()


def fill(lab: Lab, messages: int) -> None:
    """Appends the messages a few hundred at a time (MULTIAPPEND saves the round trips)."""
    with lab.imap(ADDRESS) as imap:
        for first in range(0, messages, 500):
            batch = [_message(n, messages) for n in range(first, min(first + 500, messages))]
            imap.multiappend("INBOX", batch)


def _message(number: int, of: int) -> dict[str, object]:
    at = NEWEST - timedelta(minutes=11 * (of - number))
    sender = f"Person {number % 97} <person{number % 97}@example.org>"
    text = (
        f"From: {sender}\r\nTo: Bench <{ADDRESS}>\r\nSubject: Message {number} about the boiler\r\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{number}@bench.test>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + "A few lines of what people write to each other about the house.\r\n"
        * 12
    )
    return {"msg": text.encode(), "date": at, "flags": ["\\Seen"] if number % 9 else []}


def _start_web(lab: Lab, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "WEBMAIL_DATA_DIR": str(folder / "data"),
        "WEBMAIL_BIND": f"127.0.0.1:{port}",
        "WEBMAIL_BASE_URL": f"http://127.0.0.1:{port}",
        "WEBMAIL_IMAP": lab.imaps_url,
        "WEBMAIL_SUBMISSION": lab.submissions_url,
        "WEBMAIL_CA_FILE": str(lab.ca_file),
    }
    (folder / "data").mkdir(exist_ok=True)
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--skip-checks"]
    subprocess.run(migrate, env=environment, cwd=ROOT, check=True, capture_output=True)
    uvicorn = [sys.executable, "-m", "uvicorn", "webmail.asgi:application", "--port", str(port)]
    web = spawn([*uvicorn, "--no-access-log"], log=folder / "web.log", environment=environment)
    _wait_for(port, folder / "web.log")
    return web


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            Browser(port).get("/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The web process does not answer: {log.read_text()[-1000:]}")
