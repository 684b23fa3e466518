"""What processes and their children cost, from /proc."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and everything it started."""
    found, queue = [], [pid]
    while queue:
        current = queue.pop()
        found.append(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            with suppress(OSError):
                queue += [int(child) for child in task.read_text().split()]
    return found


def cpu_ms(pids: Iterable[int]) -> float:
    """User and system time of these processes and their living children.

    The kernel counts in ticks of 10 ms: one reading may err by one tick for each process, so
    sum over many rounds.  Where it keeps them, the threads' own nanoseconds are taken.
    """
    members = [member for pid in pids for member in family(pid)]
    return sum(_cpu_ms(member) for member in members)


def _cpu_ms(pid: int) -> float:
    exact = _thread_ns(pid)
    if exact:
        return exact / 1e6
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS
    return 0.0


def _thread_ns(pid: int) -> int:
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):
            total += int(path.read_text().split()[0])
    return total


def pss_mb(pids: Iterable[int]) -> float:
    """Proportional set size of each and all it started."""
    return sum(own_pss_mb(member) for pid in pids for member in family(pid))


def own_pss_mb(pid: int) -> float:
    """Of one process alone; a page that processes share is divided among them."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
