"""Bytes that must not change between "Send" and the server's 250: files of the outbox folder."""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

_PIECE_BYTES = 64 * 1024
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class Damaged(Exception):
    """The file is missing, or is not what was frozen."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A file of the outbox folder, by its own random name."""

    name: str
    sha256: str
    size_bytes: int


def folder() -> Path:
    return Path(settings.WEBMAIL_DATA_DIR) / "outbox"


def freeze(content: bytes) -> Frozen:
    """Writes a file that is on the disk, under its name, when this returns (F26).

    ``content`` must have CRLF line ends only and end with one: a bare CR or LF lets one
    message pose as two (T48).
    """
    if _BARE.search(content) or not content.endswith(b"\r\n"):
        raise ValueError("a message to submit has CRLF line ends only, the last one included")
    make_folder(folder())
    name = secrets.token_hex(16)
    path = folder() / name
    unfinished = path.with_suffix(".new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.rename(path)
    sync_folder(folder())
    return Frozen(name, hashlib.sha256(content).hexdigest(), len(content))


def check(name: str, sha256: str) -> None:
    """Raises Damaged unless the file is whole; asked before each submission."""
    digest = hashlib.sha256()
    try:
        for piece in pieces(name):
            digest.update(piece)
    except OSError as error:
        raise Damaged(f"the stored message cannot be read: {error.strerror}") from error
    if digest.hexdigest() != sha256:
        raise Damaged("the stored message is not the one that was queued")


def pieces(name: str) -> Iterator[bytes]:
    """The content, 64 KB at a time: a message of 50 MB costs no memory."""
    with (folder() / name).open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def read(name: str) -> bytes:
    return (folder() / name).read_bytes()


def is_ascii(name: str) -> bool:
    """False: the message needs 8BITMIME (RFC 6152)."""
    return all(piece.isascii() for piece in pieces(name))


def erase(*names: str) -> None:
    """Removes files; a name that is empty or gone is passed over."""
    for name in set(names) - {""}:
        (folder() / name).unlink(missing_ok=True)


def erase_orphans(known: set[str], *, older_than: float) -> int:
    """Removes files no row names: of a process that died before its commit.

    ``older_than`` is a time of the file system's clock; younger files may belong to a
    transaction that is still open.
    """
    count = 0
    for path in folder().glob("*") if folder().is_dir() else ():
        if path.name not in known and path.stat().st_mtime < older_than:
            path.unlink(missing_ok=True)
            count += 1
    return count


def make_folder(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes new names in a folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
