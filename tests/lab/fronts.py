"""Servers that get TLS wrong: bad certificates, and none at all where it was promised."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

from tests.lab.authority import Certificate
from tests.lab.lab import HOST, Lab

_GREETINGS = {
    "imap": b"* OK [CAPABILITY IMAP4rev1] old server ready\r\n",
    "submission": b"220 old.server ESMTP\r\n",
}


class Fronts:
    """Small listeners before a lab, made when asked for and ended together."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._listeners: list[socket.socket] = []

    def with_certificate(self, kind: str, protocol: str = "imaps") -> str:
        """The URL of the real server behind a certificate of ``kind``.

        ``kind`` is wrong_host, expired, self_signed or good; ``protocol`` imaps or
        submissions.
        """
        certificate: Certificate = getattr(self._lab.authority, kind)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.certificate, certificate.key)
        ports = {
            "imaps": self._lab.dovecot.ports["imaps"],
            "submissions": self._lab.msa.ports["submissions"],
        }
        trust = self._lab.tls()

        def serve(client: socket.socket) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(client, server_side=True) as near,
            ):
                plain = socket.create_connection((HOST, ports[protocol]))
                with trust.wrap_socket(plain, server_hostname=HOST) as far:
                    _couple(near, far)

        return f"{protocol}://{HOST}:{self._listen(serve)}"

    def without_starttls(self, protocol: str = "imap") -> str:
        """The URL of a server that never offers STARTTLS; ``protocol`` imap or submission."""

        def serve(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                client.sendall(_GREETINGS[protocol])
                for line in client.makefile("rb"):
                    client.sendall(_answer(protocol, line))

        return f"{protocol}+starttls://{HOST}:{self._listen(serve)}"

    def silent(self, protocol: str = "imaps") -> str:
        """The URL of a server that accepts connections and never says a word."""

        def serve(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                client.recv(65536)
                threading.Event().wait(60)

        return f"{protocol}://{HOST}:{self._listen(serve)}"

    def closed(self, protocol: str = "imaps") -> str:
        """A URL at which nothing listens."""
        with socket.create_server((HOST, 0)) as listener:
            return f"{protocol}://{HOST}:{listener.getsockname()[1]}"

    def stop(self) -> None:
        for listener in self._listeners:
            listener.close()

    def _listen(self, serve: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server((HOST, 0))
        self._listeners.append(listener)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _address = listener.accept()
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])


def _answer(protocol: str, line: bytes) -> bytes:
    words = line.split()
    if protocol == "submission":
        verb = words[0].upper() if words else b""
        return b"250 old.server\r\n" if verb in (b"EHLO", b"HELO") else b"502 5.5.1 Not here\r\n"
    if len(words) > 1 and words[1].upper() == b"CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\n" + words[0] + b" OK done\r\n"
    return (words[0] if words else b"*") + b" BAD unknown\r\n"


def _couple(near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
    back = threading.Thread(target=_pour, args=(far, near), daemon=True)
    back.start()
    _pour(near, far)
    back.join(5)


def _pour(source: ssl.SSLSocket, target: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)
