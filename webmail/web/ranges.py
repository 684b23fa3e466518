"""The stretch of a file that a request asks for (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

from django.http import HttpRequest

_ONE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Octets ``start`` up to, not with, ``stop``; an empty one is beyond the end (416)."""

    start: int
    stop: int

    def __len__(self) -> int:
        return max(self.stop - self.start, 0)


def may_ask(request: HttpRequest, etag: str) -> bool:
    """Whether the request wants a stretch of what ``etag`` names, and not the whole.

    Only GET has ranges (14.2); If-Range with another tag, or with a date, wants the whole
    (13.1.5).  Several ranges at once are answered with the whole, as 14.2 allows.
    """
    if request.method != "GET" or _ONE.fullmatch(request.headers.get("Range", "")) is None:
        return False
    return request.headers.get("If-Range", etag).strip() == etag


def span_asked(request: HttpRequest, size_bytes: int) -> Span | None:
    """The span of a file of ``size_bytes``; None for what is no range, which asks for all."""
    match = _ONE.fullmatch(request.headers.get("Range", ""))
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return Span(max(size_bytes - int(match[2]), 0), size_bytes if int(match[2]) else 0)
    start, last = int(match[1]), int(match[2] or size_bytes)
    if last < start:
        return None
    return Span(start, min(last + 1, size_bytes))
