"""An OAuth server on loopback: gives tokens for consent (RFC 6749, 7636), signs who it was (OpenID
Connect), and says whose a token is (RFC 7662), for Dovecot to ask."""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT = "hearth-test"


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@dataclass
class Issuer:
    """``tokens`` is whose each access token is; ``asked`` the forms that came to each path.

    A refresh token is good once: the next comes with the access token.  ``lies`` are claims
    that ID tokens have in the place of true ones, and ``header`` what their header has.
    """

    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    lies: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    url: str = ""
    _key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    _server: ThreadingHTTPServer | None = None

    def forget(self) -> None:
        """No lies, and nothing was ever asked or allowed."""
        for each in (self.asked, self.lies, self.header, self.codes, self.refreshes):
            each.clear()
        self.delay_s = 0

    def consent(self, url: str, address: str) -> dict[str, str]:
        """What a person's yes at ``url`` leads back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(12)
        self.codes[code] = {**asked, "address": address}
        return {"code": code, "state": asked["state"], "iss": self.url}

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    # -- what it answers ------------------------------------------------------------------------

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append((path, form))
        if path == "/introspect":
            return 200, self._introspect(form.get("token", ""))
        if path == "/jwks":
            return 200, {"keys": [self._public_key()]}
        if path == "/token" and form.get("client_id") == CLIENT:
            time.sleep(self.delay_s)
            if form.get("grant_type") == "refresh_token":
                return self._renew(form)
            return self._exchange(form)
        return 400, {"error": "invalid_client"}

    def _introspect(self, token: str) -> dict[str, Any]:
        if token not in self.tokens:
            return {"active": False}
        return {"active": True, "username": self.tokens[token], "scope": "mail"}

    def _exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = _text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        given = self._give(asked["address"])
        return 200, given | {"id_token": self._id_token(asked)}

    def _renew(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        address = self.refreshes.pop(form.get("refresh_token", ""), None)
        return (200, self._give(address)) if address else (400, {"error": "invalid_grant"})

    def _give(self, address: str) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(16), f"refresh-{secrets.token_urlsafe(16)}"
        self.tokens[access], self.refreshes[refresh] = address, address
        return {"access_token": access, "token_type": "Bearer", "refresh_token": refresh}

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "email": asked["address"],
            "iat": now,
            "exp": now + 300,
        } | self.lies
        header = {"alg": "RS256", "kid": "one", "typ": "JWT"} | self.header
        signed = ".".join(_text(json.dumps(each).encode()) for each in (header, claims))
        if header["alg"] == "none":
            return f"{signed}."
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_text(signature)}"

    def _public_key(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        n, e = _text(_octets(numbers.n)), _text(_octets(numbers.e))
        return {"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": n, "e": e}


def start_issuer() -> Issuer:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._say({name: values[0] for name, values in parse_qs(body).items()})

        def do_GET(self) -> None:  # noqa: N802
            self._say({})

        def _say(self, form: dict[str, str]) -> None:
            status, said = issuer.answer(urlsplit(self.path).path, form)
            octets = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *words: object) -> None:
            """Not on the screen of a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    issuer._server = server
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return issuer
