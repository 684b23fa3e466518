"""Lists per second with many users at once, asked from a process of its own.

python -m bench.crowd SECONDS PORT < requests, one as JSON a line
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence

from start.hearth import ROOT


def lists_per_second(port: int, requests: Sequence[bytes], seconds: float) -> tuple[float, float]:
    """How many answers came each second, and the median wait in ms."""
    lines = "\n".join(json.dumps(request.decode()) for request in requests)
    command = [sys.executable, "-m", "bench.crowd", str(seconds), str(port)]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    per_second, p50_ms = json.loads(done.stdout)
    return per_second, p50_ms


async def _ask_again(port: int, request: bytes, until: float, times_ms: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while (began := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head[9:12] == b"200", head
        await _read_body(reader, head)
        times_ms.append((time.perf_counter() - began) * 1000)
    writer.close()


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
    if length:
        await reader.readexactly(int(length[1]))
        return
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()


async def _crowd(port: int, requests: Sequence[bytes], seconds: float) -> tuple[float, float]:
    times_ms: list[float] = []
    began = time.perf_counter()
    asked = (_ask_again(port, each, began + seconds, times_ms) for each in requests)
    await asyncio.gather(*asked)
    taken = time.perf_counter() - began
    return len(times_ms) / taken, sorted(times_ms)[len(times_ms) // 2]


def main() -> None:
    seconds, port = float(sys.argv[1]), int(sys.argv[2])
    requests = [json.loads(line).encode() for line in sys.stdin]
    print(json.dumps(asyncio.run(_crowd(port, requests, seconds))))


if __name__ == "__main__":
    main()
