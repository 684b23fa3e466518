"""The clock of the send worker: looks every half second for rows whose time has come.

Celery's ETA tasks are not used: Redis hands an unacknowledged one out again after an hour,
and a flush forgets it.  The time is in the row; one indexed query finds it, so DATA starts
within two seconds of the undo window's end whatever became of Redis.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections

from webmail.submission import pipeline

log = logging.getLogger(__name__)

TICK_S = 0.5
SWEEP_S = 15.0
RING_AGAIN_S = 5.0  # a hint may be lost, or wait behind others

Ring = Callable[[int], None]


class Clock:
    """Rings for due rows until ``stopping`` is set; each row at most every 5 s."""

    def __init__(
        self,
        deliver: Ring,
        finish: Ring,
        stopping: threading.Event,
        sweep: Callable[[], pipeline.Due] = pipeline.sweep,
    ) -> None:
        self._sweep = sweep
        self._deliver = deliver
        self._finish = finish
        self._stopping = stopping
        self._rung: dict[tuple[str, int], float] = {}
        self._swept = 0.0

    def run(self) -> None:
        self._guarded(pipeline.tidy)
        while not self._stopping.wait(TICK_S):
            self._guarded(self.tick)

    def tick(self) -> None:
        now = time.monotonic()
        if now - self._swept >= SWEEP_S:
            self._swept = now
            found = self._sweep()
        else:
            found = pipeline.due()
        self._rung = {key: at for key, at in self._rung.items() if now - at < RING_AGAIN_S}
        self._ring("deliver", self._deliver, found.deliver, now)
        self._ring("finish", self._finish, found.finish, now)

    def _ring(self, name: str, ring: Ring, ids: tuple[int, ...], now: float) -> None:
        for outgoing_id in ids:
            if self._stopping.is_set():
                return
            if (name, outgoing_id) not in self._rung:
                self._rung[name, outgoing_id] = now
                ring(outgoing_id)

    def _guarded(self, act: Callable[[], None]) -> None:
        """The clock outlives a database that is away, and our own mistakes."""
        try:
            act()
        except (DatabaseError, OSError) as error:
            log.error("the outbox clock could not look: %s", error)
        except Exception:
            log.exception("the outbox clock stumbled")
        finally:
            close_old_connections()
