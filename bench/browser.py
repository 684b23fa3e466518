"""A browser of few words: signs in and fetches pages over one connection."""

import http.client
import re
from urllib.parse import urlencode


class Browser:
    """Keeps cookies; follows no redirect."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        status, body, _ = self._ask("GET", path, None, headers)
        return status, body

    def sign_in(self, address: str, password: str) -> None:
        _, form = self.get("/sign-in/")
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert found, "the sign-in page has no form token"
        fields = {"csrfmiddlewaretoken": found[1].decode(), "address": address}
        body = urlencode({**fields, "password": password})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer, _ = self._ask("POST", "/sign-in/", body, kind)
        assert status == 303, f"sign-in answered {status}: {answer[:300]!r}"

    def landing(self) -> str:
        """Where /mail/ leads: the inbox."""
        _, _, location = self._ask("GET", "/mail/", None, {})
        return location

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes, str]:
        jar = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, {"Cookie": jar, **headers})
        response = self._connection.getresponse()
        for field in response.headers.get_all("Set-Cookie") or []:
            name, _, value = field.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response.status, response.read(), response.headers.get("Location", "")
