"""The web processes share a port, are started again when they die, and end together."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab.place import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def web(tmp_path, port):
    environment = {
        **{name: word for name, word in os.environ.items() if not name.startswith("WEBMAIL_")},
        "WEBMAIL_DATA_DIR": str(tmp_path),
        "WEBMAIL_BIND": f"127.0.0.1:{port}",
        "WEBMAIL_IMAP": "imaps://imap.example.org:993",
        "WEBMAIL_SUBMISSION": "submissions://smtp.example.org:465",
        "WEBMAIL_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, "-m", "start.web", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        _wait_until(lambda: len(_workers(process)) == 2 and _status(port))
        yield process
        process.kill()


def _status(port: int) -> int:
    """Of a page; nothing when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        return _ask(connection)
    except OSError:
        return 0
    finally:
        connection.close()


def _ask(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/sign-in/")
    response = connection.getresponse()
    response.read()
    return response.status


def _workers(process) -> set[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(child) for child in children.split()}


def _sockets(pid: int) -> int:
    links = (os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir())
    return sum(link.startswith("socket:") for link in links)


def _wait_until(is_true, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_worker_has_its_share_of_the_connections(web, port):
    time.sleep(0.5)  # the connections that asked whether all stands are gone
    idle = {pid: _sockets(pid) for pid in _workers(web)}
    with contextlib.ExitStack() as open_ones:
        for _ in range(64):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            open_ones.callback(connection.close)
            assert _ask(connection) == 200
        shares = [_sockets(pid) - before for pid, before in idle.items()]
    assert sum(shares) == 64
    assert min(shares) >= 10


def test_a_worker_that_dies_is_started_again(web, port):
    first, second = _workers(web)
    os.kill(first, signal.SIGKILL)
    _wait_until(lambda: len(_workers(web)) == 2 and first not in _workers(web))
    assert second in _workers(web)
    _wait_until(lambda: _status(port) == 200)


def test_all_end_when_they_are_asked_to(web):
    workers = _workers(web)
    web.send_signal(signal.SIGTERM)
    assert web.wait(10) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_none_outlives_a_killed_parent(web):
    workers = _workers(web)
    web.kill()
    _wait_until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in workers))


def test_a_port_in_use_is_a_sentence(web, port):
    again = subprocess.run(
        [sys.executable, "-m", "start.web", "2"],
        cwd=ROOT,
        env={**os.environ, "WEBMAIL_BIND": f"127.0.0.1:{port}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert again.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in again.stderr
