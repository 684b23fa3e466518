"""The octets that a multipart/signed signs, exactly as they came (RFC 1847, section 2.1)."""

import re
from dataclasses import dataclass

from webmail.message.header import first, header_end, split_fields, value_and_parameters

_BARE_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class SignedParts:
    """``content`` is the first part with its header, in CRLF; ``protocol`` is lower case."""

    content: bytes
    protocol: str


def find_signed_content(raw: bytes) -> SignedParts | None:
    """Of a message that is signed as a whole; None of any other.

    What is signed inside of something else is not looked for: the reader could not tell
    what the signature covers (T92).  So is a message that says twice what it is.
    """
    body = header_end(raw)
    fields = split_fields(raw[:body])
    if sum(name.lower() == "content-type" for name, _ in fields) != 1:
        return None
    media_type, parameters = value_and_parameters(first(fields, "Content-Type"))
    boundary = parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
    if media_type != "multipart/signed" or not boundary:
        return None
    lines = re.compile(rb"^--" + re.escape(boundary) + rb"(?:--)?[ \t]*\r?$\n?", re.MULTILINE)
    found = [each for _, each in zip(range(4), lines.finditer(raw, body), strict=False)]
    if len(found) < 2:
        return None
    content = raw[found[0].end() : found[1].start()]
    # The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1).
    content = content.removesuffix(b"\n").removesuffix(b"\r")
    return SignedParts(
        _BARE_BREAK.sub(b"\r\n", content), parameters.get("protocol", "").strip().lower()
    )
