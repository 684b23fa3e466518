"""A person at the compose form, who presses Send until the page says that it is queued."""

import http.client
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode

from tests.chaos.letters import Letter

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_ACTION = re.compile(r'action="(/compose/\w+/)"')
_JSON = {"Accept": "application/json"}
_AGAIN_S = 0.2


class GaveUp(Exception):
    """The page never said yes."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str
    text: str

    @property
    def is_sign_in(self) -> bool:
        return self.status in (401, 403) or "/sign-in/" in self.location


class Browser:
    """Of one person.  ``waits_s`` are how long each press of Send took that was answered."""

    def __init__(self, port: int, address: str, password: str, patience_s: float) -> None:
        self._port, self._address, self._password = port, address, password
        self._patience_s = patience_s
        self._cookies: dict[str, str] = {}
        self.waits_s: list[float] = []

    def sign_in(self) -> None:
        form = self._until("the sign-in page", lambda: self._ask("GET", "/sign-in/"), (200, 302))
        if form.status == 302:  # somebody who is signed in has no use for it
            return
        fields = {"address": self._address, "password": self._password}
        token = _hidden(form.text)["csrfmiddlewaretoken"]
        fields["csrfmiddlewaretoken"] = token
        self._until("signing in", lambda: self._post("/sign-in/", fields), (303,))

    def send(self, letter: Letter) -> None:
        """Returns when the page said that the message is queued.  Raises GaveUp."""
        action, fields = self.open_form()
        fields |= {
            "to": ", ".join(letter.to),
            "bcc": ", ".join(letter.bcc),
            "subject": letter.subject,
            "text": letter.text,
            "do": "send",
        }
        self._until("sending", lambda: self._press(action, fields, letter.file), (200, 201))

    def open_form(self, path: str = "/compose/") -> tuple[str, dict[str, str]]:
        """Where a compose form is posted to, and the fields that nobody sees."""
        form = self._until("the compose page", lambda: self._ask("GET", path), (200,))
        action = _ACTION.search(form.text)
        assert action, form.text[:500]
        return action[1], _hidden(form.text)

    def press(self, action: str, fields: Mapping[str, str], *, by_script: bool = True) -> Answer:
        """Once; whatever the answer is.  Raises OSError and HTTPException."""
        return self._post(action, fields, headers=_JSON if by_script else {})

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def outbox(self) -> str:
        """The page as it is read, without markup."""
        page = self._until("the outbox", lambda: self._ask("GET", "/outbox/"), (200,))
        return page.text

    def _press(self, action: str, fields: dict[str, str], file: bytes) -> Answer:
        began = time.perf_counter()
        answer = self._post(action, fields, file)
        if answer.status == 201:
            self.waits_s.append(time.perf_counter() - began)
        return answer

    def _until(self, what, ask, wanted: tuple[int, ...]) -> Answer:
        """Asks again as long as nobody answers, or answers that something is amiss."""
        end, said = time.monotonic() + self._patience_s, "nothing"
        while time.monotonic() < end:
            try:
                answer = ask()
            except (OSError, http.client.HTTPException) as problem:
                said = repr(problem)
            else:
                if answer.status in wanted:
                    return answer
                said = f"{answer.status} {answer.location} {answer.text[:300]}"
                if answer.is_sign_in and what != "signing in":
                    self.sign_in()
            time.sleep(_AGAIN_S)
        raise GaveUp(f"{what}: the last answer was {said}")

    def _post(
        self,
        path: str,
        fields: Mapping[str, str],
        file: bytes = b"",
        headers: Mapping[str, str] = _JSON,
    ) -> Answer:
        # The token of the form is good for as long as the cookie is, and no longer.
        current = self._cookies.get("csrftoken") or self._cookies.get("csrf", "")
        kind, body = _encoded(dict(fields), file)
        token = {"Content-Type": kind, "X-CSRFToken": current}
        return self._ask("POST", path, {**headers, **token}, body)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        origin = f"http://127.0.0.1:{self._port}"
        try:
            connection.request(
                method, path, body or None, {"Cookie": cookies, "Origin": origin, **(headers or {})}
            )
            answer = connection.getresponse()
            for each in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = each.partition(";")[0].partition("=")
                self._cookies[name] = value
            text = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, answer.headers.get("Location", ""), text)
        finally:
            connection.close()


def _hidden(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}


def _encoded(fields: Mapping[str, str], file: bytes) -> tuple[str, bytes]:
    if not file:
        return "application/x-www-form-urlencoded", urlencode(fields).encode()
    bound = secrets.token_hex(16)
    parts = [
        f'--{bound}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="files"; filename="file.bin"'
    parts += [f"--{bound}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()]
    return f"multipart/form-data; boundary={bound}", b"".join(
        (*parts, file, f"\r\n--{bound}--\r\n".encode())
    )
