"""HTML cleaned for reading, remembered by its content for as long as there is room.

Cleaning a newsletter takes longer than all else that opening it does, and the same HTML is
opened again: by the next device, in a conversation, by the others it was sent to.  Whoever
asks holds the HTML, so that the answer tells them nothing they could not work out.  What
an answer has of one message alone, the URLs of its pictures, must be the same to be given.
It is kept in this process only: no store of ours holds a message's text (security.md 4.4).
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from webmail.message import sanitize
from webmail.message.attributes import CidUrl
from webmail.message.safe_html import Blocked, SafeHtml

ROOM_BYTES = 8 * 1024 * 1024
_MOST_BYTES = 1024 * 1024
_OVERHEAD_BYTES = 2048


@dataclass(frozen=True, slots=True)
class _Remembered:
    """``urls`` are the answers that ``cid_url`` gave."""

    html: bytes
    blocked: Blocked
    urls: tuple[tuple[str, str | None], ...]

    @property
    def size_bytes(self) -> int:
        return len(self.html) + _OVERHEAD_BYTES + sum(len(cid) for cid, _ in self.urls)


class _Memory:
    """The last used stay, up to ROOM_BYTES of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def find(self, key: bytes) -> _Remembered | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: bytes, one: _Remembered) -> None:
        if one.size_bytes > _MOST_BYTES:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self.size_bytes += one.size_bytes - (old.size_bytes if old else 0)
            self._kept[key] = one
            while self.size_bytes > ROOM_BYTES:
                self.size_bytes -= self._kept.popitem(last=False)[1].size_bytes

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size_bytes = 0


memory = _Memory()


def sanitize_for_reading(html: str, *, cid_url: CidUrl, **rules: Any) -> tuple[SafeHtml, Blocked]:
    """As ``sanitize.sanitize_for_reading``; ``rules`` are its other arguments."""
    told = repr(sorted(rules.items()))
    key = sha256(f"{told}\0{html}".encode("utf-8", "surrogatepass")).digest()
    found = memory.find(key)
    if found is not None and all(cid_url(cid) == url for cid, url in found.urls):
        return SafeHtml(found.html.decode()), found.blocked
    urls: dict[str, str | None] = {}

    def noted(cid: str) -> str | None:
        urls[cid] = cid_url(cid)
        return urls[cid]

    cleaned, blocked = sanitize.sanitize_for_reading(html, cid_url=noted, **rules)
    if not blocked.reason:
        memory.keep(key, _Remembered(cleaned.encode(), blocked, tuple(urls.items())))
    return cleaned, blocked
