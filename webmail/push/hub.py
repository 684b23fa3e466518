"""News between processes, by Redis pub/sub.  A missed word costs a glance later, never mail.

The watcher publishes; each web process has one subscription for all its event streams.
Without Redis nothing is said and nothing breaks; when it is back, every stream is told to
look at everything once, since words may have been lost.
"""

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)

_SECONDS = 3.0  # to connect, and to take a word
_BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 5.0)
QUEUE_LIMIT = 200  # words a stream may be behind; then it looks at everything once
Away = (redis.RedisError, OSError)


@dataclass(frozen=True, slots=True)
class Word:
    """``mailbox`` of ``account`` (its key) changed; empty: look at everything.

    With ``search`` (its id) only that search has found more, or is over.
    """

    account: str = ""
    mailbox: str = ""
    search: str = ""


def channel_of(user_id: int) -> str:
    """A prefix and a hash, never anybody's text (T51)."""
    return f"news:{hashlib.sha256(b'user:%d' % user_id).hexdigest()[:32]}"


POKES = "news:pokes"


# -- publishing, from threads ------------------------------------------------------------------


def publish(user_id: int, *words: Word) -> bool:
    """Tells the open pages of a person; False when Redis is away."""
    try:
        pipe = _client().pipeline(transaction=False)
        for word in words:
            pipe.publish(channel_of(user_id), json.dumps(astuple(word)))
        pipe.execute()
    except Away as error:
        log.warning("Redis takes no news: %s", type(error).__name__)
        return False
    return True


def poke() -> None:
    """Tells the watcher that somebody came."""
    try:
        _client().publish(POKES, "")
    except Away as error:
        log.warning("Redis takes no news: %s", type(error).__name__)


def listen_for_pokes(act: Callable[[], object], stopping: threading.Event) -> None:
    """Calls ``act`` for every poke until ``stopping``; for a thread of its own."""
    while not stopping.is_set():
        try:
            with _client().pubsub(ignore_subscribe_messages=True) as subscription:
                subscription.subscribe(POKES)
                while not stopping.is_set():
                    if subscription.get_message(timeout=60.0):
                        act()
        except Away:
            stopping.wait(_BACK_OFF_SECONDS[-1])


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.WEBMAIL_REDIS_URL,
        socket_timeout=_SECONDS,
        socket_connect_timeout=_SECONDS,
        decode_responses=True,
    )


# -- streams, in the event loop of a web process -----------------------------------------------


class Stream:
    """The words for one open page; ``None`` ends it."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.opened_at = time.monotonic()
        self.words: asyncio.Queue[Word | None] = asyncio.Queue(QUEUE_LIMIT)

    def put(self, word: Word | None) -> None:
        if self.words.full():
            while not self.words.empty():
                self.words.get_nowait()
            word = word and Word()
        self.words.put_nowait(word)


class Hub:
    """All event streams of this process, and their one subscription."""

    def __init__(self) -> None:
        self._streams: dict[str, set[Stream]] = {}
        self._subscription: redis.asyncio.client.PubSub | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    def streams_of(self, user_id: int) -> int:
        return len(self._streams.get(channel_of(user_id), ()))

    async def open(self, user_id: int) -> Stream:
        stream = Stream(user_id)
        channel = channel_of(user_id)
        self._streams.setdefault(channel, set()).add(stream)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        if len(self._streams[channel]) == 1:
            await self._tell_redis("subscribe", channel)
        return stream

    async def close(self, stream: Stream) -> None:
        channel = channel_of(stream.user_id)
        streams = self._streams.get(channel, set())
        streams.discard(stream)
        if not streams and self._streams.pop(channel, None) is not None:
            await self._tell_redis("unsubscribe", channel)

    def end_all(self) -> None:
        """The process is about to stop: every stream ends now."""
        self.is_closed = True
        for stream in self._all():
            stream.put(None)
        if self._task is not None:
            self._task.cancel()

    def _all(self) -> list[Stream]:
        return [stream for streams in self._streams.values() for stream in streams]

    async def _tell_redis(self, command: str, channel: str) -> None:
        if self._subscription is None:
            return  # the connection that comes subscribes to all there are
        try:
            await getattr(self._subscription, command)(channel)
        except Away:
            log.warning("Redis is away while a page %ss", command)

    async def _run(self) -> None:
        failures = 0
        was_away = False
        while True:
            try:
                async with self._connected() as client:
                    await self._listen(client, is_back=was_away)
            except Away as error:
                log.warning("no news from Redis: %s", type(error).__name__)
            was_away = True
            self._subscription = None
            await asyncio.sleep(_BACK_OFF_SECONDS[min(failures, len(_BACK_OFF_SECONDS) - 1)])
            failures += 1

    def _connected(self) -> redis.asyncio.Redis:
        return redis.asyncio.Redis.from_url(
            settings.WEBMAIL_REDIS_URL,
            socket_connect_timeout=_SECONDS,
            health_check_interval=20,
            decode_responses=True,
        )

    async def _listen(self, client: redis.asyncio.Redis, *, is_back: bool) -> None:
        async with client.pubsub(ignore_subscribe_messages=True) as subscription:
            # A channel that is always there, since a subscription to none cannot be waited on.
            await subscription.subscribe(POKES)
            self._subscription = subscription
            if self._streams:
                await subscription.subscribe(*self._streams)
            if is_back:
                for stream in self._all():
                    stream.put(Word())
            while True:
                message = await subscription.get_message(timeout=30.0)
                if message and message["type"] == "message":
                    self._fan_out(message["channel"], message["data"])

    def _fan_out(self, channel: str, text: str) -> None:
        for stream in self._streams.get(channel, ()):
            stream.put(Word(*json.loads(text)))


hub = Hub()
