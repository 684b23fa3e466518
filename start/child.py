"""Child processes that never outlive the one that started them."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


class StartError(Exception):
    """Something could not be started; its text is the one sentence to show."""


def die_with_parent() -> None:
    """For a child, right after the fork: SIGTERM when its parent ends.

    Between fork and exec nothing here may allocate or log.
    """
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def adopt_orphans() -> None:
    """Make grandchildren whose parent died ours, so that we can end them too."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, both its outputs appended to ``log``.

    Call it from a thread that lives as long as the child should: the kernel sends the
    child SIGTERM when the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG).
    """
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
    except FileNotFoundError as error:
        raise StartError(f"{command[0]} is not installed.") from error
    except OSError as error:
        raise StartError(f"{command[0]} could not be started: {error.strerror}.") from error


def end(process: subprocess.Popen[bytes], *, patience_s: float = 5) -> None:
    """Ask the whole group of ``process`` to stop; after ``patience_s`` make it."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
    end_group(process.pid)
    process.wait(30)


def end_group(group: int) -> None:
    """Kill whatever is left of a process group that `spawn` made."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def answers(host: str, port: int, *, timeout_s: float = 0.5) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=timeout_s).close()
    except OSError:
        return False
    return True


def wait_until_answers(
    process: subprocess.Popen[bytes], port: int, *, name: str, log: Path, timeout_s: float = 20
) -> None:
    """Return when ``port`` accepts a connection; StartError with the log's end when not."""
    deadline = time.monotonic() + timeout_s
    while not answers("127.0.0.1", port):
        if process.poll() is not None:
            raise StartError(f"{name} stopped at once: {last_lines(log)}")
        if time.monotonic() > deadline:
            raise StartError(
                f"{name} did not open port {port} in {timeout_s:g} s: {last_lines(log)}"
            )
        time.sleep(0.02)


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log file, on one line."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return f"see {log}"
    return " / ".join(lines[-count:]) or f"see {log}"
