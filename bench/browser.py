"""A browser of few words over one connection, so that its own work is not what we measure."""

import gzip
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

_FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Answer:
    """``wire_bytes`` is what came over the wire, head and all; ``raw`` may be compressed."""

    status: int
    head: bytes
    raw: bytes
    wire_bytes: int

    @property
    def body(self) -> bytes:
        is_gzip = re.search(rb"\r\ncontent-encoding: *gzip", self.head, re.I)
        return gzip.decompress(self.raw) if is_gzip else self.raw

    def field(self, name: bytes) -> str:
        found = re.search(rb"\r\n" + name + rb": *([^\r]*)", self.head, re.I)
        return found[1].decode() if found else ""


# Answers, each with what its body must hold; looked at when the clock has stopped.
Replies = list[tuple[Answer, bytes]]


class Browser:
    """Keeps cookies; follows no redirect; one request at a time."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.port, self.host = port, host
        self._socket: socket.socket | None = None
        self.cookies: dict[str, str] = {}

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers or {})

    def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        kind = dict([_FORM])
        return self.ask("POST", path, kind | dict(headers or {}), urlencode(fields).encode())

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        request = self._request(method, path, headers, body)
        try:
            answer = self._exchange(request)
        except ConnectionError:
            # A server may close a connection that it kept; a new one gets the same question.
            self.close()
            answer = self._exchange(request)
        for name, value in re.findall(rb"\r\nset-cookie: *([^=]+)=([^;\r]*)", answer.head, re.I):
            self.cookies[name.decode()] = value.decode()
        return answer

    def another(self) -> "Browser":
        """One that knows nothing of this one's cookies."""
        return Browser(self.port, self.host)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def head_lines(self, path: str, headers: Mapping[str, str]) -> bytes:
        """A GET as it goes over the wire; for clients that send it again and again."""
        return self._request("GET", path, headers, b"")

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += ["Accept-Encoding: gzip", "Connection: keep-alive", f"Cookie: {jar}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _exchange(self, request: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        return _read(self._socket)


def _read(connection: socket.socket) -> Answer:
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _some(connection)
    head, start = bytes(data[:end]), end + 4
    status = int(head[9:12])
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    if length is None and status not in (204, 304):
        return _read_chunks(connection, head, data, start)
    size = int(length[1]) if length else 0
    while len(data) < start + size:
        data += _some(connection)
    return Answer(status, head, bytes(data[start : start + size]), len(data))


def _read_chunks(connection: socket.socket, head: bytes, data: bytearray, start: int) -> Answer:
    pieces: list[bytes] = []
    while True:
        while (line := data.find(b"\r\n", start)) < 0:
            data += _some(connection)
        size = int(bytes(data[start:line]), 16)
        while len(data) < line + 4 + size:
            data += _some(connection)
        if size == 0:
            return Answer(int(head[9:12]), head, b"".join(pieces), len(data))
        pieces.append(bytes(data[line + 2 : line + 2 + size]))
        start = line + 4 + size


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 18)
    if not data:
        raise ConnectionResetError("the server closed the connection")
    return data
