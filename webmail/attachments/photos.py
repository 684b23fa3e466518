"""Photos among the files of a draft: made smaller, or silent about where they were taken.

The words in ``Upload.photo`` are the questions that are still open about one.
"""

import threading
from pathlib import Path

from webmail.attachments import photo_marks, storage
from webmail.attachments.models import Upload
from webmail.message import jail

LARGE_BYTES = 1_500_000
SIZES = {"small": 1280, "medium": 2048}  # pixels of the longer side
LARGE, PLACE, HEIC, TOLD = "large", "place", "heic", "told"
WALL_TIME_S = 25
_CHILD = Path(__file__).with_name("photo_child.py")
_one_at_a_time = threading.Lock()


def examine(upload: Upload) -> None:
    """Notes what there is to ask about a file that has just arrived."""
    first = storage.first_bytes(upload)
    if photo_marks.is_heic(first):
        return _note(upload, {HEIC})
    if photo_marks.is_photo(first):
        found = {LARGE} if upload.size_bytes >= LARGE_BYTES else set()
        if photo_marks.has_place(storage.read(upload)):
            found.add(PLACE)
        _note(upload, found)
    return None


def asked(upload: Upload) -> set[str]:
    return set(upload.photo.split())


def settle(upload: Upload, question: str) -> None:
    """The answer is that it stays as it is."""
    _note(upload, asked(upload) - {question})


def strip(upload: Upload) -> bool:
    """Takes out what the photo says beside its pixels, which stay as they are."""
    without = photo_marks.without_marks(storage.read(upload))
    if without is None:
        return False
    storage.replace(upload, without)
    _note(upload, asked(upload) - {PLACE} | {TOLD})
    return True


def shrink(upload: Upload, size: str) -> bool:
    """False where it cannot be made smaller; it then stays as it is."""
    content = storage.read(upload)
    with _one_at_a_time:
        made = jail.ask(_CHILD, content, str(SIZES[size]), wall_time_s=WALL_TIME_S)
    _note(upload, asked(upload) - {LARGE})
    if not made or len(made) >= len(content) or not photo_marks.is_photo(made):
        return False
    storage.replace(upload, made)
    return True


def _note(upload: Upload, words: set[str]) -> None:
    upload.photo = " ".join(sorted(words))
    upload.save(update_fields=["photo"])
