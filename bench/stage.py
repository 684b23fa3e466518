"""What is measured: the lab's servers, users with full mailboxes, and Hearth's processes."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.browser import Browser
from bench.floor import RawImap
from bench.hearth import Hearth
from bench.mailboxes import home, make_home, make_talk_home
from bench.process import cpu_ms
from start.child import end, spawn
from start.hearth import ROOT, migrate, must_be_built, processes
from start.valkey import choose_broker
from tests.lab import Lab
from tests.lab import start as start_lab
from tests.lab.place import free_port

PASSWORD = "bench-secret"
SMALL, LARGE, FEW = "small@hearth.test", "large@hearth.test", "few@hearth.test"
TALK, TALK_COUNT = "talk@hearth.test", 200
HUGE = tuple(f"huge{number}@hearth.test" for number in range(6))
CROWD = tuple(f"crowd{number}@hearth.test" for number in range(32))
WATCHED = tuple(f"watched{number}@hearth.test" for number in range(500))
_SIZES = {SMALL: 10_000, LARGE: 100_000, FEW: 500, TALK: 2 * TALK_COUNT}
_STILL_S = 15


@dataclass
class Stage:
    """``web`` and the others are process ids, by the names of start/hearth.py."""

    lab: Lab
    folder: Path
    keep: Path
    port: int = 0
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    # The sender has nothing to do but where sending is measured.
    left_out: set[str] = field(default_factory=lambda: {"send"})
    submission_url: str = ""

    def pid(self, name: str) -> int:
        return self.running[name].pid

    def cpu_ms(self) -> float:
        """Of everything that is ours: web, workers, watcher."""
        return cpu_ms(process.pid for process in self.running.values())

    def hearth(self, address: str) -> Hearth:
        """A browser that has signed in as ``address``."""
        hearth = Hearth(Browser(self.port))
        hearth.sign_in(address, PASSWORD)
        return hearth

    def add_users(self, addresses: tuple[str, ...], messages: int) -> None:
        """They share one home: each is a stranger to us, and no disk is filled with copies."""
        shared = home(messages, self.keep)
        for address in addresses:
            link = self.lab.dovecot.home(address)
            if not link.exists():
                link.symlink_to(shared)

    def index(self) -> sqlite3.Connection:
        """The index as it lies on disk, to read only."""
        path = self.folder / "data" / "index.sqlite3"
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)

    def settle(self, s: float = 240) -> None:
        """Returns when the index has grown, or stands still for whatever reason."""
        seen, still_since, began = -1, time.monotonic(), time.monotonic()
        while time.monotonic() - began < s:
            rows, waiting = index_state(self)
            if rows != seen:
                seen, still_since = rows, time.monotonic()
            if rows and not waiting or time.monotonic() - still_since > _STILL_S:
                return
            time.sleep(1)

    def index_bytes(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "data").glob("index.sqlite3*"))

    def forget(self) -> None:
        """Ours start again and remember nothing: no users, no index."""
        self._stop_ours()
        shutil.rmtree(self.folder / "data")
        self._start_ours(web_workers=1)

    def restart(self, *, web_workers: int) -> None:
        """Ours only, with an empty memory; Dovecot and its caches stay warm."""
        self._stop_ours()
        self._start_ours(web_workers)

    def _start_ours(self, web_workers: int) -> None:
        self.port = self.port or free_port()
        environment = self._environment()
        for name in ("redis", *(each for each in self._commands(1) if each not in self.left_out)):
            command = self._commands(web_workers).get(name) or self._redis(environment)
            self.running[name] = spawn(
                command, log=self.folder / f"{name}.log", environment=environment, folder=ROOT
            )
            if name == "redis":
                time.sleep(0.5)
                migrate(environment)
        self._wait_for_web()

    def _stop_ours(self) -> None:
        for process in reversed(self.running.values()):
            end(process)
        self.running.clear()

    def stop(self) -> None:
        self._stop_ours()
        self.lab.stop()

    def _commands(self, web_workers: int) -> dict[str, list[str | Path]]:
        environment = self._environment()
        listed = processes(environment, web_workers=web_workers)
        return {process.name: list(process.command) for process in listed}

    def _redis(self, environment: dict[str, str]) -> list[str | Path]:
        broker = choose_broker(self.folder / "redis")
        environment["WEBMAIL_REDIS_URL"] = broker.url
        assert broker.process is not None
        return list(broker.process.command)

    def _environment(self) -> dict[str, str]:
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        inherited: Mapping[str, str] = os.environ
        return {
            **{name: text for name, text in inherited.items() if not name.startswith("WEBMAIL_")},
            "WEBMAIL_DATA_DIR": str(data),
            "WEBMAIL_BIND": f"127.0.0.1:{self.port}",
            "WEBMAIL_BASE_URL": f"http://127.0.0.1:{self.port}",
            "WEBMAIL_IMAP": self.lab.imaps_url,
            "WEBMAIL_SUBMISSION": self.submission_url or self.lab.submissions_url,
            "WEBMAIL_CA_FILE": str(self.lab.ca_file),
        }

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                Browser(self.port).get("/healthz")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit(
            f"The web process does not answer: {(self.folder / 'web.log').read_text()[-1000:]}"
        )


@contextmanager
def paused(stage: Stage, name: str) -> Iterator[None]:
    """One of our processes holds its breath."""
    os.killpg(stage.pid(name), signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(stage.pid(name), signal.SIGCONT)


@contextmanager
def unwatched(stage: Stage, s: float = 200) -> Iterator[None]:
    """No account is watched, and the last word of the watcher is no longer believed."""
    with paused(stage, "watcher"):
        began = time.monotonic()
        while _watched_until(stage) > f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}":
            assert time.monotonic() - began < s, "the watcher is believed for too long"
            time.sleep(1)
        yield


def _watched_until(stage: Stage) -> str:
    with closing(stage.index()) as index, suppress(sqlite3.OperationalError):
        found = index.execute("SELECT max(watched_until) FROM index_indexedaccount").fetchone()
        return found[0] or ""
    return ""


def index_state(stage: Stage) -> tuple[int, int]:
    """How many rows the index holds, and how many mailboxes it does not hold whole."""
    try:
        with closing(stage.index()) as index:
            rows = index.execute("SELECT count(*) FROM index_indexedmessage").fetchone()
            waiting = index.execute(
                "SELECT count(*) FROM index_indexedmailbox WHERE uidvalidity AND grown_down_to > 1"
            ).fetchone()
            return int(rows[0]), int(waiting[0])
    except sqlite3.OperationalError:
        return 0, 0


@contextmanager
def open_stage(folder: Path, keep: Path, sizes: set[int]) -> Iterator[Stage]:
    """The users whose inbox has one of ``sizes``; the 10k one is fresh, as jobs change it."""
    must_be_built()
    addresses = (SMALL, LARGE, FEW, TALK, *HUGE, *CROWD, *WATCHED)
    lab = start_lab(folder / "lab", dict.fromkeys(addresses, PASSWORD))
    _lend_memory(lab)
    stage = Stage(lab, folder, keep)
    try:
        for address in (each for each, size in _SIZES.items() if size in sizes):
            _settle(stage, address)
        stage._start_ours(web_workers=1)
        yield stage
    finally:
        stage.stop()


def _settle(stage: Stage, address: str) -> None:
    if address == SMALL:
        make_home(stage.lab.dovecot.home(address), _SIZES[address])
    elif address == TALK:
        make_talk_home(stage.lab.dovecot.home(address), TALK_COUNT)
    else:
        stage.add_users((address,), _SIZES[address])
    _warm(stage.lab, address, _SIZES[address])


def _warm(lab: Lab, address: str, count: int) -> None:
    """Dovecot's caches hold what lists ask for, as those of a mailbox in use do."""
    raw = RawImap(lab, address, "INBOX")
    for first in range(1, count + 1, 10_000):
        last = min(first + 9_999, count)
        raw.ask(b"FETCH %d:%d (ENVELOPE BODYSTRUCTURE PREVIEW)" % (first, last))
    raw.close()


def _lend_memory(lab: Lab) -> None:
    """Dovecot ends a process at 256 MB, and the names of a million files alone are more."""
    with (lab.dovecot.run / "dovecot.conf").open("a") as settings:
        settings.write("\ndefault_vsz_limit = 4G\n")
    assert lab.dovecot.process is not None
    lab.dovecot.process.send_signal(signal.SIGHUP)
    time.sleep(1)
