"""What a list of 50 rows costs on our own side, stage by stage, without a mail server.

    python -m bench.drawing [--rounds 15]

CPU milliseconds for each call, the best of the rounds; the stages overlap (the whole
contains all others).  The last lines ask a real uvicorn over one connection.
"""

import argparse
import gzip
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from bench import paper
from bench.process import cpu_ms
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
    from webmail.web.http import page_or_part, shell_context
    from webmail.web.mailboxes import list_view
    from webmail.web.middleware import Compress
    from webmail.web.rows import RowMaker, clock_of, grouped_by_day

    request = _request(reader)
    store = paper.PaperStore()
    request.store, request.account = store, request.user.accounts.first()
    page, clock = store.page(), clock_of(request)

    def rows() -> object:
        maker = RowMaker(request.account.key, clock, None, frozenset({paper.ADDRESS}))
        return grouped_by_day(maker.row(row) for row in page.rows)

    view = list_view(request, "INBOX", page, clock=clock)
    context = {"view": view, "query_text": "", "account": request.account}

    def template() -> object:
        return page_or_part(request, "mailbox/page.html", "mailbox/_list.html", context)

    body = template().content  # type: ignore[attr-defined]

    def compressed() -> object:
        from django.http import HttpResponse

        return Compress(lambda _: HttpResponse(body))(request)

    yield "rows: 50 RowViews in days", rows
    yield "list_view (with the rows)", lambda: list_view(request, "INBOX", page, clock=clock)
    yield "shell (account, identity, outbox)", lambda: shell_context(request, "INBOX")
    yield "shell and mailbox/_list.html, drawn again", template
    yield from _with_other_rows(request, store, clock)
    yield f"compression of {len(body) / 1000:.0f} KB", compressed
    yield "  gzip level 1", lambda: gzip.compress(body, 1)
    yield "  gzip level 6", lambda: gzip.compress(body, 6)
    yield "session and person from SQLite", lambda: bool(_request(reader).user.is_authenticated)
    yield "handler: robots.txt, 404 without anybody", _call("/robots.txt", {})
    yield "handler: /mail/ for somebody, a redirect", _call("/mail/", reader.headers)
    yield "handler: the list part, whole", _call(reader.inbox, reader.headers)


def _with_other_rows(
    request: Any, store: paper.PaperStore, clock: Any
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Drawing rows that nobody has seen before: other UIDs each time."""
    from webmail.web.http import page_or_part
    from webmail.web.mailboxes import list_view

    fresh = iter(range(20_000, 4_000_000, 50))

    def unseen() -> object:
        store.rows = paper.summaries(of=next(fresh))
        view = list_view(request, "INBOX", store.page(), clock=clock)
        context = {"view": view, "query_text": "", "account": request.account}
        return page_or_part(request, "mailbox/page.html", "mailbox/_list.html", context)

    yield "  making 50 summaries (the bench's own)", lambda: paper.summaries(of=next(fresh))
    yield "summaries, list_view, template: rows new", unseen


def _environ(path: str, headers: dict[str, str]) -> dict[str, Any]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
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


def _call(path: str, headers: dict[str, str]) -> Callable[[], object]:
    from django.core.wsgi import get_wsgi_application

    handler = get_wsgi_application()
    cookie = {"Cookie": headers["Cookie"]} if "Cookie" in headers else {}

    def call() -> object:
        answer = handler(_environ(path, headers | cookie), lambda *_: None)
        body = b"".join(answer)
        answer.close()
        return body

    return call


# -- over HTTP -----------------------------------------------------------------------------------


def over_http(folder: Path, reader: paper.Reader) -> None:
    with _uvicorn(folder) as (port, pid):
        print(f"\n{'over uvicorn, one connection':<44}{'p50 ms':>8}{'CPU ms':>8}")
        for name, path, headers in (
            ("robots.txt, 404 without anybody", "/robots.txt", {}),
            ("the list part", reader.inbox, reader.headers),
        ):
            p50, cpu = _asked(port, pid, path, headers)
            print(f"{name:<44}{p50:>8.2f}{cpu:>8.2f}", flush=True)


def _asked(port: int, pid: int, path: str, headers: dict[str, str]) -> tuple[float, float]:
    """Median wall time, and CPU of the process for each of 400 requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask() -> None:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        assert answer.status in {200, 404}, answer.status
        answer.read()

    for _ in range(50):
        ask()
    times, cpu = [], cpu_ms(pid)
    for _ in range(400):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return median(times), (cpu_ms(pid) - cpu) / 400


@contextmanager
def _uvicorn(folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "bench.paper:application"]
    command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
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
