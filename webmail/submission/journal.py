"""What servers have accepted, written down before the database hears of it (F14, F23).

One file a day, one JSON line an acceptance, fsynced.  When a worker dies between the
server's 250 and its own commit, the line is what keeps the message from being unclear.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from webmail.submission.frozen import make_folder, sync_folder

KEEP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The server took attempt ``attempt`` of the row ``key``."""

    key: str
    attempt: int
    message_id: str
    reply: str
    at: datetime


def folder() -> Path:
    return Path(settings.WEBMAIL_DATA_DIR) / "journal"


def write(entry: Acceptance) -> None:
    """The line is on the disk when this returns; raises OSError when it cannot be."""
    make_folder(folder())
    path = folder() / f"{entry.at:%Y-%m-%d}.jsonl"
    is_new = not path.exists()
    fields = [entry.key, entry.attempt, entry.message_id, entry.reply, entry.at.isoformat()]
    # A line break first: a line that a dying process left unfinished must not swallow this one.
    line = b"\n" + json.dumps(fields).encode() + b"\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        written = os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
    if written != len(line):
        raise OSError(f"only {written} of {len(line)} bytes of the journal line fit on the disk")
    if is_new:
        sync_folder(folder())


def entries() -> Iterator[Acceptance]:
    """Every whole line, oldest file first."""
    for path in sorted(folder().glob("*.jsonl")) if folder().is_dir() else ():
        for line in path.read_bytes().splitlines():
            entry = _entry(line)
            if entry is not None:
                yield entry


def _entry(line: bytes) -> Acceptance | None:
    try:
        key, attempt, message_id, reply, at = json.loads(line)
        return Acceptance(key, int(attempt), message_id, reply, datetime.fromisoformat(at))
    except (ValueError, TypeError):
        return None  # torn by a crash, or the empty line before each


def prune(now: datetime) -> None:
    """Drops files too old to matter."""
    oldest = f"{now - KEEP:%Y-%m-%d}.jsonl"
    for path in folder().glob("*.jsonl") if folder().is_dir() else ():
        if path.name < oldest:
            path.unlink(missing_ok=True)
