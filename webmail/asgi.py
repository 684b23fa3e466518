"""The web process: Django's WSGI application on threads, behind one ASGI door.

Measured: half the CPU of Django's own ASGI path (docs/performance.md).  Only the event
streams are native: a thread for each open page would be none left for the pages.
"""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from webmail.message.domains import registrable_domain
from webmail.message.giving_way import Work, take_up, work

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webmail.settings")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Answer(WSGIResponder):
    """Gives an answer that is whole to the loop in one go.

    a2wsgi's own way has the thread wait for the loop three times in each answer.
    """

    work: Work

    def wsgi(self, environ: Any, start_response: Any) -> None:
        take_up(self.work)
        answer = self.app(environ, self._begin)
        try:
            if getattr(answer, "streaming", True):
                self.send(self._head)
                for chunk in answer:
                    self.send({"type": _BODY, "body": chunk, "more_body": True})
                self.send({"type": _BODY, "body": b""})
            else:
                self.loop.call_soon_threadsafe(self._give, b"".join(answer))
        finally:
            answer.close()

    def _begin(self, status: str, fields: list[tuple[str, str]], *_: object) -> None:
        self._head: Any = {
            "type": "http.response.start",
            "status": int(status[:3]),
            # Django begins a cookie with a blank, which h11 refuses.
            "headers": [
                (n.lower().encode("latin1"), v.strip().encode("latin1")) for n, v in fields
            ],
        }

    def _give(self, body: bytes) -> None:
        self.send_queue.put_nowait(self._head)
        self.send_queue.put_nowait({"type": _BODY, "body": body})


class _Pages(WSGIMiddleware):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        answer = _Answer(self.app, self.executor, self.send_queue_size)
        with work() as answer.work:
            await answer(scope, receive, send)


_BODY = "http.response.body"
pages = _Pages(get_wsgi_application(), workers=16)
get_resolver().url_patterns  # noqa: B018  (all code is loaded before the first page is asked for)
registrable_domain("example.org")  # and the list that this reads

from webmail.push.hub import hub  # noqa: E402  (needs Django set up, which is done just above)
from webmail.web import events  # noqa: E402
from webmail.web.turns import Turns, takes_turns  # noqa: E402

turns = Turns()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/events/":
        await events.serve(scope, receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    elif takes_turns(scope):
        await turns.serve(pages, scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _end_streams_on_signal(asyncio.get_running_loop())
            _leave_code_alone()
        else:
            hub.end_all()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _leave_code_alone() -> None:
    """What was loaded by now stays: the collector need not look at it again and again.

    A list makes a few thousand values that go with their request, so that Python's own
    threshold of 700 has it look for rings ten times in each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def _end_streams_on_signal(loop: asyncio.AbstractEventLoop) -> None:
    """uvicorn waits for open answers before it says shutdown, and a stream never ends by itself."""
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def end(number: int, frame: FrameType | None, then: signal.Handlers | Any = before) -> None:
            loop.call_soon_threadsafe(hub.end_all)
            if callable(then):
                then(number, frame)

        with contextlib.suppress(ValueError):  # not in the main thread: a test
            signal.signal(number, end)
