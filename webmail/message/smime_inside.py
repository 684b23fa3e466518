"""What an opened envelope holds: a message, signed as a whole or not signed at all (T91, T92)."""

from dataclasses import dataclass

from webmail.message.bodystructure import Part, decode_part
from webmail.message.parse import ParsedMessage, parse_message
from webmail.message.signed_parts import find_signed_content
from webmail.message.smime import cms_kind, signed_content

_CMS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")


@dataclass(frozen=True, slots=True)
class Inside:
    """``message`` is what is shown.  ``signature`` is empty where nothing signs all of it;
    ``signed`` are the octets beside it, None where it holds them itself.
    """

    message: ParsedMessage
    signature: bytes = b""
    signed: bytes | None = None

    @property
    def is_encrypted_again(self) -> bool:
        root = self.message.structure
        return root.media_type in _CMS and cms_kind(_octets(self.message, root)) != "signed_data"

    @property
    def protects_header(self) -> bool:
        """The fields of the entity are its author's (RFC 9788, section 2.1)."""
        root = self.message.structure
        return root.parameter("hp") in ("cipher", "clear")


def look_inside(content: bytes) -> Inside:
    parsed = parse_message(content)
    root = parsed.structure
    if root.media_type == "multipart/signed":
        return _beside(content, parsed) or Inside(parsed)
    if root.media_type in _CMS:
        der = _octets(parsed, root)
        own = signed_content(der)
        if own is not None:
            return Inside(parse_message(own), der)
    return Inside(parsed)


def _beside(content: bytes, parsed: ParsedMessage) -> Inside | None:
    """Only what is signed is shown, so that nothing else can stand under its signature."""
    found = find_signed_content(content)
    signatures = [part for part in parsed.structure.children if part.media_type in _SIGNATURES]
    if found is None or len(signatures) != 1:
        return None
    return Inside(parse_message(found.content), _octets(parsed, signatures[0]), found.content)


def _octets(parsed: ParsedMessage, part: Part) -> bytes:
    return decode_part(parsed.part_bytes(part.section), part.encoding)
