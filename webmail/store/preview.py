"""The first words of a message, for stores that cannot tell them (RFC 8970)."""

from webmail.message.bodystructure import Part, decode_part
from webmail.message.charset import decode_text
from webmail.message.sanitize import text_from_html

PREVIEW_CHARACTERS = 200
PREVIEW_BYTES = 2048


def previewed_part(structure: Part) -> Part | None:
    """The part to take the words from: the first text that is no attachment."""
    texts = [
        part
        for part in structure.walk()
        if part.media_type in ("text/plain", "text/html") and part.disposition != "attachment"
    ]
    plain = (part for part in texts if part.media_type == "text/plain" and part.size_bytes)
    return next(plain, None) or next(iter(texts), None)


def preview_of(part: Part, octets: bytes) -> str:
    """At most PREVIEW_CHARACTERS of one line; ``octets`` may end anywhere."""
    text = decode_text(decode_part(octets[:PREVIEW_BYTES], part.encoding), part.charset)
    if part.media_type == "text/html":
        text = text_from_html(text)
    lines = (line for line in text.splitlines() if not line.startswith(">"))
    words = " ".join(" ".join(lines).split())
    return words.rstrip("\N{REPLACEMENT CHARACTER}")[:PREVIEW_CHARACTERS]
