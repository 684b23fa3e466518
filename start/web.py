"""`python -m start.web WORKERS`: the pages, over HTTP or HTTPS, from that many processes.

Each listens at a socket of its own, and the kernel deals the connections out among them
(SO_REUSEPORT, socket(7)).  Of one socket for all, the process that wakes first takes every
connection that waits: 32 readers once had one process of two.  The code is loaded before the
processes part, so that they share its memory.
"""

import gc
import os
import signal
import socket
import sys
import time
import traceback

import uvicorn

from start.bind import must_be_free, split_bind
from start.child import die_with_parent
from start.words import end_with_a_sentence

_ENDED_TOO_SOON_S = 1.0
_STOP = {signal.SIGTERM, signal.SIGINT}


@end_with_a_sentence
def main() -> int:
    must_be_free(os.environ.get("WEBMAIL_BIND", ""))
    config = _config()
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    if workers == 1:
        uvicorn.Server(config).run()
    else:
        config.load()
        gc.collect()
        gc.freeze()
        _keep(workers, config)
    return 0


def _config() -> uvicorn.Config:
    host, port = split_bind(os.environ.get("WEBMAIL_BIND", ""))
    certificate = os.environ.get("WEBMAIL_TLS_CERT") or None
    return uvicorn.Config(
        "webmail.asgi:application",
        host=host,
        port=port,
        timeout_graceful_shutdown=3,
        server_header=False,
        access_log=False,
        forwarded_allow_ips=os.environ.get("WEBMAIL_TRUSTED_PROXY") or "127.0.0.1",
        ssl_certfile=certificate,
        ssl_keyfile=os.environ.get("WEBMAIL_TLS_KEY") or certificate,
    )


def _keep(workers: int, config: uvicorn.Config) -> None:
    """Has that many processes at work until a signal asks for the end; then ends them all."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_STOP})
    running = {_start(config): time.monotonic() for _ in range(workers)}
    while signal.sigwait({signal.SIGCHLD, *_STOP}) not in _STOP:
        for pid in _ended(list(running)):
            if time.monotonic() - running.pop(pid) < _ENDED_TOO_SOON_S:
                time.sleep(_ENDED_TOO_SOON_S)
            running[_start(config)] = time.monotonic()
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    for pid in running:
        os.waitpid(pid, 0)


def _ended(pids: list[int]) -> list[int]:
    return [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0]]


def _start(config: uvicorn.Config) -> int:
    """The process id of a new worker, which never comes back from here."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        for number in (signal.SIGCHLD, *_STOP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, *_STOP})
        uvicorn.Server(config).run([_listener(config)])
        status = 0
    except Exception:  # noqa: BLE001 - whatever it was: said, and the next one starts
        traceback.print_exc()
    finally:
        os._exit(status)


def _listener(config: uvicorn.Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((config.host, config.port))
    return listener


if __name__ == "__main__":
    sys.exit(main())
