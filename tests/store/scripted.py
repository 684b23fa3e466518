"""IMAP servers that do what a test tells them, on a loopback port, for one connection."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from webmail.outbound import Endpoint, Security

HELLO = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR{more}] ready\r\n"
IN = "{tag} OK [CAPABILITY IMAP4rev1{more}] in\r\n"
HERE = "* 3 EXISTS\r\n* OK [UIDVALIDITY 9] valid\r\n{tag} OK [READ-WRITE] open\r\n"


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

    @property
    def commands(self) -> list[str]:
        """What was received on all connections, without tags and sign-in."""
        texts = [line.received.decode("utf-8", "replace") for line in self.lines]
        received = [each.partition(" ")[2] for text in texts for each in text.splitlines()]
        return [each for each in received if not each.startswith(("AUTHENTICATE", "LOGIN"))]


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


def signed_in(
    *answers: str, more: str = "", then: Callable[[Line], None] | None = None
) -> contextlib.AbstractContextManager[Scripted]:
    """A server that signs anybody in, answers one command by each of ``answers``, then hangs.

    ``more`` are capabilities.
    """

    def script(line: Line) -> None:
        line.send(HELLO.replace("{more}", more))
        line.answer(IN.replace("{more}", more))
        for answer in answers:
            line.answer(answer)
        if then is not None:
            then(line)
        line.listen()

    return scripted(script)
