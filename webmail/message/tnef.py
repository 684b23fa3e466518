"""winmail.dat: what Outlook wraps a letter in for Exchange (MS-OXTNEF), opened.

The stream is walked here, so that what stands before damage is still found; tnefparse
reads the MAPI properties in it.  Runs in a child process (``opening_job``).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tnefparse.mapi import decode_mapi

from webmail.message.charset import decode_text
from webmail.message.charset_names import codec_for
from webmail.message.enclose import (
    UNNAMED,
    Enclosed,
    EnclosedFile,
    message_bytes,
    written_address,
)
from webmail.message.mapi import Properties, body_of, windows_date

MAX_DEPTH = 5
MAX_FILES = 500
_SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTACHMENT = 2
_SUBJECT, _BODY, _FILE_DATA, _TITLE = 0x8004, 0x800C, 0x800F, 0x8010
_NEW_FILE, _PROPERTIES, _FILE_PROPERTIES, _CODE_PAGE = 0x9002, 0x9003, 0x9005, 0x9007
# The interface that an embedded message is stored by: its 16 octets precede the stream.
_IMESSAGE = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"

logging.getLogger("tnefparse").disabled = True


@dataclass(slots=True)
class _File:
    title: bytes = b""
    content: bytes = b""
    properties: Properties = field(default_factory=dict)


def is_tnef(octets: bytes) -> bool:
    return octets.startswith(_SIGNATURE)


def enclosed_in_tnef(octets: bytes, depth: int = 0) -> Enclosed | None:
    """None for what is no such stream; else all that can be read of it."""
    if not is_tnef(octets):
        return None
    codec, subject, text = "cp1252", b"", b""
    properties: Properties = {}
    files: list[_File] = []
    for level, name, content in _objects(octets):
        if name == _CODE_PAGE:
            codec = codec_for(f"cp{int.from_bytes(content[:4], 'little')}") or codec
        elif name == _SUBJECT:
            subject = content
        elif name == _BODY and level != _ATTACHMENT:
            text = content
        elif name == _PROPERTIES:
            properties = _properties(content, codec)
        elif name == _NEW_FILE and len(files) < MAX_FILES:
            files.append(_File())
        elif level == _ATTACHMENT and files:
            _add(files[-1], name, content, codec)
    found = body_of(properties)
    plain = found.text or decode_text(text.rstrip(b"\0"), codec)
    return Enclosed(
        fields=(
            ("Subject", str(properties.get(0x0037) or decode_text(subject.rstrip(b"\0"), codec))),
            ("From", written_address(_word(properties, 0x0C1A), _word(properties, 0x5D01, 0x0C1F))),
            ("Date", windows_date(properties.get(0x0039))),
            ("Message-ID", _word(properties, 0x1035)),
        ),
        text=plain,
        html=found.html,
        files=tuple(_enclosed_file(file, codec, depth) for file in files),
    )


def _objects(octets: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Level, name and content of each object; a cut one at the end with what there is of it."""
    place = 6
    while place + 9 <= len(octets) and octets[place] in (1, 2):
        name = int.from_bytes(octets[place + 1 : place + 3], "little")
        size = int.from_bytes(octets[place + 5 : place + 9], "little")
        yield octets[place], name, octets[place + 9 : place + 9 + size]
        place += 9 + size + 2


class _Ending(bytes):
    """Octets that say where they end: a list of four thousand million values ends there too."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice) and key.stop > key.start >= len(self):
            raise EOFError
        return super().__getitem__(key)


def _properties(content: bytes, codec: str) -> Properties:
    """The last of each, by its number; a list of values counts by its first."""
    # A property has four octets at least, whatever number of them is claimed.
    claimed = int.from_bytes(content[:4], "little")
    counted = min(claimed, len(content) // 4).to_bytes(4, "little")
    try:
        found = decode_mapi(_Ending(counted + content[4:]), codec)
        return {each.name: _value(each) for each in found}
    except Exception:  # noqa: BLE001 - of octets that are none, it raises what it likes
        return {}


def _value(attribute: Any) -> Any:
    try:
        value = attribute.data
    except Exception:  # noqa: BLE001 - as above, and the other properties are still good
        return None
    value = value[0] if isinstance(value, list) and value else value
    return value.rstrip("\0") if isinstance(value, str) else value


def _add(file: _File, name: int, content: bytes, codec: str) -> None:
    if name == _TITLE:
        file.title = content.rstrip(b"\0")
    elif name == _FILE_DATA:
        file.content = content
    elif name == _FILE_PROPERTIES:
        file.properties = _properties(content, codec)


def _enclosed_file(file: _File, codec: str, depth: int) -> EnclosedFile:
    properties = file.properties
    stored = properties.get(0x3701)
    title = decode_text(file.title, codec)
    name = _word(properties, 0x3707) or title or _word(properties, 0x3704, 0x3001) or UNNAMED
    if isinstance(stored, bytes) and stored.startswith(_IMESSAGE) and depth < MAX_DEPTH:
        inner = enclosed_in_tnef(stored[len(_IMESSAGE) :], depth + 1)
        if inner is not None:
            named = replace(inner, fields=(*inner.fields, ("Subject", _word(properties, 0x3001))))
            return EnclosedFile(name, message_bytes(named), "message/rfc822")
    content = file.content or (stored if isinstance(stored, bytes) else b"")
    return EnclosedFile(
        name, content, _word(properties, 0x370E), _word(properties, 0x3712).strip("<> ")
    )


def _word(properties: Properties, *numbers: int) -> str:
    values = (properties.get(number) for number in numbers)
    return next((value for value in values if isinstance(value, str) and value), "")
