"""What a large mail weighs in the process that builds it and in the one that sends it."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from webmail.attachments import storage
from webmail.submission.models import StoredDraft

_PIECE_BYTES = 64 * 1024


def attach(size_bytes: int, key: str) -> None:
    """A file of that size to a draft, as an upload brings it: a piece at a time."""
    draft = StoredDraft.objects.get(key=key)
    storage.receive(
        _pieces(size_bytes),
        user=draft.user,
        draft_key=draft.key,
        filename="large.bin",
        media_type="application/octet-stream",
        limit_bytes=size_bytes,
    )


def _pieces(size_bytes: int) -> Iterator[bytes]:
    while size_bytes > 0:
        yield os.urandom(min(size_bytes, _PIECE_BYTES))
        size_bytes -= _PIECE_BYTES


def growth_mb(act: Callable[[], object]) -> float:
    """By how much the resident memory of this process passed, at its highest, what it was."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the highest mark begins anew
    before = _kib("VmRSS")
    act()
    return (_kib("VmHWM") - before) / 1024


def begin_weighing(process: str) -> int:
    """What another process weighs now, in KiB; its highest mark begins anew."""
    Path(f"/proc/{process}/clear_refs").write_text("5")
    return _kib("VmRSS", process)


def grown_mb(process: str, before: int) -> float:
    return (_kib("VmHWM", process) - before) / 1024


def _kib(name: str, process: str = "self") -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
