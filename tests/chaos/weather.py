"""What befalls the house: kills, flushes and resets, spread over the sends by chance."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.house import KILLED, House
from tests.lab.smtp_sink import Act

# For 1,000 sends.
KILLS, FLUSHES, RESETS = 50, 5, 20
_STAGES = ("connect", "ehlo", "mail", "rcpt", "data", "end", "end", "end")


@dataclass(frozen=True, slots=True)
class _Blow:
    """``at`` is after how many sends."""

    at: float
    strike: Callable[[], object]


class Weather:
    def __init__(self, house: House, sends: int, chance: random.Random) -> None:
        self._house, self._chance = house, chance
        share = sends / 1000
        blows = [self._kill() for _ in range(max(1, round(KILLS * share)))]
        blows += [house.rig.bell.flush for _ in range(max(1, round(FLUSHES * share)))]
        blows += [self._reset() for _ in range(max(1, round(RESETS * share)))]
        self._blows = sorted(
            (_Blow(chance.uniform(0, sends * 0.97), strike) for strike in blows),
            key=lambda blow: blow.at,
        )
        self._due = threading.Condition()
        self._sent, self._is_over = 0, False
        self._thread = threading.Thread(target=self._run, name="weather", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note_send(self) -> None:
        with self._due:
            self._sent += 1
            self._due.notify()

    def clear_up(self) -> None:
        """Nothing more happens from now on."""
        with self._due:
            self._is_over = True
            self._due.notify()
        self._thread.join(60)
        self._house.rig.sink.forget_plans()

    def _run(self) -> None:
        for blow in self._blows:
            with self._due:
                self._due.wait_for(lambda at=blow.at: self._sent >= at or self._is_over)
                if self._is_over:
                    return
                self._due.wait(self._chance.uniform(0, 0.3))
            try:
                blow.strike()
            except OSError:  # a flush that found Redis dead
                continue

    def _kill(self) -> Callable[[], object]:
        name = self._chance.choice(KILLED)
        return lambda: self._house.kill(name)

    def _reset(self) -> Callable[[], object]:
        stage = self._chance.choice(_STAGES)
        act = Act(then="reset", keep=stage == "end" and self._chance.random() < 0.5)
        return lambda: self._house.rig.sink.plan(stage, act)
