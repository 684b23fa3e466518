"""What a list of 50 rows costs on our own side, stage by stage, without a mail server.

    python -m bench.drawing [--rounds 15]

CPU milliseconds for each call, the best of the rounds; the stages overlap (the whole
contains all others).  The last lines ask a real uvicorn over one connection.
"""

import argparse
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

from bench import paper
from start.child import end, spawn
from start.hearth import ROOT
from tests.lab.place import free_port


def best_ms(act: Callable[[], object], rounds: int, calls: int = 20) -> float:
    """CPU of one call, in the best of the rounds."""
    act()
    found = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(calls):
            act()
        found.append((time.process_time() - began) * 1000 / calls)
    return min(found)


def main() -> None:
    options = argparse.ArgumentParser(prog="bench.drawing")
    options.add_argument("--rounds", type=int, default=15)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="hearth-drawing-") as folder:
        paper.prepare(Path(folder))
        reader = paper.sign_in()
        print("ms of CPU, best of rounds")
        for name, act in stages(reader):
            print(f"{name:<44}{best_ms(act, chosen.rounds):>8.2f}", flush=True)
        over_http(Path(folder), reader)


def stages(reader: paper.Reader) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each stage as something to do again and again."""
    from django.http import HttpResponse

    from webmail.web.http import mailboxes_of, page_or_part, shell_context
    from webmail.web.lists import draw
    from webmail.web.mailboxes import list_view
    from webmail.web.middleware import Compress
    from webmail.web.row_maker import RowMaker
    from webmail.web.rows import clock_of, grouped_by_day

    request, clock = _request(reader), clock_of(_request(reader))
    request.account = request.user.accounts.get()
    page = draw(request, "INBOX", size=50)

    def folders() -> object:
        request.__dict__.pop("_mailboxes", None)
        return mailboxes_of(request)

    def listing() -> object:
        request.__dict__.pop("_in_step", None)
        return draw(request, "INBOX", size=50)

    def rows() -> object:
        maker = RowMaker(request.account.key, clock, None, frozenset({paper.ADDRESS}))
        return grouped_by_day(maker.row(row) for row in page.rows)

    folders()
    request.store = None
    view = list_view(request, "INBOX", page, clock=clock)
    context = {"view": view, "query_text": "", "account": request.account}

    def template() -> object:
        return page_or_part(request, "mailbox/page.html", "mailbox/_list.html", context)

    body = template().content  # type: ignore[attr-defined]
    yield "session and person", lambda: bool(_request(reader).user.is_authenticated)
    yield "folders from the index", folders
    yield "50 messages from the index", listing
    yield "50 RowViews in days", rows
    yield "shell (identity, folders, outbox)", lambda: shell_context(request, "INBOX")
    yield "shell and mailbox/_list.html, rows known", template
    yield (
        f"compression of {len(body) / 1000:.0f} KB",
        lambda: Compress(lambda _: HttpResponse(body))(request),
    )
    yield "handler: robots.txt, 404 without anybody", call("/robots.txt", {})
    yield "handler: /mail/ for somebody, a redirect", call("/mail/", reader.headers)
    yield "handler: the list part, rows known", call(reader.inbox, reader.headers)
    yield "handler: the list part, rows new", _other_pages(reader)


def _other_pages(reader: paper.Reader) -> Callable[[], object]:
    """Another page each time, of more rows than are remembered."""
    from webmail.index.models import IndexedMessage

    found = IndexedMessage.objects.order_by("-internal_date", "-pk")
    places = list(found.values_list("internal_date", "pk"))[49::50]
    queries = [f"after={seconds}.{key & 0xFFFFFFFF}" for seconds, key in places]
    asked = cycle([call(reader.inbox, reader.headers, query) for query in queries[:-1]])
    return lambda: next(asked)()


def _environ(path: str, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        **named,
    }


def _request(reader: paper.Reader) -> Any:
    """A request as the view gets it."""
    from django.contrib.auth.middleware import AuthenticationMiddleware
    from django.contrib.messages.middleware import MessageMiddleware
    from django.contrib.sessions.middleware import SessionMiddleware
    from django.core.handlers.wsgi import WSGIRequest
    from django_htmx.middleware import HtmxMiddleware

    request = WSGIRequest(_environ(reader.inbox, reader.headers))
    for kind in (SessionMiddleware, AuthenticationMiddleware, MessageMiddleware):
        kind(lambda _: None).process_request(request)  # type: ignore[arg-type]
    HtmxMiddleware(lambda _: None)(request)  # type: ignore[arg-type]
    return request


def call(path: str, headers: dict[str, str], query: str = "") -> Callable[[], object]:
    """The whole of Django, with every middleware, as a server calls it."""
    from django.core.wsgi import get_wsgi_application

    handler = get_wsgi_application()
    cookie = {"Cookie": headers["Cookie"]} if "Cookie" in headers else {}

    def call() -> object:
        answer = handler(_environ(path, headers | cookie, query), lambda *_: None)
        body = b"".join(answer)
        answer.close()
        return body

    return call


# -- over HTTP -----------------------------------------------------------------------------------


def over_http(folder: Path, reader: paper.Reader) -> None:
    with _uvicorn(folder) as (port, pid):
        print(f"\n{'over uvicorn, one connection':<44}{'ms':>8}{'CPU ms':>8}")
        for name, path, headers in (
            ("robots.txt, 404 without anybody", "/robots.txt", {}),
            ("the list part", reader.inbox, reader.headers),
        ):
            wall, cpu = _asked(port, pid, path, headers)
            print(f"{name:<44}{wall:>8.2f}{cpu:>8.2f}", flush=True)


def _asked(port: int, pid: int, path: str, headers: dict[str, str]) -> tuple[float, float]:
    """Wall time and CPU of the process for a request, each the best of 30 times 20."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    wall, cpu = [], []
    for _ in range(30):
        began, spent = time.perf_counter(), _spent_ms(pid)
        for _ in range(20):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert answer.status in {200, 404}, answer.status
            answer.read()
        wall.append((time.perf_counter() - began) * 50)
        cpu.append((_spent_ms(pid) - spent) / 20)
    return min(wall), min(cpu)


def _spent_ms(pid: int) -> float:
    """CPU of all threads, finer than the ticks of /proc/<pid>/stat."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


@contextmanager
def _uvicorn(folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "bench.paper:application"]
    command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    command += ["--timeout-keep-alive", "60"]
    web = spawn(command, log=folder / "web.log", environment=dict(os.environ), folder=ROOT)
    try:
        _wait_for(port, folder / "web.log")
        yield port, web.pid
    finally:
        end(web)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            http.client.HTTPConnection("127.0.0.1", port).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The web process does not answer: {log.read_text()[-1000:]}")


if __name__ == "__main__":
    main()
