"""The supervisor: starts a list of processes, starts crashed ones again, ends them all."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from start.child import adopt_orphans, end_group, last_lines, spawn

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_AFTER_S = 60.0
LOG_LIMIT_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the list.  ``patience_s`` is how long it may take to finish its work."""

    name: str
    command: Sequence[str | Path]
    patience_s: float = 5.0


@dataclass(slots=True)
class _Running:
    process: Process
    child: subprocess.Popen[bytes]
    started: float
    wait_s: float = FIRST_WAIT_S
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Keeps processes alive in ``folder`` until `stop`; they print to ``logs/<name>.log``.

    Create and use it in the main thread: it takes SIGINT and SIGTERM.
    """

    folder: Path
    logs: Path
    environment: Mapping[str, str]
    say: Callable[[str], None] = partial(print, flush=True)
    stopping: bool = False
    _running: list[_Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)

    def start(self, process: Process) -> subprocess.Popen[bytes]:
        """Start ``process`` now and keep it alive from now on."""
        self._turn_log(process)
        child = self._spawn(process)
        self._running.append(_Running(process, child, time.monotonic()))
        return child

    def log(self, process: Process) -> Path:
        return self.logs / f"{process.name}.log"

    def watch(self) -> None:
        """Return when somebody asks to stop; until then start again what crashed."""
        while not self.stopping:
            for running in self._running:
                self._look_after(running)
            time.sleep(0.1)

    def stop(self) -> None:
        """End everything, the latest first; nothing of it is alive afterwards."""
        alive = [each for each in reversed(self._running) if each.child.poll() is None]
        for running in alive:
            running.child.terminate()
        for running in alive:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.child.wait(running.process.patience_s)
        for running in self._running:
            end_group(running.child.pid)
        _end_descendants()
        self._running.clear()

    def _look_after(self, running: _Running) -> None:
        now = time.monotonic()
        if running.restart_at is None and running.child.poll() is not None:
            self._plan_restart(running, now)
        elif running.restart_at is not None and now >= running.restart_at:
            running.child = self._spawn(running.process)
            running.started, running.restart_at = now, None

    def _plan_restart(self, running: _Running, now: float) -> None:
        end_group(running.child.pid)
        if now - running.started > STEADY_AFTER_S:
            running.wait_s = FIRST_WAIT_S
        running.restart_at = now + running.wait_s
        log = self.log(running.process)
        self.say(
            f"{running.process.name} stopped ({_reason(running.child.returncode)}); it starts "
            f"again in {running.wait_s:g} s.  {log}: {last_lines(log, 1)}"
        )
        running.wait_s = min(running.wait_s * 2, LONGEST_WAIT_S)

    def _spawn(self, process: Process) -> subprocess.Popen[bytes]:
        return spawn(
            process.command,
            log=self.log(process),
            environment=self.environment,
            folder=self.folder,
        )

    def _turn_log(self, process: Process) -> None:
        log = self.log(process)
        if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))

    def _note_signal(self, number: int, frame: object) -> None:
        self.stopping = True


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def _end_descendants() -> None:
    """Kill children of children that left their group; `adopt_orphans` made them ours."""
    for _round in range(20):
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not children:
            return
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.05)
