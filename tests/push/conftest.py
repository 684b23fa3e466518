"""The whole of Hearth again, seen by a visitor without a browser."""

import contextlib
import http.client
import re
import socket
import threading
import time
from urllib.parse import urlencode, urlsplit

import pytest


class Visitor:
    """One session with Hearth, over plain HTTP."""

    def __init__(self, hearth):  # noqa: F811
        self.place = urlsplit(hearth.url)
        self.cookies = {}

    def ask(self, method, path, *, fields=None, headers=None):
        """The response; its ``body`` is read unless it is a stream, which ``close_all`` ends."""
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=30)
        OPEN.append(connection)
        body = urlencode(fields) if fields is not None else None
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, {**sent, **(headers or {})})
        response = connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if response.getheader("Content-Type") != "text/event-stream":
            response.body = response.read().decode("utf-8", "replace")
            connection.close()
        return response

    def sign_in(self, address, password):
        token = self._token("/sign-in/")
        fields = {"csrfmiddlewaretoken": token, "address": address, "password": password}
        assert self.ask("POST", "/sign-in/", fields=fields).status == 303
        self.open_list()
        return self

    def sign_out(self):
        fields = {"csrfmiddlewaretoken": self._token("/outbox/")}
        assert self.ask("POST", "/sign-out/", fields=fields).status == 303

    def _token(self, path):
        return re.search(r'name="csrf-token" content="([^"]+)"', self.ask("GET", path).body)[1]

    def open_list(self):
        location = self.ask("GET", "/mail/").getheader("Location")
        return self.ask("GET", location).body

    def stream(self):
        return Listener(self)


class Listener:
    """An open event stream, read in a thread."""

    def __init__(self, visitor):
        self.response = visitor.ask("GET", "/events/")
        self.connection = OPEN[-1]
        self.events = []
        self.ended_at = 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = ""
        try:
            for line in self.response:
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    event = text[7:]
                elif text.startswith("data: "):
                    self.events.append((event, text[6:]))
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        self.ended_at = time.monotonic()

    def close(self):
        close(self.connection)


OPEN = []


def close(connection):
    """As a browser goes that is closed: without a word."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()


@pytest.fixture(autouse=True)
def close_all():
    yield
    while OPEN:
        close(OPEN.pop())


def eventually(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def visitor(hearth, lab):  # noqa: F811
    return Visitor(hearth).sign_in("ada@hearth.test", lab.users["ada@hearth.test"])
