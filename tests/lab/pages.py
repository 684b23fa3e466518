"""Web servers of strangers: they write down what they are asked, and may misbehave."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.lab.authority import Certificate

Answer = tuple[int, dict[str, str], bytes] | Callable[[socket.socket], None]


class Pages:
    """An HTTP server at ``host``; ``asked`` are the heads of the requests, as they came, and
    ``forms`` what was posted.

    ``answers`` maps a path to a status, header fields and content, or to a function that
    does with the connection what it likes.
    """

    def __init__(self, host: str = "127.0.0.2", *, certificate: Certificate | None = None) -> None:
        self.host = host
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.forms: list[bytes] = []
        self.connections = 0
        self._server = _Server(self, host)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pages: Pages, host: str) -> None:
        self.pages = pages
        super().__init__((host, 0), _Handler)

    def process_request(self, request, client_address) -> None:
        self.pages.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address) -> None:
        """A client that went away, or trusts no certificate of ours, is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        pages = self.server.pages
        pages.asked.append((self.path, dict(self.headers.items())))
        answer = pages.answers.get(self.path.partition("?")[0], (404, {}, b""))
        if callable(answer):
            with suppress(OSError):
                answer(self.connection)
            self.close_connection = True
            return
        status, fields, content = answer
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if "Content-Length" not in fields:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)

    def do_POST(self) -> None:
        self.server.pages.forms.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass
