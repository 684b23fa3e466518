"""Uploaded files on disk: under our own key, never under their name (T26, T31).

A file is written to a passing name, forced to disk and renamed, and only then is its row
made: a row always has its whole file.  A file without a row is a left-over of a crash and
goes with the sweep.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from webmail.accounts import disk
from webmail.accounts.models import User, new_key
from webmail.attachments.models import Place, Upload

KEEP_ORPHANS = timedelta(hours=24)
_PIECE_BYTES = 64 * 1024


class UploadTooLarge(Exception):
    """More than ``limit_bytes`` came; nothing is kept."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"more than {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class UploadDamaged(Exception):
    """The file is missing, or is not what was uploaded (F36)."""


def receive(
    pieces: Iterable[bytes],
    *,
    user: User,
    draft_key: str,
    filename: str,
    media_type: str,
    limit_bytes: int,
    content_id: str = "",
    place: Place = Place.FILE,
    once: bool = False,
) -> Upload:
    """Writes a file as it comes and stops at ``limit_bytes`` (UploadTooLarge).

    Raises DiskFull where there is no room for it.

    With ``once`` the same file of the same name in the same draft is one row, however
    often it is brought: a form sent twice attaches nothing twice (F01).
    """
    with _written(pieces, limit_bytes) as (part, size_bytes, sha256):
        key = _key_of(draft_key, filename + content_id, sha256) if once else new_key()
        part.replace(path_of(key))
    upload, _ = Upload.objects.get_or_create(
        key=key,
        user=user,
        draft_key=draft_key,
        defaults={
            "filename": clean_filename(filename),
            "media_type": clean_media_type(media_type),
            "size_bytes": size_bytes,
            "sha256": sha256,
            "content_id": content_id,
            "place": place,
        },
    )
    return upload


def register(
    key: str,
    *,
    user: User,
    draft_key: str,
    filename: str,
    media_type: str,
    content_id: str,
    place: Place,
) -> Upload:
    """The row of a file that is in its place already; a second call finds the first one's."""
    path = path_of(key)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    upload, _ = Upload.objects.get_or_create(
        key=key,
        user=user,
        draft_key=draft_key,
        defaults={
            "filename": filename,
            "media_type": media_type,
            "size_bytes": path.stat().st_size,
            "sha256": digest.hexdigest(),
            "content_id": content_id,
            "place": place,
        },
    )
    return upload


def replace(upload: Upload, content: bytes) -> None:
    """Another content under the same name and at the same place, in a file of its own."""
    old = path_of(upload.key)
    with _written([content], len(content)) as (part, size_bytes, sha256):
        key = new_key()
        part.replace(path_of(key))
    upload.key, upload.size_bytes, upload.sha256 = key, size_bytes, sha256
    upload.save(update_fields=["key", "size_bytes", "sha256"])
    old.unlink(missing_ok=True)


def make_distinct(upload: Upload) -> None:
    """Of two files of one name in a draft the later becomes ``photo (2).jpg``."""
    others = uploads_of(upload.user, upload.draft_key)
    taken = {each.filename.casefold() for each in others if each.pk != upload.pk}
    stem, dot, suffix = upload.filename.rpartition(".")
    stem, dot, suffix = (stem, dot, suffix) if stem else (upload.filename, "", "")
    name, number = upload.filename, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}){dot}{suffix}"
    if name != upload.filename:
        upload.filename = name
        upload.save(update_fields=["filename"])


def first_bytes(upload: Upload) -> bytes:
    with path_of(upload.key).open("rb") as file:
        return file.read(16)


def path_of(key: str) -> Path:
    """Where the file of that key is, or will be."""
    return _folder() / key


def read(upload: Upload) -> bytes:
    """The whole file, proved to be the one that was uploaded; raises UploadDamaged."""
    try:
        content = path_of(upload.key).read_bytes()
    except FileNotFoundError as problem:
        raise UploadDamaged(upload.filename) from problem
    if len(content) != upload.size_bytes or hashlib.sha256(content).hexdigest() != upload.sha256:
        raise UploadDamaged(upload.filename)
    return content


def uploads_of(user: User, draft_key: str) -> list[Upload]:
    """The files of a draft, in the order they were added."""
    return list(Upload.objects.filter(user=user, draft_key=draft_key).order_by("id"))


def copy_to(upload: Upload, draft_key: str) -> Upload:
    """The same file for another draft of the same person."""
    pieces = _pieces(path_of(upload.key))
    return receive(
        pieces,
        user=upload.user,
        draft_key=draft_key,
        filename=upload.filename,
        media_type=upload.media_type,
        limit_bytes=upload.size_bytes,
        content_id=upload.content_id,
        place=Place(upload.place),
    )


def remove(upload: Upload) -> None:
    upload.delete()
    path_of(upload.key).unlink(missing_ok=True)


def sweep(now: datetime, *, existing: Callable[[Iterable[str]], set[str]]) -> int:
    """Removes files that are a day old and whose draft is gone; returns how many.

    ``existing`` says which of some draft keys still name a draft.
    """
    old = list(Upload.objects.filter(created_at__lt=now - KEEP_ORPHANS))
    wanted = existing({upload.draft_key for upload in old})
    orphans = [upload for upload in old if upload.draft_key not in wanted]
    for upload in orphans:
        remove(upload)
    return len(orphans) + _sweep_left_overs(now)


def clean_filename(name: str) -> str:
    """A name without folders and control characters, at most 200 characters, never empty."""
    leaf = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(c for c in leaf if c.isprintable()).strip(". ")
    stem, dot, suffix = printable.rpartition(".")
    if len(printable) > 200 and dot and len(suffix) < 20:
        return f"{stem[: 199 - len(suffix)]}.{suffix}"
    return printable[:200] or "attachment"


def clean_media_type(media_type: str) -> str:
    """A type as a browser claims it, made harmless to write into a header."""
    main, _, sub = media_type.partition(";")[0].strip().lower().partition("/")
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-")
    if not main or not sub or not set(main + sub) <= allowed or len(media_type) > 120:
        return "application/octet-stream"
    # A multipart cannot be attached as a leaf.
    return "application/octet-stream" if main == "multipart" else f"{main}/{sub}"


# -- files ----------------------------------------------------------------------------------------


def _folder() -> Path:
    folder = settings.WEBMAIL_DATA_DIR / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(folder)


@contextmanager
def _written(pieces: Iterable[bytes], limit_bytes: int) -> Iterator[tuple[Path, int, str]]:
    """A file on disk under a passing name, its size and digest; removed if nobody takes it."""
    disk.must_have_room()
    part = _folder() / f"{new_key()}.part"
    try:
        with disk.full_is_told(), part.open("wb") as file:
            size_bytes, sha256 = _copy(pieces, file, limit_bytes)
            file.flush()
            os.fsync(file.fileno())
        yield part, size_bytes, sha256
    finally:
        part.unlink(missing_ok=True)


def _key_of(draft_key: str, filename: str, sha256: str) -> str:
    return hashlib.sha256(f"{draft_key}|{filename}|{sha256}".encode()).hexdigest()[:12]


def _copy(pieces: Iterable[bytes], file: BinaryIO, limit_bytes: int) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        size += len(piece)
        if size > limit_bytes:
            raise UploadTooLarge(limit_bytes)
        digest.update(piece)
        file.write(piece)
    return size, digest.hexdigest()


def _pieces(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _sweep_left_overs(now: datetime) -> int:
    limit = (now - KEEP_ORPHANS).timestamp()
    removed = 0
    for path in _folder().iterdir():
        is_ours = Upload.objects.filter(key=path.name).exists()
        if path.stat().st_mtime < limit and not is_ours:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
