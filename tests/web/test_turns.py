"""Slow pictures of other hosts: they wait, and pages do not (T76)."""

import asyncio

import pytest

from webmail import asgi
from webmail.web.turns import RETRY_AFTER_S, Turns, takes_turns


def scope(path="/images/x/", method="GET"):
    return {"type": "http", "path": path, "method": method}


async def receive():
    return {"type": "http.request", "body": b"", "more_body": False}


class SlowPictures:
    """An application whose answers come when ``may_answer`` is set."""

    def __init__(self):
        self.may_answer = asyncio.Event()
        self.inside = self.most_inside = self.served = 0

    async def __call__(self, scope, receive, send):
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        await self.may_answer.wait()
        self.inside -= 1
        self.served += 1


async def serve_many(turns, app, count, receive=receive):
    """The status of each that was refused, once all were served."""
    refused = []

    async def send(message):
        if "status" in message:
            refused.append((message["status"], dict(message["headers"])[b"retry-after"]))

    asked = [asyncio.create_task(turns.serve(app, scope(), receive, send)) for _ in range(count)]
    await asyncio.sleep(0.01)
    app.may_answer.set()
    await asyncio.gather(*asked)
    return refused


def test_few_are_served_at_once_and_all_in_the_end():
    async def play():
        app = SlowPictures()
        assert not await serve_many(Turns(at_once=3, waiting=20), app, 20)
        return app.most_inside, app.served

    assert asyncio.run(play()) == (3, 20)


def test_whoever_finds_no_room_is_told_when_to_come_again():
    async def play():
        app, turns = SlowPictures(), Turns(at_once=2, waiting=3)
        refused = await serve_many(turns, app, 8)
        await serve_many(turns, app, 5)
        return refused, app.served

    refused, served = asyncio.run(play())
    assert refused == [(503, str(RETRY_AFTER_S).encode())] * 3
    assert served == 10


def test_a_reader_who_is_gone_is_not_served():
    async def gone():
        return {"type": "http.disconnect"}

    async def play():
        app = SlowPictures()
        await serve_many(Turns(at_once=2), app, 5, gone)
        return app.served

    assert asyncio.run(play()) == 0


def test_a_picture_that_fails_gives_its_place_back():
    async def fail(scope, receive, send):
        raise OSError("away")

    async def play():
        turns = Turns(at_once=1, waiting=0)
        for _ in range(3):
            with pytest.raises(OSError, match="away"):
                await turns.serve(fail, scope(), receive, None)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/images/x/", "GET", True),
        ("/images/x/", "HEAD", True),
        ("/images/x/", "POST", False),
        ("/mail/", "GET", False),
    ],
)
def test_only_pictures_take_turns(path, method, expected):
    assert takes_turns(scope(path, method)) is expected


def test_the_turns_leave_threads_for_pages():
    threads = asgi.pages.executor._max_workers
    assert asgi.turns._places._value <= threads // 2
