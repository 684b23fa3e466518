"""MAPI properties that winmail.dat and .msg files share (MS-OXPROPS), by their numbers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from webmail.message.charset import decode_text
from webmail.message.rtf import decompressed, read_rtf

Properties = dict[int, Any]

BODY, RTF, HTML, CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_START = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Body:
    text: str
    html: str


def body_of(properties: Properties) -> Body:
    """The text and the HTML; from the RTF what neither is there for."""
    page = properties.get(CODE_PAGE)
    label = f"cp{page}" if isinstance(page, int) else ""
    text = _text(properties.get(BODY), label)
    html = _text(properties.get(HTML), label)
    rtf = properties.get(RTF)
    if html or not isinstance(rtf, bytes):
        return Body(text, html)
    unwrapped = read_rtf(decompressed(rtf))
    return Body(text or unwrapped.text, unwrapped.html)


def _text(value: object, label: str) -> str:
    if isinstance(value, bytes):
        value = decode_text(value, label)
    return value.rstrip("\0") if isinstance(value, str) else ""


def windows_date(value: object) -> str:
    """A FILETIME (tenths of microseconds since 1601), or a datetime, as a Date field has it."""
    if isinstance(value, datetime):
        return format_datetime(value if value.tzinfo else value.replace(tzinfo=UTC))
    if not isinstance(value, int) or value <= 0:
        return ""
    try:
        return format_datetime(_START + timedelta(microseconds=value // 10))
    except OverflowError:
        return ""
