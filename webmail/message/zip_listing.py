"""What a ZIP file holds, from its central directory alone: nothing is ever unpacked (T30).

PKWARE's APPNOTE 6.3.10, section 4.3: the directory stands at the end of the file, so that
two short stretches tell all.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Read = Callable[[int, int], bytes]
"""The octets of the file from the first number up to the second."""

MOST_SHOWN = 1000
_DIRECTORY_BYTES = 512 * 1024
_TAIL_BYTES = 22 + 65_535 + 76
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_ENTRY = struct.Struct("<4s6H3L5H2L")
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED, _UTF8 = 0x1, 0x800
_ARCHIVE = re.compile(r"\.(zip|jar|apk|7z|rar|tar|t?gz|t?bz2|t?xz|zst|cab|iso)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """``size_bytes`` is what the archive says of the file unpacked; it may lie."""

    name: str
    size_bytes: int
    is_folder: bool
    is_encrypted: bool

    @property
    def is_archive(self) -> bool:
        return not self.is_folder and _ARCHIVE.search(self.name) is not None


@dataclass(frozen=True, slots=True)
class ZipListing:
    """``count`` is of all entries, of which at most MOST_SHOWN are in ``entries``."""

    entries: tuple[ZipEntry, ...]
    count: int

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.entries)


def list_zip(read: Read, size_bytes: int) -> ZipListing | None:
    """The listing; None for what is no ZIP file, or too broken to tell."""
    start = max(size_bytes - _TAIL_BYTES, 0)
    tail = read(start, size_bytes)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return None
    count, length, offset = struct.unpack_from("<HLL", tail, at + 10)
    end = at
    at64 = tail.rfind(_END64, 0, at)
    if _FULL32 in (length, offset) or count == _FULL16:
        if at64 < 0 or len(tail) < at64 + 56:
            return None
        count, length = struct.unpack_from("<QQ", tail, at64 + 32)
        end = at64
    # Before the end, not where it says: something may have been put in front of the file.
    first = start + end - length
    if first < 0:
        return None
    directory = read(first, first + min(length, _DIRECTORY_BYTES))
    entries = tuple(_entries(directory))
    return ZipListing(entries, max(count, len(entries))) if entries or not count else None


def _entries(directory: bytes) -> Iterator[ZipEntry]:
    at = 0
    for _ in range(MOST_SHOWN):
        if len(directory) < at + _ENTRY.size:
            return
        fields = _ENTRY.unpack_from(directory, at)
        flags, size = fields[3], fields[9]
        name_length, extra_length, comment_length = fields[10:13]
        if fields[0] != b"PK\x01\x02":
            return
        at += _ENTRY.size
        raw_name = directory[at : at + name_length]
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment_length
        name = _decoded(raw_name, flags)
        yield ZipEntry(
            name=name,
            size_bytes=_size64(extra) if size == _FULL32 else size,
            is_folder=name.endswith(("/", "\\")),
            is_encrypted=bool(flags & _ENCRYPTED),
        )


def _decoded(name: bytes, flags: int) -> str:
    """Many programs write UTF-8 without saying so; what is not that is the format's own."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("utf-8" if flags & _UTF8 else "cp437", "replace")


def _size64(extra: bytes) -> int:
    """The size in the ZIP64 extra field (4.5.3), where it comes first."""
    at = 0
    while len(extra) >= at + 4:
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1 and length >= 8 and len(extra) >= at + 12:
            return int(struct.unpack_from("<Q", extra, at + 4)[0])
        at += 4 + length
    return _FULL32
