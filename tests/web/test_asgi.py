"""The door between the loop and Django's threads."""

import asyncio
import json
from pathlib import Path

from django.conf import settings

from webmail.asgi import application

BUILT = Path(settings.BASE_DIR) / "static" / "built"


def ask(path, **fields):
    """The messages that the server would send on."""
    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http"},
        **{"path": path, "query_string": b"", "server": ("127.0.0.1", 8000)},
        "headers": [
            (b"host", b"127.0.0.1"),
            *((k.encode(), v.encode()) for k, v in fields.items()),
        ],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent


def test_a_whole_page_is_two_messages():
    head, body = ask("/sign-in/")
    assert (head["type"], head["status"]) == ("http.response.start", 200)
    assert b"</html>" in body["body"]
    assert not body.get("more_body")


def test_a_header_has_no_blanks_around_it():
    head, _ = ask("/sign-in/")
    cookie = dict(head["headers"])[b"set-cookie"]
    assert cookie.startswith(b"csrf=")
    assert all(value == value.strip() for _, value in head["headers"])


def test_a_page_that_is_not_there_says_so():
    head, body = ask("/robots.txt")
    assert head["status"] == 404
    assert b"</html>" in body["body"]


def test_a_file_comes_in_pieces_and_whole():
    name = json.loads((BUILT / "manifest.json").read_text("utf-8"))["app.css"]
    head, *pieces = ask(f"/static/{name}")
    assert head["status"] == 200
    assert b"".join(piece["body"] for piece in pieces) == (BUILT / name).read_bytes()
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [
        False
    ]


def test_a_websocket_is_closed():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(application({"type": "websocket", "path": "/"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1000}]
