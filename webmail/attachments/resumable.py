"""Files that come in pieces and go on where a broken line left them (tus 1.0.0).

What has arrived lies beside the whole files and its length is the offset.  A whole one is
forced to disk and renamed before its row is made, as in ``storage``.  What no longer lies there
has become whole, so that whoever did not hear the answer to the last piece still learns that.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import new as new_digest
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from webmail.accounts import disk
from webmail.accounts.models import User
from webmail.attachments import storage
from webmail.attachments.models import Place, Unfinished, Upload

KEEP = timedelta(hours=24)
MOST_AT_ONCE = 100
# How many whole messages of the largest size one person may have on their way.
MOST_MESSAGES = 4
ALGORITHMS = ("sha1", "sha256")


class TooManyUnfinished(Exception):
    """This person has enough on the way."""


class OffsetMismatch(Exception):
    """The piece does not begin where the file ends."""


class ChecksumMismatch(Exception):
    """The piece was damaged on its way; nothing of it is kept."""


class TooLong(Exception):
    """The piece reaches beyond the length that was announced."""


class Busy(Exception):
    """Another request is writing this very file."""


class Gone(Exception):
    """It expired, or was taken off while a piece came."""


def begin(
    *, user: User, draft_key: str, filename: str, media_type: str, size_bytes: int, content_id: str
) -> Unfinished:
    """Raises TooManyUnfinished, or DiskFull where there is no room for all of it."""
    coming = [row.size_bytes for row in _alive().filter(user=user) if _path(row).exists()]
    most_bytes = MOST_MESSAGES * settings.WEBMAIL_MAX_MESSAGE_BYTES
    if len(coming) >= MOST_AT_ONCE or sum(coming) + size_bytes > most_bytes:
        raise TooManyUnfinished
    disk.must_have_room(size_bytes)
    row = Unfinished.objects.create(
        user=user,
        draft_key=draft_key,
        filename=storage.clean_filename(filename),
        media_type=storage.clean_media_type(media_type),
        size_bytes=size_bytes,
        content_id=content_id,
        touched_at=timezone.now(),
    )
    _path(row).touch(mode=0o600)
    if not size_bytes:
        _finish(row)
    return row


def of_draft(user: User, draft_key: str) -> list[Unfinished]:
    """Those of which something is missing, oldest first."""
    rows = _alive().filter(user=user, draft_key=draft_key).order_by("id")
    return [row for row in rows if _path(row).exists()]


def find(user: User, draft_key: str, key: str) -> Unfinished | None:
    return Unfinished.objects.filter(user=user, draft_key=draft_key, key=key).first()


def expires_at(row: Unfinished) -> datetime:
    return row.touched_at + KEEP


def offset_of(row: Unfinished) -> int:
    """How much has arrived; raises Gone."""
    if expires_at(row) < timezone.now():
        raise Gone
    try:
        return _path(row).stat().st_size
    except FileNotFoundError:
        find_whole(row)
        return row.size_bytes  # the file may have another key since: a photo without its place


def find_whole(row: Unfinished) -> Upload | None:
    """The file that it became."""
    if not _path(row).exists() and storage.path_of(row.key).exists():
        return _register(row)  # a crash came between the two steps
    return Upload.objects.filter(user=row.user, draft_key=row.draft_key, key=row.key).first()


def append(
    row: Unfinished, pieces: Iterable[bytes], *, offset: int, checksum: tuple[str, bytes] | None
) -> int:
    """Writes a piece at ``offset`` and answers with the new one.

    What came before the line broke is kept, unless a ``checksum`` was to prove it.
    """
    if offset_of(row) != offset:
        raise OffsetMismatch
    if offset == row.size_bytes:
        return offset
    with _locked(row) as file:
        if file.seek(0, os.SEEK_END) != offset:
            raise OffsetMismatch
        try:
            with disk.full_is_told():
                end = _write(file, pieces, row.size_bytes, checksum)
        except (ChecksumMismatch, TooLong, disk.DiskFull):
            file.truncate(offset)
            raise
        Unfinished.objects.filter(pk=row.pk).update(touched_at=timezone.now())
        if end == row.size_bytes:
            os.fsync(file.fileno())
            _finish(row)
        return end


def abandon(row: Unfinished) -> None:
    """Takes away what has arrived, not the file that it has become."""
    row.delete()
    _path(row).unlink(missing_ok=True)


def sweep(now: datetime) -> int:
    old = list(Unfinished.objects.filter(touched_at__lt=now - KEEP))
    for row in old:
        abandon(row)
    return len(old)


# -- files ----------------------------------------------------------------------------------------


def _alive() -> QuerySet[Unfinished]:
    return Unfinished.objects.filter(touched_at__gte=timezone.now() - KEEP)


def _path(row: Unfinished) -> Path:
    return storage.path_of(f"{row.key}.unfinished")


@contextmanager
def _locked(row: Unfinished) -> Iterator[BinaryIO]:
    try:
        file = _path(row).open("r+b", buffering=0)
    except FileNotFoundError as problem:
        raise Busy from problem  # another request has just finished it
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Busy from problem
        yield file  # type: ignore[misc]


def _write(
    file: BinaryIO, pieces: Iterable[bytes], most: int, checksum: tuple[str, bytes] | None
) -> int:
    digest = new_digest(checksum[0], usedforsecurity=False) if checksum else None
    end = file.tell()
    for piece in pieces:
        end += len(piece)
        if end > most:
            raise TooLong
        _write_all(file, piece)
        if digest:
            digest.update(piece)
    if digest and checksum and digest.digest() != checksum[1]:
        raise ChecksumMismatch
    return end


def _write_all(file: BinaryIO, piece: bytes) -> None:
    """An unbuffered file takes what fits, and says no only when nothing does."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


def _finish(row: Unfinished) -> None:
    try:
        _path(row).replace(storage.path_of(row.key))
    except FileNotFoundError as problem:
        raise Gone from problem
    _register(row)


def _register(row: Unfinished) -> Upload:
    return storage.register(
        row.key,
        user=row.user,
        draft_key=row.draft_key,
        filename=row.filename,
        media_type=row.media_type,
        content_id=row.content_id,
        place=Place.TEXT if row.content_id else Place.FILE,
    )
