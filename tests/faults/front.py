"""A web process in front of a rig's rows, and a person who presses Send in it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from start.child import end
from tests.chaos.browser import Answer, Browser
from tests.faults.rig import ADA, Rig
from tests.hearth import start_web, wait_for
from tests.lab.place import free_port

TYPED = {"to": "ben@hearth.test", "subject": "Firewood", "text": "Dear <Ben>,\n\nbring the saw."}


@contextmanager
def open_front(rig: Rig, *, undo_s: int = 0, **different: str) -> Iterator[int]:
    """Its port.  What it queues waits ``undo_s`` for the tests to send it."""
    port, log = free_port(), rig.folder / "web.log"
    own = {
        "WEBMAIL_BIND": f"127.0.0.1:{port}",
        "WEBMAIL_BASE_URL": f"http://127.0.0.1:{port}",
        "WEBMAIL_UNDO_SECONDS": str(undo_s),
    }
    web = start_web(port, log, {**rig.environment, **own, **different})
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", log)
        yield port
    finally:
        end(web)


def sign_in(rig: Rig, port: int) -> Browser:
    browser = Browser(port, ADA, rig.lab.users[ADA], patience_s=15)
    browser.sign_in()
    return browser


def timed(browser: Browser, action: str, fields: Mapping[str, str], **how: bool) -> "Timed":
    began = time.monotonic()
    answer = browser.press(action, fields, **how)
    return answer, time.monotonic() - began


Timed = tuple[Answer, float]
