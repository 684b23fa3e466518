"""What messages made to hurt cost their reader, and everybody else while they are opened."""

import threading
import time
from statistics import quantiles

from bench.browser import Browser
from bench.hearth import PART, Hearth
from bench.measure import Figures
from bench.process import pss_mb
from bench.stage import PASSWORD, SMALL, Stage
from tests.web.bombs import BOMBS

VICTIM = "victim@hearth.test"
_CALM_S = 8


def run(stage: Stage, figures: Figures) -> None:
    """``SMALL`` lists and opens all the time, while ``VICTIM`` opens one bomb after the other."""
    lab = stage.lab
    lab.dovecot.add_user(VICTIM, PASSWORD)
    for make in BOMBS.values():
        lab.append(VICTIM, "INBOX", make())
    reader = stage.hearth(SMALL)
    victim = Hearth(Browser(stage.port))
    victim.sign_in(VICTIM, PASSWORD)
    stage.settle()
    calm = _p95(_reading(reader, lambda began: time.monotonic() - began < _CALM_S))
    before_mb = pss_mb([stage.pid("web")])
    opened: dict[str, float] = {}
    opening = threading.Thread(target=_open_all, args=(victim, opened))
    opening.start()
    busy = _p95(_reading(reader, lambda _: opening.is_alive()))
    worst = max(opened, key=lambda name: opened[name])
    grown = pss_mb([stage.pid("web")]) - before_mb
    figures.add("bombs: the slowest, to its reader", opened[worst], "ms", "<= 3000", worst)
    figures.add("bombs: others, p95 of a list", busy, "ms", f"<= 2 x {calm:.1f}", "while opened")
    figures.add("bombs: the web process grew by", grown, "MB", "<= 200")


def _open_all(victim: Hearth, opened: dict[str, float]) -> None:
    places = sorted(victim.refs(victim.inbox))
    for name, place in zip(BOMBS, _in_order(places), strict=False):
        page = f"/mail/{place.decode()}/"
        began = time.perf_counter()
        for path in (page, f"{page}body/"):
            answer = victim.browser.get(path, PART)
            assert answer.status < 500, (name, answer.status)
        opened[name] = (time.perf_counter() - began) * 1000


def _in_order(places: list[bytes]) -> list[bytes]:
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
