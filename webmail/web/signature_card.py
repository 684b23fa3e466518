"""Signed and encrypted mail in honest words: what was checked, what was found, what cannot be.

The card is ours and stands outside of what the sender wrote, so that nobody can draw it (T92).
"""

from dataclasses import dataclass, replace

from webmail.message.body import MessageBody, read_body
from webmail.message.bodystructure import Part, decode_part
from webmail.message.openpgp_mime import MESSAGE, SIGNED, find_text, is_encrypted, is_signed
from webmail.message.parse import ParsedMessage, parse_message
from webmail.message.safe_html import SafeHtml
from webmail.message.signed_parts import find_signed_content
from webmail.message.smime import (
    UNREADABLE,
    Signature,
    Verdict,
    check_signature,
    cms_kind,
    signed_content,
)
from webmail.openpgp.keyring import encryption_of
from webmail.smime.certificates import find_opening
from webmail.web.certificate_learning import (
    can_be_kept,
    fingerprint_of,
    learn_certificate,
)
from webmail.web.downloads import clean_name
from webmail.web.passphrases import is_kept
from webmail.web.people import clean
from webmail.web.reading import Opened
from webmail.web.sheet import Sheet, outer_parts

MAX_BYTES = 6_000_000
_MAX_LAYERS = 5

CMS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_CMS_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_PGP_SIGNATURES = ("application/pgp-signature", "application/x-pgp-signature")
SIGNATURES = frozenset((*_CMS_SIGNATURES, *_PGP_SIGNATURES))

_UNCHANGED = "Nothing in it was changed since."
_TITLES = {
    Verdict.GOOD: (
        "ok",
        "Signed by {signer}.",
        f"{_UNCHANGED} {{issuer}} vouches for the address.",
    ),
    Verdict.UNKNOWN_AUTHORITY: (
        "",
        "Signed as {signer}.",
        f"{_UNCHANGED} The certificate is from {{issuer}}, an authority this server does not "
        "know, so it does not prove who wrote it.",
    ),
    Verdict.SELF_ISSUED: (
        "",
        "Signed as {signer}.",
        f"{_UNCHANGED} The signer made the certificate themselves, so it does not prove who "
        "wrote it.",
    ),
    Verdict.OTHER_SENDER: (
        "warn",
        "The signature is not the sender’s.",
        "It belongs to {signer}, while the message says it is from {sender}.",
    ),
    Verdict.OUT_OF_DATE: (
        "warn",
        "Signed as {signer}, with a certificate that was not valid then.",
        f"{_UNCHANGED} But when the message arrived the certificate had run out, or had not begun.",
    ),
    Verdict.FORGEABLE: (
        "",
        "Signed in an old way.",
        "The signature fits, but it is of a kind that can be forged today, so it proves nothing.",
    ),
    Verdict.CHANGED: (
        "bad",
        "The signature does not fit this message.",
        "It was changed after it was signed: by somebody, or by a mailing list that added a line.",
    ),
    Verdict.UNREADABLE: (
        "",
        "The signature cannot be checked.",
        "Read the message as one that is not signed.",
    ),
}
_PGP_SIGNED = (
    "Signed with OpenPGP.",
    "Hearth does not check OpenPGP signatures: read it as a message that is not signed.",
)
_PARTLY = (
    "A part of this message is signed.",
    "Hearth checks only signatures of whole messages, since nobody could see where this one ends.",
)
_CHECKED_HERE = (
    "Signed with OpenPGP.",
    "Your browser checks the signature. Until it has, read this as a message that is not signed.",
)
_DECRYPTED_HERE = (
    "This message is encrypted.",
    "Your browser can decrypt it, if one of your keys fits. What is inside stays there.",
)
_NOT_AS_A_WHOLE = (
    "A part of this message is signed or encrypted.",
    "Only a whole message is checked and decrypted: nobody could see where the part ends, and "
    "what stands around an encrypted one could carry it off.",
)
_ENCRYPTED = (
    "This message is encrypted.",
    "Hearth holds no keys, so it cannot show it. Save the message and open it in a mail program "
    "that has your key.",
)
_FOR_YOU = (
    "This message is encrypted for your certificate.",
    "This server opens it for you to read now, and keeps nothing of it.",
)
_FOR_OTHERS = (
    "This message is encrypted.",
    "None of your certificates opens it. Add the one it was encrypted for in the settings, under "
    "Encryption.",
)
_TOO_LARGE = (
    "This message is too large to be opened here.",
    "All of it is signed or encrypted. Save the message and open it in a mail program that has "
    "your key.",
)
_PARTLY_ENCRYPTED = ("A part of this message is encrypted.", _ENCRYPTED[1])
_CERTIFICATES = (
    "This message only carries certificates.",
    "A mail program that encrypts could keep them for later.",
)


@dataclass(frozen=True, slots=True)
class SignatureCard:
    """``text_html`` is what was wrapped in the signature, ``files`` the files in it."""

    tone: str
    icon: str
    title: str
    advice: str
    text_html: SafeHtml = SafeHtml("")
    files: tuple[str, ...] = ()
    source_url: str = ""
    openpgp_url: str = ""
    decrypt_url: str = ""
    asks_passphrase: bool = True
    keep_url: str = ""
    fingerprint: str = ""


def make(sheet: Sheet) -> SignatureCard | None:
    card = _made(sheet)
    if card is None or not _has_openpgp(sheet) or encryption_of(sheet.request.user) is None:
        return card
    words = _words_in_the_browser(sheet)
    if words is None:
        return SignatureCard("", card.icon, *_NOT_AS_A_WHOLE)
    return replace(card, title=words[0], advice=words[1], openpgp_url=f"{sheet.url}openpgp/")


def _has_openpgp(sheet: Sheet) -> bool:
    inner = outer_parts(sheet.summary.structure)
    in_parts = _has(inner, "application/pgp-encrypted", "multipart/encrypted", *_PGP_SIGNATURES)
    return in_parts or _inline(sheet.opened.body.text) is not None


def _words_in_the_browser(sheet: Sheet) -> tuple[str, str] | None:
    """For what a script can check or decrypt, to somebody who turned that on."""
    root, text = sheet.summary.structure, sheet.opened.body.text
    if is_encrypted(root):
        return _DECRYPTED_HERE
    if is_signed(root):
        return _CHECKED_HERE if _encrypted_inside(root) is None else None
    if find_text(root) is None or _inline(text) is None:
        return None
    return _DECRYPTED_HERE if MESSAGE in text else _CHECKED_HERE


def _made(sheet: Sheet) -> SignatureCard | None:
    root = sheet.summary.structure
    if root.media_type in CMS:
        return _opaque(sheet, root)
    if root.media_type == "multipart/signed":
        return _encrypted_inside(root) or _detached(sheet, root)
    inner = outer_parts(root)
    if root.media_type == "multipart/encrypted" or _has(inner, "application/pgp-encrypted"):
        return SignatureCard("", "lock", *_ENCRYPTED)
    if _has(inner, *CMS):
        return SignatureCard("", "lock", *_PARTLY_ENCRYPTED)
    if _has(inner, "multipart/signed"):
        return SignatureCard("", "signature", *_PARTLY)
    return _inline(sheet.opened.body.text)


def shown_files(opened: Opened) -> tuple[Part, ...]:
    """The attachments without the signatures that the card already speaks of."""
    root, files = opened.summary.structure, opened.body.attachments
    if is_encrypted(root):  # the first part only says which version it is (RFC 3156, section 4)
        return tuple(part for part in files if part.media_type != "application/pgp-encrypted")
    if not any(p.media_type == "multipart/signed" for p in outer_parts(root)):
        return files
    return tuple(part for part in files if part.media_type not in SIGNATURES)


def _has(parts: tuple[Part, ...], *media_types: str) -> bool:
    return any(part.media_type in media_types for part in parts)


def _encrypted_inside(root: Part) -> SignatureCard | None:
    """Signed outside, encrypted within: there is nothing that the signature could vouch for."""
    inside = outer_parts(root)
    if _has(inside, "application/pgp-encrypted", "multipart/encrypted", *CMS):
        shown = _has(inside, "text/plain", "text/html")
        words = _PARTLY_ENCRYPTED if shown else _ENCRYPTED
        return SignatureCard("", "lock", *words)
    return None


def _inline(text: str) -> SignatureCard | None:
    """OpenPGP in the midst of the text (RFC 9580, section 6.2)."""
    if MESSAGE in text:
        is_whole = text.lstrip().startswith(MESSAGE)
        return SignatureCard("", "lock", *(_ENCRYPTED if is_whole else _PARTLY_ENCRYPTED))
    if SIGNED in text:
        return SignatureCard("", "signature", *_PGP_SIGNED)
    return None


# -- signed beside the text ----------------------------------------------------------------------


def _detached(sheet: Sheet, root: Part) -> SignatureCard:
    if not _has(root.children, *_CMS_SIGNATURES):
        return SignatureCard("", "signature", *_PGP_SIGNED)
    return card_of(sheet, _check_detached(sheet, root))


def _check_detached(sheet: Sheet, root: Part) -> Signature:
    """Of the octets themselves, and only if they are the same parts that are shown."""
    if sum(part.size_bytes for part in outer_parts(root)) > MAX_BYTES:
        return UNREADABLE
    raw = b"".join(sheet.request.store.source(sheet.ref))
    signed, parsed = find_signed_content(raw), parse_message(raw)
    if signed is None or not _is_same(root, parsed.structure):
        return UNREADABLE
    part = next(part for part in root.children if part.media_type in _CMS_SIGNATURES)
    der = decode_part(parsed.part_bytes(part.section), part.encoding)
    return checked(sheet, der, signed.content)


def _is_same(shown: Part, parsed: Part) -> bool:
    """A server that takes the message apart in another way shows what was not checked."""
    one, other = (
        [(p.section, p.media_type, p.encoding) for p in outer_parts(root)]
        for root in (shown, parsed)
    )
    return one == other


def checked(sheet: Sheet, der: bytes, content: bytes | None) -> Signature:
    """A second From would stand under a signature that is not its own."""
    if sum(name.lower() == "from" for name, _ in sheet.opened.fields) != 1:
        return UNREADABLE
    senders = [address.addr_spec for address in sheet.summary.envelope.from_]
    found = check_signature(der, content, senders=senders, at=sheet.summary.internal_date)
    learn_certificate(sheet, found)
    return found


def signature_of(sheet: Sheet) -> Signature:
    """Of a message that is signed as a whole, for an act that is about its certificate."""
    root = sheet.summary.structure
    if root.media_type in CMS:
        return checked(sheet, wrapped_octets(sheet, root), None)
    if root.media_type == "multipart/signed" and _has(root.children, *_CMS_SIGNATURES):
        return _check_detached(sheet, root)
    return UNREADABLE


def card_of(sheet: Sheet, signature: Signature) -> SignatureCard:
    tone, title, advice = _TITLES[signature.verdict]
    words = {
        "signer": clean(signature.signer) or "somebody",
        "issuer": clean(signature.issuer) or "somebody",
        "sender": clean(sheet.sender.addr_spec),
    }
    icon = "badge-check" if signature.verdict is Verdict.GOOD else "signature"
    card = SignatureCard(tone, icon, title.format(**words), advice.format(**words))
    if not can_be_kept(sheet, signature):
        return card
    return replace(card, keep_url=f"{sheet.url}certificate/", fingerprint=fingerprint_of(signature))


# -- wrapped in the signature ----------------------------------------------------------------------


def _opaque(sheet: Sheet, root: Part) -> SignatureCard:
    if root.size_bytes > MAX_BYTES:
        return SignatureCard("", "lock", *_TOO_LARGE)
    der = wrapped_octets(sheet, root)
    if cms_kind(der) in ("enveloped_data", "authenticated_enveloped_data", "encrypted_data", ""):
        return _encrypted(sheet, der)
    content = signed_content(der)
    if content is None:
        is_bare = root.parameter("smime-type").lower() == "certs-only" or not content
        return (
            SignatureCard("", "file-key", *_CERTIFICATES) if is_bare else card_of(sheet, UNREADABLE)
        )
    card = card_of(sheet, checked(sheet, der, None))
    inner = unwrapped(content)
    if inner.structure.media_type in CMS:
        return replace(card, advice=f"{card.advice} What is inside is encrypted.")
    body = _read(inner)
    return replace(
        card,
        text_html=body.text_html,
        files=tuple(
            clean_name(part) for part in body.attachments if part.media_type not in SIGNATURES
        )[:20],
        source_url=f"{sheet.url}signed/",
    )


def _encrypted(sheet: Sheet, der: bytes) -> SignatureCard:
    """With the way to open it, for who has the certificate it was encrypted for."""
    user = sheet.request.user
    if not user.own_certificates.exists():
        return SignatureCard("", "lock", *_ENCRYPTED)
    kept = find_opening(user, der)
    if kept is None:
        return SignatureCard("", "lock", *_FOR_OTHERS)
    return SignatureCard(
        "",
        "lock",
        *_FOR_YOU,
        decrypt_url=f"{sheet.url}decrypted/",
        asks_passphrase=not is_kept(sheet.request, kept),
    )


def wrapped_octets(sheet: Sheet, root: Part) -> bytes:
    pieces = sheet.request.store.part(sheet.ref, root.section, limit_bytes=MAX_BYTES)
    return decode_part(b"".join(pieces), root.encoding)


def unwrapped(content: bytes) -> ParsedMessage:
    """The message inside, and inside of that, as often as it was signed."""
    parsed = parse_message(content)
    for _ in range(_MAX_LAYERS):
        root = parsed.structure
        if root.media_type not in CMS:
            break
        inner = signed_content(decode_part(parsed.part_bytes(root.section), root.encoding))
        if inner is None:
            break
        parsed = parse_message(inner)
    return parsed


def _read(parsed: ParsedMessage) -> MessageBody:
    """Pictures in it are not shown: only parts of the message itself have an address."""
    return read_body(
        parsed.structure, lambda part: parsed.part_bytes(part.section), cid_url=lambda part: ""
    )
