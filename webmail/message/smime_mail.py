"""Messages signed with a certificate and encrypted for certificates (RFC 8551, section 3)."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO

from cryptography import x509

from webmail.message import build, fields
from webmail.message.bodystructure import decode_part
from webmail.message.build import BuildError, BuiltMessage, Draft
from webmail.message.parse import parse_message
from webmail.message.parts import Leaf, write_node
from webmail.message.sealed import HIDDEN_SUBJECT, NO_BLIND_COPIES, entity_of
from webmail.message.signed_parts import find_signed_content
from webmail.message.smime import Verdict, check_signature
from webmail.message.smime_envelope import encrypt
from webmail.message.smime_key import KeyPair
from webmail.message.smime_sign import sign_detached

_BAD = frozenset({Verdict.CHANGED, Verdict.UNREADABLE, Verdict.OTHER_SENDER, Verdict.FORGEABLE})


def build_signed(
    draft: Draft,
    pair: KeyPair,
    *,
    message_id: str,
    date: datetime,
    signed_at: datetime,
    user_agent: str = "",
) -> BuiltMessage:
    """Signed beside its text, so that every mail program can read it.  Raises BuildError."""
    entity = entity_of(draft, message_id=message_id, is_encrypted=False)
    body = signed_entity(entity, pair, signed_at, seed=message_id)
    built = _around(body, draft, message_id=message_id, date=date, user_agent=user_agent)
    _prove(built.wire, entity, draft, signed_at)
    return built


def signed_entity(entity: bytes, pair: KeyPair, at: datetime, *, seed: str) -> bytes:
    """A multipart/signed with its own Content-Type; the entity goes in as it is."""
    boundary = "=_" + hashlib.sha256(f"certified {seed}".encode()).hexdigest()[:28]
    if boundary.encode() in entity:
        raise BuildError("The parts of this message came out wrong, so it was not built.")
    parameters = {
        "boundary": boundary,
        "protocol": "application/pkcs7-signature",
        "micalg": "sha-256",
    }
    out = BytesIO()
    out.write(fields.token_field("Content-Type", "multipart/signed", parameters))
    out.write(f"\r\n--{boundary}\r\n".encode() + entity + f"\r\n--{boundary}\r\n".encode())
    kind = "application/pkcs7-signature"
    head = fields.token_field("Content-Type", kind, {"name": "smime.p7s"})
    head += fields.token_field("Content-Disposition", "attachment", {"filename": "smime.p7s"})
    write_node(out, Leaf(head, "base64", sign_detached(entity, pair, at)), seed)
    out.write(f"\r\n--{boundary}--\r\n".encode())
    return out.getvalue()


def _around(
    body: bytes, draft: Draft, *, message_id: str, date: datetime, user_agent: str
) -> BuiltMessage:
    """``body`` begins with its Content-Type."""

    def write(out: BytesIO) -> None:
        out.write(body)

    return build.assemble(
        draft,
        write,
        message_id=message_id,
        date=date,
        user_agent=user_agent,
        about_bytes=len(body),
    )


def _prove(wire: bytes, entity: bytes, draft: Draft, at: datetime) -> None:
    """Reads our own bytes as a receiver does: the same octets, and the signature fits (T46)."""
    found = find_signed_content(wire)
    parsed = parse_message(wire)
    signature = parsed.structure.children[-1] if parsed.structure.children else None
    if found is None or found.content != entity or signature is None:
        raise BuildError("The signed part of this message came out wrong, so it was not built.")
    der = decode_part(parsed.part_bytes(signature.section), signature.encoding)
    verdict = check_signature(der, found.content, senders=[draft.from_.addr_spec], at=at).verdict
    if verdict in _BAD:
        raise BuildError("The signature of this message came out wrong, so it was not built.")


# -- encrypted -------------------------------------------------------------------------------------


def build_encrypted(
    draft: Draft,
    pair: KeyPair | None,
    certificates: Sequence[x509.Certificate],
    *,
    is_authenticated: bool,
    message_id: str,
    date: datetime,
    signed_at: datetime,
    user_agent: str = "",
) -> BuiltMessage:
    """Encrypted as a whole, signed inside where there is a ``pair``.  Raises BuildError."""
    if draft.bcc:
        raise BuildError(NO_BLIND_COPIES)
    entity = entity_of(draft, message_id=message_id, is_encrypted=True)
    if pair is not None:
        entity = signed_entity(entity, pair, signed_at, seed=message_id)
    der = encrypt(entity, certificates, is_authenticated=is_authenticated)
    kind = {
        "smime-type": "authEnveloped-data" if is_authenticated else "enveloped-data",
        "name": "smime.p7m",
    }
    head = fields.token_field("Content-Type", "application/pkcs7-mime", kind)
    head += fields.token_field("Content-Disposition", "attachment", {"filename": "smime.p7m"})
    out = BytesIO()
    write_node(out, Leaf(head, "base64", der), message_id)
    outer = replace(draft, subject=HIDDEN_SUBJECT)
    return _around(out.getvalue(), outer, message_id=message_id, date=date, user_agent=user_agent)
