"""IMAP servers that do what a test tells them, on a loopback port, for one connection."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from webmail.outbound import Endpoint, Security


@dataclass
class Line:
    """The server's end of the connection.  ``clear`` is all it received before TLS."""

    sock: socket.socket
    clear: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    _buffer: bytes = b""

    def send(self, text: str | bytes) -> None:
        self.sock.sendall(text.encode() if isinstance(text, str) else text)

    def command(self) -> tuple[str, str]:
        """Waits for a line: its tag and the rest."""
        while b"\n" not in self._buffer:
            octets = self.sock.recv(65536)
            if not octets:
                raise EOFError
            self._note(octets)
        line, _, self._buffer = self._buffer.partition(b"\n")
        tag, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        return tag, rest

    def answer(self, text: str, *, expect: str = "") -> str:
        """Waits for a command and answers it, ``{tag}`` standing for its tag."""
        tag, rest = self.command()
        assert rest.upper().startswith(expect), (rest, expect)
        self.send(text.replace("{tag}", tag))
        return rest

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def listen(self) -> None:
        """Reads until the client goes away, answering nothing."""
        while octets := self.sock.recv(65536):
            self._note(octets)

    def _note(self, octets: bytes) -> None:
        self._buffer += octets
        self.received += octets
        if not isinstance(self.sock, ssl.SSLSocket):
            self.clear += octets


@dataclass
class Scripted:
    endpoint: Endpoint
    lines: list[Line]
    failures: list[BaseException]

    @property
    def clear(self) -> bytes:
        return b"".join(bytes(line.clear) for line in self.lines)


@contextlib.contextmanager
def scripted(
    script: Callable[[Line], None], security: Security = Security.CLEARTEXT
) -> Iterator[Scripted]:
    """A server that runs ``script`` for each connection, one after the other."""
    listener = socket.create_server(("127.0.0.1", 0))
    place = Endpoint("imap", "127.0.0.1", listener.getsockname()[1], security)
    server = Scripted(place, [], [])
    thread = threading.Thread(target=_serve, args=(listener, script, server), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        # Neither a blocked accept nor a blocked recv notices a close.
        for sock in (listener, *(line.sock for line in server.lines)):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
    assert not server.failures, server.failures


def _serve(listener: socket.socket, script: Callable[[Line], None], server: Scripted) -> None:
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        sock.settimeout(10)
        line = Line(sock)
        server.lines.append(line)
        try:
            script(line)
        except (EOFError, OSError):
            continue
        except BaseException as error:  # noqa: BLE001 - the test that started us shows it
            server.failures.append(error)
        finally:
            line.sock.close()
