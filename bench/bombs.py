"""What messages made to hurt cost their reader, and everybody else while they are opened."""

import time
from collections.abc import Iterable
from statistics import quantiles

from bench.browser import Browser
from bench.hearth import Hearth
from bench.measure import Figures
from bench.opening import opening
from bench.process import pss_mb
from bench.stage import PASSWORD, SMALL, Stage
from tests.web.bombs import BOMBS

VICTIM, NEIGHBOUR = "victim@hearth.test", "neighbour@hearth.test"
_CALM_S = 8
_LETTERS = 50


def run(stage: Stage, figures: Figures) -> None:
    """``SMALL`` lists all the time, while ``VICTIM`` opens one bomb after the other; and, for
    what anybody beside them costs, while ``NEIGHBOUR`` opens letters as fast as they come."""
    bombs = {name: make() for name, make in BOMBS.items()}
    letters = {f"letter {number}": _letter(number) for number in range(_LETTERS)}
    victim, neighbour = _filled(stage, VICTIM, bombs), _filled(stage, NEIGHBOUR, letters)
    reader = stage.hearth(SMALL)
    stage.settle()
    calm = _p95(_reading(reader, lambda began: time.monotonic() - began < _CALM_S))
    before_mb = pss_mb([stage.pid("web")])
    busy, opened = _beside(reader, victim, bombs)
    grown = pss_mb([stage.pid("web")]) - before_mb
    usual, _ = _beside(reader, neighbour, letters)
    worst = max(opened, key=lambda name: opened[name])
    figures.add("bombs: the slowest, to its reader", opened[worst], "ms", "<= 3000", worst)
    figures.add("bombs: others, p95 of a list", busy, "ms", f"<= 2 x {calm:.1f}", "while opened")
    figures.add("bombs: the same beside letters", usual, "ms", "", f"{_LETTERS} letters opened")
    figures.add("bombs: the web process grew by", grown, "MB", "<= 200")


def _letter(number: int) -> bytes:
    text = "What a letter says. " * 200
    head = f"From: Ben <ben@hearth.test>\r\nSubject: Letter {number}\r\nContent-Type: text/html"
    return f"{head}\r\nMessage-ID: <{number}@letters.test>\r\n\r\n<p>{text}</p>\r\n".encode()


def _filled(stage: Stage, address: str, messages: dict[str, bytes]) -> Hearth:
    stage.lab.dovecot.add_user(address, PASSWORD)
    for message in messages.values():
        stage.lab.append(address, "INBOX", message)
    person = Hearth(Browser(stage.port))
    person.sign_in(address, PASSWORD)
    return person


def _beside(
    reader: Hearth, other: Hearth, messages: dict[str, bytes]
) -> tuple[float, dict[str, float]]:
    """The reader's p95, and how long each message took to the one who opened it, in ms."""
    pages = [f"/mail/{place.decode()}/" for place in _in_order(other.refs(other.inbox))]
    paths = {name: (page, f"{page}body/") for name, page in zip(messages, pages, strict=False)}
    with opening(other.browser.port, other.browser.cookies, paths) as under_way:
        waits = _reading(reader, lambda _: under_way.goes_on)
        return _p95(waits), under_way.times_ms()


def _in_order(places: Iterable[bytes]) -> list[bytes]:
    return sorted(places, key=lambda place: int(place.rpartition(b".")[2]))


def _reading(reader: Hearth, goes_on) -> list[float]:
    began, waits = time.monotonic(), []
    while goes_on(began):
        asked = time.perf_counter()
        reader.part(reader.inbox)
        waits.append((time.perf_counter() - asked) * 1000)
        time.sleep(0.02)
    return waits


def _p95(waits: list[float]) -> float:
    return quantiles(waits, n=20)[-1]
