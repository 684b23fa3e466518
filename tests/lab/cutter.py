"""A TCP proxy that does to a connection what networks do: cut, stall, swallow.

::

    with Cutter(port) as cutter:
        cutter.cut_when(rb"OK \\[APPENDUID")    # the server's answer never arrives
"""

import contextlib
import re
import socket
import struct
import threading
from types import TracebackType
from typing import Self


class Cutter:
    """Forwards 127.0.0.1:``port`` to ``target_port`` until told otherwise."""

    def __init__(self, target_port: int, *, octets_at_once: int | None = None) -> None:
        """``octets_at_once`` cuts the server's answers into such pieces."""
        self._target = target_port
        self._piece = octets_at_once
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pattern: re.Pattern[bytes] | None = None
        self._times = 0
        self._swallowed: re.Pattern[bytes] | None = None
        self._is_refusing = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.cuts = self.swallows = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut_when(self, pattern: bytes, *, times: int = 1) -> None:
        """Reset the connection when the server says this, and pass nothing of it on."""
        self._pattern, self._times = re.compile(pattern), times

    def swallow(self, pattern: bytes | None) -> None:
        """Pass nothing on of what the server says like this, as if it had not said it."""
        self._swallowed = re.compile(pattern) if pattern is not None else None

    def refuse(self, *, refusing: bool = True) -> None:
        """Reset every connection, old and new, until told ``refusing=False``."""
        self._is_refusing = refusing
        if refusing:
            for pair in self._pairs:
                _reset(*pair)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="cutter", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for pair in self._pairs:
            _reset(*pair)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._is_refusing:
                _reset(client)
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((client, server))
            for way in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=way, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if is_answer and self._must_cut(chunk):
                    break
                if is_answer and self._swallowed and self._swallowed.search(chunk):
                    self.swallows += 1
                    continue
                step = self._piece if is_answer and self._piece else len(chunk)
                for start in range(0, len(chunk), step):
                    sink.sendall(chunk[start : start + step])
        _reset(source, sink)

    def _must_cut(self, chunk: bytes) -> bool:
        if self._times == 0 or self._pattern is None or not self._pattern.search(chunk):
            return False
        self._times -= 1
        self.cuts += 1
        return True


def _reset(*connections: socket.socket) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
