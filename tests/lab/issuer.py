"""An OAuth server on loopback: says whose a token is (RFC 7662), for Dovecot to ask."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class Issuer:
    """``tokens`` is whose each access token is; ``asked`` the tokens that were looked up."""

    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    def introspect(self, token: str) -> dict[str, object]:
        self.asked.append(token)
        if token not in self.tokens:
            return {"active": False}
        return {"active": True, "username": self.tokens[token], "scope": "mail"}

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def start_issuer() -> Issuer:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            answer = json.dumps(issuer.introspect(parse_qs(body).get("token", [""])[0])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            """Not on the screen of a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    issuer._server = server
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return issuer
