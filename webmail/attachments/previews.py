"""Previews of attachments on disk: what a reader sees of a file without saving it.

The web process puts the file beside its preview-to-be and rings; a worker has a jailed
child make the preview (``preview_job.py``) and takes the file away.  A preview is found
by whose it is and by which part of which message it shows, and goes when it was not
looked at for KEEP or when all of them together grow over MOST_BYTES.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from webmail.attachments import preview_job
from webmail.store.mailbox import MessageRef

KEEP = timedelta(days=14)
MOST_BYTES = 200 * 1024 * 1024
MOST_SOURCE_BYTES = 25 * 1024 * 1024
MOST_TEXT_BYTES = 100_000
MOST_WAITING = 30
"""How many files of one person may wait for the worker."""

_GIVEN_UP_S = 60  # a worker that took a file and told nothing is not waited for any longer
_LEFT_S = 3600
_TOUCH_S = 3600
_KEY = re.compile(r"[0-9a-f]{32}")

_PICTURES = frozenset(
    ("jpg", "jpeg", "jpe", "jfif", "png", "gif", "webp", "bmp", "tif", "tiff", "avif")
)
_PICTURE_TYPES = frozenset(f"image/{name}" for name in (*_PICTURES, "pjpeg", "x-ms-bmp"))
_TEXTS = frozenset(
    """
    c cc cfg conf cpp cs css csv diff go h hpp ics ini java json kt less log lua m md patch
    po properties rs rst scss sql srt swift tex toml ts tsv txt vcf yaml yml
    """.split()  # noqa: SIM905  words to read
)


class PreviewRefused(Exception):
    """The file is too large to be shown, or too many wait already (``is_busy``)."""

    def __init__(self, *, is_busy: bool = False) -> None:
        super().__init__("too many wait" if is_busy else "too large")
        self.is_busy = is_busy


@dataclass(frozen=True, slots=True)
class Preview:
    """What was made of a file.  ``kind`` is empty when nothing could be made of it.

    ``shown`` of ``total`` pages are there; ``is_cut`` when a text goes on.
    """

    folder: Path
    kind: str
    shown: int
    total: int
    is_cut: bool

    def picture(self, *, page: int = 0) -> bytes | None:
        """A WebP picture: the small one, or a page, counted from 1."""
        return self._read(f"view-{page}.webp" if page else "thumb.webp")

    def text(self) -> str:
        return (self._read("text.txt") or b"").decode("utf-8", "replace")

    def _read(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None


def kind_of_preview(filename: str, media_type: str) -> str:
    """``picture pdf text``, or empty where no preview is made (office files, above all)."""
    suffix = filename.rpartition(".")[2].lower() if "." in filename else ""
    if media_type in _PICTURE_TYPES or suffix in _PICTURES:
        return "picture"
    if media_type == "application/pdf" or suffix == "pdf":
        return "pdf"
    is_text = suffix in _TEXTS or media_type in ("text/plain", "text/csv")
    return "text" if is_text and suffix not in ("html", "htm") else ""


def has_thumbnail(kind: str) -> bool:
    return kind in ("picture", "pdf")


def key_of(account_id: int, ref: MessageRef, section: str) -> str:
    place = f"{account_id}|{ref.mailbox}|{ref.uidvalidity}|{ref.uid}|{section}"
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def find(user_id: int, key: str) -> Preview | None:
    """The preview, once it is made or has failed."""
    folder = _folder(user_id, key)
    try:
        facts = json.loads((folder / "facts.json").read_bytes())
        age_s = time.time() - (folder / "facts.json").stat().st_mtime
    except (FileNotFoundError, ValueError):
        return None
    if age_s > _TOUCH_S:
        os.utime(folder / "facts.json")
    return Preview(folder, facts["kind"], facts["shown"], facts["total"], facts["is_cut"])


def wait_for(user_id: int, key: str, *, for_s: float) -> Preview | None:
    end = time.monotonic() + for_s
    while (found := find(user_id, key)) is None and time.monotonic() < end:
        time.sleep(0.05)
    return found


def is_waiting(user_id: int, key: str) -> bool:
    """Whether a worker has been rung for it and may still come."""
    try:
        taken_at = (_folder(user_id, key) / "source").stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - taken_at < _GIVEN_UP_S


def receive(
    user_id: int, key: str, pieces: Iterable[bytes], *, kind: str, charset: str, is_cut: bool
) -> None:
    """Puts the file where the worker looks for it; raises PreviewRefused."""
    folder = _folder(user_id, key)
    if sum(1 for _ in folder.parent.glob("*/source")) >= MOST_WAITING:
        raise PreviewRefused(is_busy=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{os.getpid()}-{time.monotonic_ns()}.part"
    try:
        _write(part, pieces)
        question = {"kind": kind, "charset": charset, "is_cut": is_cut}
        _replace(folder / "question.json", json.dumps(question).encode())
        part.replace(folder / "source")
    finally:
        part.unlink(missing_ok=True)


def refuse(user_id: int, key: str) -> None:
    """Remembers that there is nothing to be shown of the file."""
    folder = _folder(user_id, key)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _conclude(folder, preview_job.Made("", 0, 0, {}), is_cut=False)


def make(user_id: int, key: str) -> None:
    """The worker's part.  A file that could not be shown once is not tried again (T34)."""
    folder = _folder(user_id, key)
    source = folder / "source"
    try:
        question = json.loads((folder / "question.json").read_bytes())
        is_there = source.is_file()
    except (FileNotFoundError, ValueError):
        return
    if is_there and not (folder / "facts.json").exists():
        made = preview_job.run(source, question["kind"], question["charset"])
        for name, content in made.files.items():
            _replace(folder / name, content)
        _conclude(folder, made, is_cut=question["is_cut"])
    source.unlink(missing_ok=True)


def sweep(*, now: float) -> int:
    """Removes what is old, then what was not looked at for longest; returns how many."""
    found = sorted(_weighed(), reverse=True)
    room, removed = MOST_BYTES, 0
    for used_at, folder, size, is_whole in found:
        keep_s = KEEP.total_seconds() if is_whole else _LEFT_S
        room -= size
        if now - used_at > keep_s or (room < 0 and is_whole):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _weighed() -> Iterator[tuple[float, Path, int, bool]]:
    """When each was last looked at, its folder, its octets, whether it was made."""
    for folder in _root().glob("*/*"):
        try:
            files = {path.name: path.stat() for path in folder.iterdir()}
            used = files.get("facts.json") or folder.stat()
        except FileNotFoundError:
            continue
        size = sum(each.st_size for each in files.values())
        yield used.st_mtime, folder, size, "facts.json" in files


def _conclude(folder: Path, made: preview_job.Made, *, is_cut: bool) -> None:
    facts = {"kind": made.kind, "shown": made.shown, "total": made.total, "is_cut": is_cut}
    _replace(folder / "facts.json", json.dumps(facts).encode())


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    size = 0
    with path.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > MOST_SOURCE_BYTES:
                raise PreviewRefused
            file.write(piece)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, whoever else writes the same."""
    part = path.with_name(f"{path.name}-{os.getpid()}-{time.monotonic_ns()}.part")
    part.write_bytes(content)
    part.replace(path)


def _root() -> Path:
    return Path(settings.WEBMAIL_DATA_DIR) / "previews"


def _folder(user_id: int, key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} names no preview")
    return _root() / str(int(user_id)) / key
