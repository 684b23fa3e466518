"""A ZIP file written as it is sent: memory holds one piece, whatever the files' sizes."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # all that the format can say
_LARGE_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive; ``name`` has ``/`` between folders and is harmless already.

    ``size_bytes`` is about how large it is: what may pass 4 GB needs other headers.
    """

    name: str
    size_bytes: int
    pieces: Iterable[bytes]


def zip_pieces(members: Iterable[Member], at: datetime) -> Iterator[bytes]:
    """Every file dated ``at``; a file's sizes follow it, as they are not known before.

    Deflated a little even where that gains nothing: programs that unpack as they read
    cannot tell where a stored file of unknown size ends.
    """
    out = _Passing()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]
        for member in members:
            info = zipfile.ZipInfo(member.name, _dos_time(at))
            info.compress_type = zipfile.ZIP_DEFLATED
            info._compresslevel = 1  # type: ignore[attr-defined]
            info.external_attr = 0o644 << 16
            is_large = member.size_bytes > _LARGE_BYTES
            with archive.open(info, "w", force_zip64=is_large) as file:
                for piece in member.pieces:
                    file.write(piece)
                    yield from out.take()
            yield from out.take()
    yield from out.take()


def unique_names(names: Iterable[str]) -> list[str]:
    """The same names, a number added where one would hide another on any system's disk."""
    taken: set[str] = set()
    found = []
    for name in names:
        path, unique, number = PurePosixPath(name), name, 1
        while unique.casefold() in taken:
            number += 1
            unique = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        taken.add(unique.casefold())
        found.append(unique)
    return found


def _dos_time(at: datetime) -> tuple[int, int, int, int, int, int]:
    year = min(max(at.year, _FIRST_YEAR), _LAST_YEAR)
    return (year, at.month, at.day, at.hour, at.minute, at.second)


class _Passing(io.RawIOBase):
    """Takes what the archive writes and gives it on; it cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, octets: object) -> int:
        self._written.append(bytes(octets))  # type: ignore[call-overload]
        return len(self._written[-1])

    def take(self) -> Iterator[bytes]:
        """What was written since the last time."""
        if self._written:
            yield b"".join(self._written)
            self._written.clear()
