"""What of a message OpenPGP is about: the whole of it, or one block in its text (RFC 3156).

Only these are ever handed on: who finds an encrypted part in the midst of others cannot tell
a reader where it ends, and what stands around it could carry it off (EFAIL; T91, T92).
"""

from dataclasses import dataclass
from enum import StrEnum

from webmail.message.bodystructure import Part, decode_part
from webmail.message.charset import decode_text
from webmail.message.header import header_end, split_fields
from webmail.message.parse import ParsedMessage, parse_message
from webmail.message.signed_parts import find_signed_content

MAX_BYTES = 30_000_000
_SIGNATURE = ("application/pgp-signature", "application/x-pgp-signature")
MESSAGE, SIGNED = "-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP SIGNED MESSAGE-----"


class Kind(StrEnum):
    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    INLINE = "inline"


@dataclass(frozen=True, slots=True)
class Wrapped:
    """``content`` is what was signed, in CRLF; ``armored`` its signature, what is encrypted,
    or the text that has OpenPGP in it."""

    kind: Kind
    armored: str
    content: bytes = b""


def find_wrapped(raw: bytes) -> Wrapped | None:
    """None of a message that only has OpenPGP in some part of it."""
    if len(raw) > MAX_BYTES or _content_types(raw) > 1:
        return None
    parsed = parse_message(raw)
    root = parsed.structure
    if is_encrypted(root):
        octets = _octets(parsed, root.children[-1])
        return Wrapped(Kind.ENCRYPTED, octets.decode("ascii", "replace"))
    if is_signed(root):
        signed = find_signed_content(raw)
        if signed is None:
            return None
        armored = _octets(parsed, root.children[1]).decode("ascii", "replace")
        return Wrapped(Kind.SIGNED, armored, signed.content)
    text = find_text(root)
    if text is None:
        return None
    shown = decode_text(_octets(parsed, text), text.charset)
    return Wrapped(Kind.INLINE, shown) if MESSAGE in shown or SIGNED in shown else None


def is_encrypted(root: Part) -> bool:
    """Of a whole message: RFC 3156, section 4, or what Exchange makes of it on the way.

    It calls the whole mixed and may put an empty text in front; more of a text than an empty
    line is not taken for one.
    """
    inner = root.children
    if root.media_type == "multipart/mixed" and len(inner) == 3:
        is_empty = inner[0].media_type == "text/plain" and inner[0].size_bytes <= len(b"\r\n\r\n")
        inner = inner[1:] if is_empty else inner
    types = [child.media_type for child in inner]
    return root.media_type in ("multipart/encrypted", "multipart/mixed") and types == [
        "application/pgp-encrypted",
        "application/octet-stream",
    ]


def is_signed(root: Part) -> bool:
    """Of a whole message: RFC 3156, section 5, with nothing beside the two parts."""
    return (
        root.media_type == "multipart/signed"
        and len(root.children) == 2
        and root.children[1].media_type in _SIGNATURE
    )


def find_text(root: Part) -> Part | None:
    """The part that has a block of OpenPGP in its text, if there is any: the first of all."""
    part = root
    while part.is_multipart and part.media_type == "multipart/mixed" and part.children:
        part = part.children[0]
    return part if part.media_type == "text/plain" else None


def _octets(parsed: ParsedMessage, part: Part) -> bytes:
    return decode_part(parsed.part_bytes(part.section), part.encoding)


def _content_types(raw: bytes) -> int:
    fields = split_fields(raw[: header_end(raw)])
    return sum(name.lower() == "content-type" for name, _ in fields)
