"""``/events/``: the stream that tells an open page of news.  Native ASGI, outside Django's views.

Each stream is one coroutine and a queue; who may have it is looked up in a thread when it
opens and every minute after.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from webmail.accounts import grants
from webmail.accounts.models import Account, User
from webmail.index.tasks import wake_all
from webmail.push.hub import Stream, Word, hub, poke
from webmail.web.middleware import APP_HEADERS

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEARTBEAT_SECONDS = 20.0
CHECK_SECONDS = 60.0
STREAMS_PER_PERSON = 10

_threads = ThreadPoolExecutor(2, thread_name_prefix="events")


def keep_watching(request: HttpRequest, account: Account) -> None:
    """For every page of mail: lets the watcher go on, or begin."""
    if grants.renew(request, account):
        poke()
        wake_all(account.pk)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    status = _refusal(scope["method"], fields)
    if status:
        return await _refuse(send, status)
    user = await _in_thread(_find_user, fields.get("cookie", ""))
    if user is None:
        return await _refuse(send, 401)
    if hub.is_closed or hub.streams_of(user.pk) >= STREAMS_PER_PERSON:
        return await _refuse(send, 503 if hub.is_closed else 429)
    stream = await hub.open(user.pk)
    pouring = asyncio.create_task(_pour(stream, fields.get("cookie", ""), send))
    leaving = asyncio.create_task(_wait_for_end(receive))
    try:
        await asyncio.wait({pouring, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (pouring, leaving):
            task.cancel()
        await hub.close(stream)
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await pouring
    return None


def _refusal(method: str, fields: dict[str, str]) -> int:
    """The status that turns a request away before anything is looked up; 0 for none (T85)."""
    if method != "GET":
        return 405
    domain, _ = split_domain_port(fields.get("host", ""))
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return 400
    origin = fields.get("origin")
    if origin is not None and urlsplit(origin)[:2] != urlsplit(settings.WEBMAIL_BASE_URL)[:2]:
        return 403
    return 403 if fields.get("sec-fetch-site", "same-origin") != "same-origin" else 0


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
    headers += [(b"allow", b"GET")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": [*_policy(), *headers]})
    await send({"type": "http.response.body", "body": b""})


def _policy() -> list[tuple[bytes, bytes]]:
    fields = dict(APP_HEADERS)
    if settings.SECURE_HSTS_SECONDS:
        fields["Strict-Transport-Security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        )
    return [(name.lower().encode(), value.encode()) for name, value in fields.items()]


# -- the stream --------------------------------------------------------------------------------


async def _pour(stream: Stream, cookies: str, send: Send) -> None:
    headers = [*_policy(), (b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _write(send, "retry: 3000\n\n")
    check_at = time.monotonic() + CHECK_SECONDS
    while True:
        words = await _next_words(stream)
        if None in words:
            break
        if time.monotonic() >= check_at:
            check_at = time.monotonic() + CHECK_SECONDS
            if await _in_thread(_find_user, cookies, prolong=True) is None:
                break
        await _write(send, "".join(_event(word) for word in words if word) or ":\n\n")
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next_words(stream: Stream) -> list[Word | None]:
    """Everything that waits, each once; nothing when it is time for a heartbeat."""
    try:
        words = [await asyncio.wait_for(stream.words.get(), HEARTBEAT_SECONDS)]
    except TimeoutError:
        return []
    while not stream.words.empty():
        words.append(stream.words.get_nowait())
    return list(dict.fromkeys(words))


def _event(word: Word) -> str:
    if word.search:
        return f"event: search\ndata: {json.dumps({'search': word.search})}\n\n"
    if not word.mailbox:
        return f"event: list\ndata: {json.dumps({'account': word.account})}\n\n"
    fields = {"account": word.account, "mailbox": word.mailbox}
    return f"event: mailbox\ndata: {json.dumps(fields)}\n\n"


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


# -- who may have it ---------------------------------------------------------------------------


async def _in_thread(act: Callable[..., User | None], *arguments: Any, **named: Any) -> User | None:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, lambda: act(*arguments, **named))


def _find_user(cookies: str, *, prolong: bool = False) -> User | None:
    """The person of a living session; ``prolong`` keeps their mailboxes watched."""
    close_old_connections()
    request = HttpRequest()
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    request.session = SessionStore(key)
    try:
        user = get_user(request)
        if not user.is_authenticated or _is_too_old(request):
            return None
        if prolong:
            grants.prolong(user)
    except DatabaseError:
        return None  # the browser comes again in three seconds
    finally:
        close_old_connections()
    return user


def _is_too_old(request: HttpRequest) -> bool:
    age = timezone.now().timestamp() - request.session.get("signed_in_at", 0)
    return bool(age > settings.SESSION_ABSOLUTE_AGE)
