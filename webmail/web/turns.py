"""Pictures of other hosts wait for their turn in the event loop, where waiting costs no thread.

Each may take ten seconds to come and some more to be made new, and a mail may have sixty;
the threads are for pages.  A reader who is gone by then is not served.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from webmail.web.images import PREFIX

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Of sixteen threads.  Two of these may have a child make a picture new, four wait for that.
AT_ONCE = 6
MAX_WAITING = 200
RETRY_AFTER_S = 5


def takes_turns(scope: Scope) -> bool:
    return scope["path"].startswith(PREFIX) and scope["method"] in ("GET", "HEAD")


class Turns:
    """``at_once`` are served; ``waiting`` more are kept; whoever comes then is to ask again."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = MAX_WAITING) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._room = waiting

    async def serve(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        if self._places.locked() and not self._room:
            await _refuse(send)
            return
        self._room -= 1
        try:
            await self._places.acquire()
        finally:
            self._room += 1
        try:
            if (await receive())["type"] != "http.disconnect":
                await app(scope, receive, send)
        finally:
            self._places.release()


async def _refuse(send: Send) -> None:
    fields = [(b"retry-after", str(RETRY_AFTER_S).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 503, "headers": fields})
    await send({"type": "http.response.body", "body": b""})
