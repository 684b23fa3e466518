"""Pictures that were fetched for somebody, kept for that person alone.

A file per picture, named by a digest of its URL, in a folder per person: nobody learns by a
quick answer what another one has seen.  An empty file says that there was nothing to show.
"""

import hashlib
import os
import time
from pathlib import Path

from django.conf import settings

from webmail.accounts.models import User, new_key

MAX_BYTES = 200 * 1024 * 1024
FAILURE_S = 600
_SWEEP_EVERY = 16


def find(user: User, url: str) -> bytes | None:
    """The picture; empty where it failed lately; None where it has to be fetched."""
    path = _path(user, url)
    try:
        content = path.read_bytes()
        if not content and time.time() - path.stat().st_mtime > FAILURE_S:
            return None
        if content:
            os.utime(path)
    except OSError:
        return None
    return content


def keep(user: User, url: str, content: bytes) -> None:
    path = _path(user, url)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{new_key()}.part")
    part.write_bytes(content)
    part.replace(path)
    if int(path.name[:4], 16) % _SWEEP_EVERY == 0:
        make_room(path.parent)


def forget(user: User) -> None:
    """All that was fetched for somebody."""
    for path in _files(_folder(user)):
        path.unlink(missing_ok=True)


def make_room(folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Removes what was longest not looked at, until the rest fits."""
    dated = []
    for path in _files(folder):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        dated.append((state.st_mtime, state.st_size, path))
    excess = sum(size for _, size, _ in dated) - max_bytes
    for _, size, path in sorted(dated):
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= size


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _folder(user: User) -> Path:
    return Path(settings.WEBMAIL_DATA_DIR) / "pictures" / str(user.pk)


def _path(user: User, url: str) -> Path:
    return _folder(user) / hashlib.sha256(url.encode()).hexdigest()
