"""winmail.dat and .msg files opened in a child process, as the messages they stand for (T34)."""

import threading
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

from webmail.message import jail

MAX_FILE_BYTES = 20_000_000
# Of winmail.dat, and of the compound files that .msg is one of.
_SIGNATURES = (b"\x78\x9f\x3e\x22", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_MAX_REMEMBERED = 1000
_MAX_KEPT = 8
_MAX_KEPT_BYTES = 4_000_000
_CHILD = Path(__file__).with_name("opening_child.py")

_places = threading.BoundedSemaphore(2)
_lock = threading.Lock()
_failed: "OrderedDict[bytes, None]" = OrderedDict()
_kept: "OrderedDict[bytes, bytes]" = OrderedDict()


def opened(octets: bytes) -> bytes | None:
    """A message (RFC 5322) with what the file holds; None when it cannot be opened.

    What failed once is not tried again.
    """
    if len(octets) > MAX_FILE_BYTES or not octets.startswith(_SIGNATURES):
        return None
    digest = sha256(octets).digest()
    with _lock:
        if digest in _failed:
            return None
        if digest in _kept:
            return _kept[digest]
    if not _places.acquire(timeout=jail.WALL_TIME_S):
        return None
    try:
        message = jail.ask(_CHILD, octets)
    finally:
        _places.release()
    _remember(digest, message)
    return message or None


def _remember(digest: bytes, message: bytes | None) -> None:
    with _lock:
        if not message:
            _failed[digest] = None
        elif len(message) <= _MAX_KEPT_BYTES:
            _kept[digest] = message
        for remembered, limit in ((_failed, _MAX_REMEMBERED), (_kept, _MAX_KEPT)):
            while len(remembered) > limit:
                remembered.popitem(last=False)
