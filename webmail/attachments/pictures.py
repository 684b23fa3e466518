"""Pictures of strangers made new in a jailed child: other octets, nothing but the pixels (T28)."""

import threading
from pathlib import Path

from webmail.message import jail

WALL_TIME_S = 12
MAX_CHILDREN = 2
# PNG, JPEG, GIF, WebP and AVIF by their first octets; SVG never.
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_CHILD = Path(__file__).with_name("picture_child.py")
_places = threading.BoundedSemaphore(MAX_CHILDREN)


def re_encode(content: bytes, max_px: int) -> bytes | None:
    """The picture decoded and written anew, neither side longer than ``max_px``.

    None for what is no picture, or one too large, too slow or broken.  Metadata (EXIF, GPS,
    comments, profiles) is gone; a small animation still moves.
    """
    if not is_picture(content):
        return None
    # However many wait, it is their turn: each has at most WALL_TIME_S.
    with _places:
        made = jail.ask(_CHILD, content, str(int(max_px)), wall_time_s=WALL_TIME_S)
    return made if made is not None and is_picture(made) else None


def is_picture(content: bytes) -> bool:
    """Whether the first octets are those of a format that we decode."""
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    is_avif = content[4:12] in (b"ftypavif", b"ftypavis")
    return is_webp or is_avif or content.startswith(_MAGIC)
