"""All processes of a Hearth, each started again when it dies, as a supervisor would."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from start.child import end, end_group, spawn
from start.hearth import ROOT, worker_command
from tests.faults.rig import Rig
from tests.lab.lab import Lab
from tests.lab.place import free_port

KILLED = ("web", "send", "mail", "redis", "dovecot")
_LOOKS_S = 0.1


class House:
    """``rig`` has the sink, Redis and the office, which sees the rows and moves time."""

    def __init__(self, folder: Path, lab: Lab, database_url: str) -> None:
        self.lab, self.folder, self.port = lab, folder, free_port()
        self.rig = Rig(folder, lab, database_url)
        self.kills = 0
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._watching = threading.Thread(target=self._watch, name="house", daemon=True)

    def start(self) -> None:
        self.rig.sink.__enter__()
        self.rig.imap.__enter__()
        self.rig.environment |= {
            "WEBMAIL_IMAP": self.lab.imap_url,
            "WEBMAIL_SUBMISSION": self.rig.sink.url,
            "WEBMAIL_BIND": f"127.0.0.1:{self.port}",
            "WEBMAIL_BASE_URL": f"http://127.0.0.1:{self.port}",
            "WEBMAIL_UNDO_SECONDS": "1",
        }
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.rig.open_office()
        self.rig.do("migrate")
        self._watching.start()

    def stop(self) -> None:
        self._stopping.set()
        self._watching.join(30)
        for process in self._processes.values():
            end(process, patience_s=2)
        self.rig.stop()

    def kill(self, name: str) -> None:
        """kill -9, at whatever it is doing; it comes back by itself."""
        with self._lock:
            process = self._process(name)
            if process is None or process.poll() is not None:
                return
            os.kill(process.pid, signal.SIGKILL)
            end_group(process.pid)
            process.wait(10)
            self.kills += 1

    def _process(self, name: str) -> subprocess.Popen[bytes] | None:
        known = {"redis": self.rig.bell.process, "dovecot": self.lab.dovecot.process}
        return known[name] if name in known else self._processes.get(name)

    def _watch(self) -> None:
        """Children live as long as the thread that started them: all are started here."""
        while not self._stopping.is_set():
            for name in KILLED:
                process = self._process(name)
                if process is None or process.poll() is not None:
                    self._spawn(name)
            time.sleep(_LOOKS_S)

    def _spawn(self, name: str) -> None:
        if name == "redis":
            self.rig.bell.start()
        elif name == "dovecot":
            self.lab.dovecot.launch()
        else:
            self._processes[name] = self._ours(name)

    def _ours(self, name: str) -> subprocess.Popen[bytes]:
        web = [sys.executable, "-m", "uvicorn", "webmail.asgi:application"]
        web += ["--port", str(self.port), "--no-access-log"]
        command = web if name == "web" else worker_command(name, threads=4)
        log = self.folder / f"{name}.log"
        return spawn(command, log=log, environment=self.rig.environment, folder=ROOT)

    def settle(self, is_over: Callable[[list[dict]], bool], timeout_s: float) -> None:
        """Lets the hours pass that retries and leases wait for, whenever nothing moves."""
        deadline, before, since = time.monotonic() + timeout_s, None, time.monotonic()
        while time.monotonic() < deadline:
            rows = self.rig.do("rows")
            if is_over(rows):
                return
            now = [(row["state"], row["attempt"], row["sent_copy"]) for row in rows]
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > 3:
                self.rig.do("pass_time", seconds=20 * 60)
                since = time.monotonic()
                left = [row["state"] for row in rows if not is_over([row])]
                print(f"20 minutes pass; {len(left)} left: {sorted(set(left))}", flush=True)
            time.sleep(0.5)
        left = [(row["subject"], row["text"]) for row in rows if not is_over([row])]
        print(f"not settled: {left}", flush=True)
