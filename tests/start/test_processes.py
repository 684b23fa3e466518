"""The supervisor keeps its processes alive, and takes all of them along when it goes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from start.child import StartError, spawn, wait_until_answers
from start.processes import LOG_LIMIT_BYTES

ROOT = Path(__file__).resolve().parents[2]

# A supervisor of its own process; prints the pids that it started.
PROGRAM = """
import sys
from pathlib import Path
from start.processes import Process, Supervisor
folder = Path(sys.argv[1])
supervisor = Supervisor(folder, folder, {"PATH": "/usr/bin:/bin"})
for number, script in enumerate(sys.argv[2:]):
    child = supervisor.start(Process(f"p{number}", ["sh", "-c", script], patience_s=1))
    print(child.pid, flush=True)
supervisor.watch()
supervisor.stop()
print("stopped", flush=True)
"""


def _supervise(folder: Path, *scripts: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), *scripts],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(is_true, timeout_s: float = 10) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.05)
    return is_true()


def _read_pid(file: Path) -> int:
    assert _wait_until(lambda: file.exists() and file.read_text().strip())
    return int(file.read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_process_and_those_they_started(tmp_path, number):
    grandchild = tmp_path / "grandchild"
    with _supervise(tmp_path, f"sleep 1000 & echo $! > {grandchild}; wait") as supervisor:
        child = int(supervisor.stdout.readline())
        pids = (child, _read_pid(grandchild))
        supervisor.send_signal(number)
        assert supervisor.wait(10) == 0
    assert not any(_alive(pid) for pid in pids)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path):
    with _supervise(tmp_path, "trap '' TERM; while :; do sleep 0.2; done") as supervisor:
        child = int(supervisor.stdout.readline())
        time.sleep(0.3)
        supervisor.terminate()
        assert supervisor.wait(10) == 0
    assert not _alive(child)


def test_a_grandchild_that_left_for_its_own_session_is_ended_too(tmp_path):
    daemon = tmp_path / "daemon"
    script = f"setsid sh -c 'echo $$ > {daemon}; exec sleep 1000' & wait"
    with _supervise(tmp_path, script) as supervisor:
        supervisor.stdout.readline()
        pid = _read_pid(daemon)
        supervisor.terminate()
        assert supervisor.wait(10) == 0
    assert not _alive(pid)


def test_children_end_when_the_supervisor_is_killed(tmp_path):
    with _supervise(tmp_path, "exec sleep 1000") as supervisor:
        child = int(supervisor.stdout.readline())
        supervisor.kill()
    assert _wait_until(lambda: not _alive(child))


def test_a_crashed_process_starts_again_and_waits_longer_each_time(tmp_path):
    count = tmp_path / "count"
    with _supervise(tmp_path, f"echo x >> {count}; echo why >&2; exit 3") as supervisor:
        supervisor.stdout.readline()
        said = [supervisor.stdout.readline() for _ in range(2)]
        supervisor.terminate()
        supervisor.wait(10)
    assert said[0].startswith("p0 stopped (exit 3); it starts again in 0.5 s.")
    assert said[0].strip().endswith("why")
    assert "again in 1 s" in said[1]
    assert len(count.read_text().split()) == 2


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StartError, match="no-such-program is not installed"):
        spawn(["no-such-program"], log=tmp_path / "log")


def test_a_server_that_stops_at_once_is_quoted(tmp_path):
    log = tmp_path / "log"
    process = spawn(["sh", "-c", "echo bad port >&2; exit 1"], log=log)
    with pytest.raises(StartError, match="Thing stopped at once: bad port"):
        wait_until_answers(process, 1, name="Thing", log=log)


def test_a_long_log_is_put_aside_at_the_next_start(tmp_path):
    (tmp_path / "p0.log").write_text("yesterday\n" * (LOG_LIMIT_BYTES // 10 + 1))
    with _supervise(tmp_path, "echo today; exec sleep 1000") as supervisor:
        supervisor.stdout.readline()
        assert _wait_until(lambda: (tmp_path / "p0.log").read_text() == "today\n")
        supervisor.terminate()
        supervisor.wait(10)
    assert (tmp_path / "p0.log.1").read_text().startswith("yesterday")
