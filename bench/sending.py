"""The answer to Send, when a message leaves after Undo, and when one that was scheduled does."""

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

from bench.browser import Replies
from bench.hearth import Hearth
from bench.measure import OURS, Contender, Figures, Job
from bench.measure import run as run_jobs
from bench.stage import FEW, PASSWORD, Stage
from tests.lab.smtp_sink import SmtpSink

_JSON = {"Accept": "application/json"}
_TEXT = "The woodshed is full and the kettle sings. " * 60
_SCHEDULED = 8


class Desk:
    """Somebody who writes one message after another, each to an address of its own."""

    def __init__(self, hearth: Hearth) -> None:
        self._hearth = hearth
        self._action, self._fields = "", dict[str, str]()

    def write(self, recipient: str) -> None:
        page = self._hearth.browser.get("/compose/").body.decode()
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
        action = re.search(r'action="(/compose/\w+/)"', page)
        assert action, "the compose page has no form"
        self._action = action[1]
        self._fields = {name: unescape(value) for name, value in found}
        self._fields |= {"to": recipient, "subject": "Firewood", "text": _TEXT}

    def send(self, do: str = "send") -> Replies:
        answer = self._hearth.browser.post(self._action, self._fields | {"do": do}, _JSON)
        assert answer.status == 201, (answer.status, answer.body[:300])
        return [(answer, b"outgoing")]


def run(stage: Stage, figures: Figures, rounds: int) -> None:
    with _sending(stage) as sink:
        desk = Desk(stage.hearth(FEW))
        run_jobs([_answer(stage, desk)], rounds, stage.cpu_ms, figures)
        _measure_leaving(stage, sink, figures, "undo", "the undo window", "<= 2")
        for number in range(_SCHEDULED):
            desk.write(f"later{number}@hearth.test")
            desk.send(f"later:{_minute_after_next():%Y-%m-%dT%H:%M}")
        _measure_leaving(stage, sink, figures, "later", "the minute it was scheduled for", "<= 30")


@contextmanager
def _sending(stage: Stage) -> Iterator[SmtpSink]:
    """Ours with the sender at work, and a sink that notes when each message came."""
    folder, certificate = stage.folder / "sink", stage.lab.authority.good
    users = {FEW: PASSWORD}
    with SmtpSink(folder, users, security="tls", certificate=certificate) as sink:
        stage.submission_url, stage.left_out = sink.url, set()
        stage.restart(web_workers=1)
        try:
            yield sink
        finally:
            stage.submission_url, stage.left_out = "", {"send"}
            stage.restart(web_workers=1)


def _answer(stage: Stage, desk: Desk) -> Job:
    ours = Contender(
        OURS, lambda _: desk.send(), lambda number: desk.write(f"undo{number}@hearth.test")
    )
    floor = Contender("floor", lambda _: _force(stage.folder))
    return Job("Send answered with 201, all on disk", "p95 <= 300", [ours, floor])


def _force(folder: Path) -> Replies:
    with (folder / "forced").open("wb") as file:
        file.write(_TEXT.encode())
        file.flush()
        os.fsync(file.fileno())
    return []


def _measure_leaving(
    stage: Stage, sink: SmtpSink, figures: Figures, prefix: str, moment: str, goal: str
) -> None:
    """How long after ``send_at`` the text had come, and how long before DATA was committed to."""
    rows = _left(stage, prefix)
    came = {mail.rcpt_to[0]: mail.at for mail in sink.taken}
    late = [came[to] - due.timestamp() for to, due, _ in rows]
    early = [(started - due).total_seconds() for _, due, started in rows]
    note = f"the latest of {len(rows)}; the mean {sum(late) / len(late):.1f} s"
    figures.add(f"a message has left after {moment}", max(late), "s", goal, note)
    figures.add(f"DATA after {moment}, the earliest", min(early), "s", ">= 0")


def _left(stage: Stage, prefix: str) -> list[tuple[str, datetime, datetime]]:
    """Recipient, ``send_at`` and the moment before DATA of each; waits until none is left."""
    path = stage.folder / "data" / "hearth.sqlite3"
    ask = (
        "SELECT json_extract(rcpt_to, '$[0]') AS recipient, send_at, data_started_at, state"
        " FROM submission_outgoing WHERE recipient LIKE ?"
    )
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            rows = database.execute(ask, (f"{prefix}%",)).fetchall()
        if rows and all(state == "done" for *_, state in rows):
            return [(to, _moment(due), _moment(started)) for to, due, started, _ in rows]
        time.sleep(1)
    raise AssertionError(f"not all have left: {[state for *_, state in rows]}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _minute_after_next() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
