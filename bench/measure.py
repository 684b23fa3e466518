"""Doing jobs again and again, contenders in turn, so that a slow moment falls on all alike."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from bench.browser import Replies

OURS = "Hearth"
Act = Callable[[int], Replies]


def nothing(_round: int) -> None:
    return None


@dataclass
class Contender:
    """One of those who do the job.  ``prepare`` is not on the clock; both get the round."""

    name: str
    act: Act
    prepare: Callable[[int], None] = nothing
    times_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    wire_bytes: int = 0

    def once(self, number: int, cpu: Callable[[], float]) -> None:
        self.prepare(number)
        used = cpu() if self.name == OURS else 0.0
        began = time.perf_counter()
        replies = self.act(number)
        self.times_ms.append((time.perf_counter() - began) * 1000)
        if self.name == OURS:
            self.cpu_ms += cpu() - used
        self.wire_bytes = sum(answer.wire_bytes for answer, _ in replies)
        for answer, wanted in replies:
            good = answer.status < 400 and wanted in answer.body
            assert good, (self.name, answer.status, wanted, answer.body[:600])


@dataclass
class Job:
    """A row of the table.  A job of seconds may have few rounds; the table says how many."""

    name: str
    to_reach: str
    contenders: list[Contender]
    rounds: int = 1000
    needs_warming: bool = True


@dataclass
class Figures:
    """What a run found; written as JSON, drawn by report.py."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    single: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, str]] = field(default_factory=list)

    def add(self, job: str, value: float, unit: str, to_reach: str = "", note: str = "") -> None:
        print(f"  {job}: {value:.4g} {unit}  {note}", flush=True)
        found = {"job": job, "value": round(value, 3), "unit": unit}
        self.single.append(found | {"to_reach": to_reach, "note": note})

    def gap(self, job: str, reason: str) -> None:
        print(f"  {job}: not measured: {reason}", flush=True)
        self.gaps.append({"job": job, "reason": reason})

    def as_json(self) -> dict[str, Any]:
        return {
            "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
            "cores": os.cpu_count(),
            "rows": self.rows,
            "single": self.single,
            "gaps": self.gaps,
        }


def run(jobs: Iterable[Job], rounds: int, cpu: Callable[[], float], figures: Figures) -> None:
    """All contenders of a job by turns; a job that fails is a gap with its reason."""
    for job in jobs:
        load = os.getloadavg()[0]
        try:
            _run_job(job, min(rounds, job.rounds), cpu)
        except (AssertionError, OSError) as problem:
            figures.gap(job.name, str(problem)[:300])
            continue
        found = [_row(job, contender, load) for contender in job.contenders]
        figures.rows += found
        print("\n".join(_line(each) for each in found), flush=True)


def _run_job(job: Job, rounds: int, cpu: Callable[[], float]) -> None:
    for number in range(-1 if job.needs_warming else 0, rounds):
        for contender in job.contenders:
            contender.once(number, cpu)
            if number < 0:
                contender.times_ms.clear()
                contender.cpu_ms = 0.0


def _row(job: Job, contender: Contender, load: float) -> dict[str, Any]:
    times = contender.times_ms
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return {
        "job": job.name,
        "contender": contender.name,
        "rounds": len(times),
        "p50_ms": round(median(times), 2),
        "p95_ms": round(p95, 2),
        "best_ms": round(min(times), 2),
        "cpu_ms": round(contender.cpu_ms / len(times), 2) if contender.name == OURS else None,
        "wire_bytes": contender.wire_bytes,
        "to_reach": job.to_reach,
        "load": round(load, 1),
    }


def _line(row: dict[str, Any]) -> str:
    cpu = f"cpu {row['cpu_ms']:.1f}" if row["cpu_ms"] is not None else ""
    goal = f"  [{row['to_reach']}]" if row["contender"] == OURS else ""
    return (
        f"{row['job']:<48}{row['contender']:<18}p50 {row['p50_ms']:>8.1f}  p95 "
        f"{row['p95_ms']:>8.1f}  best {row['best_ms']:>7.1f}  {cpu:<10}"
        f"{row['wire_bytes']:>8} B  n={row['rounds']} load {row['load']}{goal}"
    )
