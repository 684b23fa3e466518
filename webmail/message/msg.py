""".msg files: a message as Outlook saves it (MS-OXMSG), read by olefile.

Runs in a child process (``opening_job``).
"""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import olefile

from webmail.message.charset import decode_text
from webmail.message.enclose import (
    UNNAMED,
    Enclosed,
    EnclosedFile,
    message_bytes,
    written_address,
)
from webmail.message.header import first, split_fields
from webmail.message.mapi import Properties, body_of, windows_date

MAX_DEPTH = 5
MAX_FILES = 500
_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAM = "__substg1.0_"
_FIXED = "__properties_version1.0"
_STORED = "__substg1.0_3701000D"
_EMBEDDED_METHOD = 5
_RECIPIENTS = {1: "To", 2: "Cc", 3: "Bcc"}

Path = tuple[str, ...]


def is_msg(octets: bytes) -> bool:
    return octets.startswith(_SIGNATURE)


def enclosed_in_msg(octets: bytes) -> Enclosed | None:
    """None for what is no .msg file, among it every other file of the same container."""
    if not is_msg(octets):
        return None
    try:
        ole = olefile.OleFileIO(BytesIO(octets))
        return _Reader(ole).message((), 0)
    except Exception:  # noqa: BLE001 - of octets that are none, olefile raises what it likes
        return None


class _Reader:
    def __init__(self, ole: Any) -> None:
        self._ole = ole
        self._children: dict[Path, set[str]] = {}
        for entry in ole.listdir(streams=True, storages=True):
            self._children.setdefault(tuple(entry[:-1]), set()).add(entry[-1])

    def message(self, place: Path, depth: int) -> Enclosed | None:
        if _FIXED not in self._children.get(place, ()):
            return None
        properties = self._properties(place, header_bytes=24 if place else 32)
        found = body_of(properties)
        storages = sorted(self._children.get(place, ()))
        files = [s for s in storages if s.startswith("__attach_version1.0_#")][:MAX_FILES]
        return Enclosed(
            fields=tuple(self._fields(place, properties, storages)),
            text=found.text,
            html=found.html,
            files=tuple(self._file((*place, name), depth) for name in files),
        )

    def _fields(
        self, place: Path, properties: Properties, storages: list[str]
    ) -> Iterator[tuple[str, str]]:
        fields = split_fields(_text(properties.get(0x007D)).encode("utf-8", "replace"))
        addresses = [_text(properties.get(n)) for n in (0x5D01, 0x5D02, 0x0C1F, 0x0065)]
        address = next((a for a in addresses if "@" in a), "")
        name = _text(properties.get(0x0C1A)) or _text(properties.get(0x0042))
        yield "Subject", _text(properties.get(0x0037))
        yield "From", written_address(name, address)
        by_kind: dict[str, list[str]] = {}
        for storage in (s for s in storages if s.startswith("__recip_version1.0_#")):
            kind, written = self._recipient((*place, storage))
            by_kind.setdefault(kind, []).append(written)
        for kind, people in by_kind.items():
            yield kind, ", ".join(filter(None, people))
        date = windows_date(properties.get(0x0039)) or windows_date(properties.get(0x0E06))
        yield "Date", date or decode_text(first(fields, "Date"))
        yield (
            "Message-ID",
            _text(properties.get(0x1035)) or decode_text(first(fields, "Message-ID")),
        )

    def _recipient(self, place: Path) -> tuple[str, str]:
        properties = self._properties(place, header_bytes=8)
        addresses = [_text(properties.get(n)) for n in (0x39FE, 0x3003)]
        address = next((a for a in addresses if "@" in a), "")
        kind = _RECIPIENTS.get(properties.get(0x0C15, 1), "To")
        return kind, written_address(_text(properties.get(0x3001)), address)

    def _file(self, place: Path, depth: int) -> EnclosedFile:
        properties = self._properties(place, header_bytes=8)
        named = (_text(properties.get(n)) for n in (0x3707, 0x3704, 0x3001))
        name = next(filter(None, named), UNNAMED)
        if _STORED in self._children.get(place, ()) and depth < MAX_DEPTH:
            inner = self.message((*place, _STORED), depth + 1)
            if inner is not None:
                told = replace(inner, fields=(*inner.fields, ("Subject", name)))
                return EnclosedFile(f"{name}.eml", message_bytes(told), "message/rfc822")
        content = properties.get(0x3701)
        return EnclosedFile(
            name,
            content if isinstance(content, bytes) else b"",
            _text(properties.get(0x370E)),
            _text(properties.get(0x3712)).strip("<> "),
        )

    def _properties(self, place: Path, *, header_bytes: int) -> Properties:
        """Of fixed size from the one stream for them, the others from a stream for each."""
        found: Properties = {}
        fixed = self._stream((*place, _FIXED))
        for at in range(header_bytes, len(fixed) - 15, 16):
            kind, number = fixed[at : at + 2], int.from_bytes(fixed[at + 2 : at + 4], "little")
            if kind in (b"\x03\x00", b"\x02\x00", b"\x0b\x00"):
                found[number] = int.from_bytes(fixed[at + 8 : at + 12], "little")
            elif kind == b"\x40\x00":
                found[number] = int.from_bytes(fixed[at + 8 : at + 16], "little")
        page = found.get(0x3FFD) or found.get(0x3FDE)
        for name in self._children.get(place, ()):
            if name.startswith(_STREAM) and len(name) == len(_STREAM) + 8:
                self._add(found, (*place, name), f"cp{page}" if page else "")
        return found

    def _add(self, found: Properties, place: Path, label: str) -> None:
        number, kind = place[-1][-8:-4], place[-1][-4:].upper()
        if kind == "001F":
            found[int(number, 16)] = self._stream(place).decode("utf-16-le", "replace")
        elif kind == "001E":
            found[int(number, 16)] = decode_text(self._stream(place).rstrip(b"\0"), label)
        elif kind == "0102":
            found[int(number, 16)] = self._stream(place)

    def _stream(self, place: Path) -> bytes:
        """The octets; none of what is broken, so that the rest is still read."""
        try:
            return bytes(self._ole.openstream(list(place)).read())
        except Exception:  # noqa: BLE001 - olefile raises what it likes
            return b""


def _text(value: object) -> str:
    return value.rstrip("\0") if isinstance(value, str) else ""
