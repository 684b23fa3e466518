"""A household that writes while everything breaks: security.md 4.5."""

import random
import statistics
import threading
import time
from pathlib import Path

from tests.chaos.browser import Browser, GaveUp
from tests.chaos.count import Count, count
from tests.chaos.house import House
from tests.chaos.letters import Letter, write
from tests.chaos.weather import Weather
from tests.lab.lab import Lab

WRITERS = 6
ADA = "ada@hearth.test"
_ELSEWHERE = ["eve@elsewhere.test", "finn@elsewhere.test", "gül@elsewhere.test"]
_OVER = {"done", "uncertain", "failed"}


def run(folder: Path, lab: Lab, database_url: str, *, sends: int, seed: int) -> Count:
    """Sends, strikes, waits for quiet, and counts.  Progress goes to standard output."""
    chance = random.Random(seed)
    house = House(folder, lab, database_url)
    house.start()
    try:
        return _run(house, sends, chance)
    finally:
        house.stop()


def _run(house: House, sends: int, chance: random.Random) -> Count:
    lab, began = house.lab, time.monotonic()
    addresses = [*(each for each in lab.users if each != ADA), *_ELSEWHERE]
    weather = Weather(house, sends, chance)
    letters = [write(chance, addresses) for _ in range(sends)]
    promised: dict[str, Letter] = {}
    problems: list[str] = []
    browsers = [_browser(house) for _ in range(min(WRITERS, sends))]
    weather.start()

    def work(number: int) -> None:
        browser = browsers[number]
        browser.sign_in()
        for letter in letters[number::WRITERS]:
            try:
                browser.send(letter)
            except GaveUp as problem:
                problems.append(str(problem))
                continue
            promised[letter.token] = letter
            weather.note_send()
            if len(promised) % 100 == 0:
                print(f"{len(promised)} queued, {len(house.rig.sink.taken)} taken", flush=True)

    writers = [threading.Thread(target=work, args=(number,)) for number in range(len(browsers))]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    weather.clear_up()
    _say_waits(browsers, house, problems, time.monotonic() - began)
    house.settle(_is_over, timeout_s=120 + sends / 2)
    with lab.imap(ADA) as imap:
        imap.select_folder("Sent", readonly=True)
        found = imap.fetch(imap.search(), ["BODY.PEEK[]"]) if imap.search() else {}
    copies = [each[b"BODY[]"] for each in found.values()]
    return count(promised, list(house.rig.sink.taken), copies, browsers[0].outbox())


def _browser(house: House) -> Browser:
    return Browser(house.port, ADA, house.lab.users[ADA], patience_s=120)


def _is_over(rows: list[dict]) -> bool:
    return all(row["state"] in _OVER and row["next_attempt_at"] is None for row in rows)


def _say_waits(browsers: list[Browser], house: House, problems: list[str], seconds: float) -> None:
    waits = sorted(wait for browser in browsers for wait in browser.waits_s)
    p95 = waits[int(len(waits) * 0.95)] if waits else 0.0
    print(
        f"queued in {seconds:.0f} s beside {house.kills} kills; a press of Send was answered in "
        f"{statistics.median(waits or [0.0]) * 1000:.0f} ms (p95 {p95 * 1000:.0f})",
        flush=True,
    )
    for each in problems:
        print(f"never queued, and the writer knows: {each}", flush=True)
