"""Hearth's own processes on one machine, and what has to be right before they start."""

import fcntl
import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from start.bind import split_bind
from start.child import StartError, answers, last_lines
from start.processes import Process, Supervisor
from start.valkey import choose_broker, start_broker

ROOT = Path(__file__).resolve().parent.parent
LEAST_FREE_BYTES = 200_000_000
# What somebody waits for is taken before anything else: webmail/celery.py says what that is.
_QUEUES = {"send": "send", "mail": "waited,mail"}
CELERY = (sys.executable, "-m", "celery", "-A", "webmail.celery")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")


def processes(environment: Mapping[str, str], *, web_workers: int) -> list[Process]:
    """The Procfile of one machine; docs/installing.md has the same lines as systemd units."""
    return [
        Process("web", [sys.executable, "-m", "start.web", str(web_workers)], patience_s=6),
        # Threads: a sender waits for the network, and four of them share one process of 90 MB.
        Process("send", worker_command("send", threads=4), patience_s=10),
        # The third thread is kept for previews and searches: webmail/celery.py, Background.
        Process("mail", worker_command("mail", threads=3), patience_s=10),
        Process("beat", beat_command(Path(environment["WEBMAIL_DATA_DIR"]))),
        Process("watcher", [sys.executable, "-m", "webmail.push.watcher"]),
    ]


def worker_command(name: str, *, threads: int) -> list[str]:
    """A Celery worker of its queues, the first before the next, a task for each thread."""
    queues = _QUEUES[name]
    pool = ("--pool", "threads", "--concurrency", str(threads), "--prefetch-multiplier", "1")
    return [*CELERY, "worker", "-Q", queues, "-n", f"{name}@%h", *pool, *QUIET]


def beat_command(data: Path) -> list[str]:
    """Celery beat; its schedule file lies with the data, not where the program lies."""
    return [*CELERY, "beat", "--schedule", str(data / "beat"), "--pidfile=", "--loglevel", "INFO"]


@contextmanager
def one_at_a_time(data: Path) -> Iterator[None]:
    """Hold ``data`` for this process; StartError when another one runs from it."""
    _must_have_room(data)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StartError(f"Another Hearth already runs from {data}.") from error
        yield


def serve(
    environment: Mapping[str, str],
    *,
    web_workers: int,
    supervisor: Supervisor,
    when_ready: Callable[[str], None],
) -> None:
    """Start everything, call ``when_ready`` with the URL, return when asked to stop."""
    environment = dict(environment)
    data = Path(environment["WEBMAIL_DATA_DIR"])
    broker = choose_broker(data / "valkey")
    environment["WEBMAIL_REDIS_URL"] = broker.url
    supervisor.environment = environment
    start_broker(broker, supervisor)
    migrate(environment)
    web, *others = processes(environment, web_workers=web_workers)
    child = supervisor.start(web)
    url = environment.get("WEBMAIL_BASE_URL") or _own_url(environment)
    _wait_for_web(environment, child, supervisor, supervisor.log(web))
    for process in others:
        supervisor.start(process)
    if not supervisor.stopping:
        when_ready(url)
    supervisor.watch()


def must_be_built() -> None:
    """StartError when the front end was never bundled."""
    if not any((ROOT / "static" / "built").glob("*")):
        raise StartError("The front end is not built: run `make build` first.")


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the database up to date."""
    command = [sys.executable, ROOT / "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    command.append("--skip-checks")
    done = subprocess.run(
        command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["no reason given"]
        raise StartError(f"The database could not be brought up to date: {words[-1]}")


def _must_have_room(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(data).free
    except OSError as error:
        raise StartError(f"Cannot write to {data}: {error.strerror}.") from error
    if not os.access(data, os.W_OK):
        raise StartError(f"Cannot write to {data}: it belongs to somebody else.")
    if free < LEAST_FREE_BYTES:
        raise StartError(f"The disk of {data} is full: {free // 1_000_000} MB free, 200 needed.")


def _own_url(environment: Mapping[str, str]) -> str:
    host, port = split_bind(environment.get("WEBMAIL_BIND", ""))
    scheme = "https" if environment.get("WEBMAIL_TLS_CERT") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _wait_for_web(
    environment: Mapping[str, str],
    child: "subprocess.Popen[bytes]",
    supervisor: Supervisor,
    log: Path,
) -> None:
    host, port = split_bind(environment.get("WEBMAIL_BIND", ""))
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    tls = bool(environment.get("WEBMAIL_TLS_CERT"))
    deadline = time.monotonic() + 60
    while not supervisor.stopping and not _is_there(host, port, tls=tls):
        if child.poll() is not None:
            raise StartError(f"The web process stopped at once: {last_lines(log, 1)}")
        if time.monotonic() > deadline:
            raise StartError(f"The web process does not answer: {last_lines(log, 1)}")
        time.sleep(0.05)


def _is_there(host: str, port: int, *, tls: bool) -> bool:
    if tls:  # its certificate is made out to another name than this address
        return answers(host, port)
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
