"""A child process for work on hostile input: limited in time and memory, killed when late (T34).

The child is a file of ours, started by its path and isolated (``-I``), so that it imports
from this tree only.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

CPU_S = 2
MEMORY_BYTES = 512 * 1024 * 1024
WALL_TIME_S = 8


def confine(*, cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES) -> None:
    """The first thing a child does.  Whoever reads something harmless goes first."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def ask(
    child: Path, question: bytes, *words: str, wall_time_s: float = WALL_TIME_S
) -> bytes | None:
    """What the child writes when told ``question``; None when it was too slow or broke.

    ``words`` are its arguments, of ours and never of a message.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own file, no shell, no argument of others
            [sys.executable, "-I", str(child), *words],
            input=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=wall_time_s,
            env={},
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return done.stdout
