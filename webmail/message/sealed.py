"""Messages that the browser signed or encrypted: the entity it is given, and what comes back.

The entity is the message as it would have been sent, with the fields that are to be protected
(RFC 9788) and nothing in it that a server on the way would change (RFC 3156, section 3).
"""

import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from webmail.message import build, fields
from webmail.message.build import BuildError, BuiltMessage, Draft
from webmail.message.parts import Leaf, Multipart, Node, write_node

HIDDEN_SUBJECT = "..."
MOST_ENTITY_BYTES = 30_000_000
_ARMORED = re.compile(
    r"-----BEGIN PGP (MESSAGE|SIGNATURE)-----\n"
    r"(?:[A-Za-z]+: [ -~]{0,200}\n)*\n(?:[A-Za-z0-9+/=]{1,76}\n)+-----END PGP \1-----\n"
)
_HASHES = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-512"})
_UNSTABLE = re.compile(rb"[ \t]\r\n|^From |\r\nFrom ")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the browser made of an entity; ``armored`` in LF, ``hash_name`` of a signature."""

    armored: str
    is_encrypted: bool
    hash_name: str = ""

    def __post_init__(self) -> None:
        found = _ARMORED.fullmatch(self.armored)
        if found is None or (found[1] == "MESSAGE") != self.is_encrypted:
            raise BuildError("What the browser encrypted or signed arrived damaged. Send it again.")
        if not self.is_encrypted and self.hash_name not in _HASHES:
            raise BuildError("The signature is of a kind that is not safe any more.")


def entity_of(draft: Draft, *, message_id: str, is_encrypted: bool) -> bytes:
    """The same draft and identifier give the same octets.  Raises BuildError."""
    shown = build.head_fields(draft, message_id)
    outer = build.head_fields(_outer(draft, is_encrypted=is_encrypted), message_id)
    parameters = [("protected-headers", "v1"), ("hp", "cipher" if is_encrypted else "clear")]
    root = Multipart("mixed", (_stable(build.tree(draft)),), tuple(parameters))
    out = BytesIO()
    outer_lines = b"".join(b"HP-Outer: " + field for field in _split(outer))
    out.write(shown)
    if is_encrypted:
        out.write(outer_lines)
    write_node(out, root, message_id)
    entity = out.getvalue()
    if len(entity) > MOST_ENTITY_BYTES:
        raise BuildError("It is too large to be signed or encrypted in a browser.")
    # An address before its @ alone: who carries such mail takes eight bits too (RFC 6531, 3.6).
    if not entity[len(shown) :].replace(outer_lines, b"").isascii():
        raise BuildError("The parts of this message came out wrong, so it was not built.")
    return entity


def digest_of(entity: bytes) -> str:
    return hashlib.sha256(entity).hexdigest()


def build_sealed(
    draft: Draft,
    entity: bytes,
    sealed: Sealed,
    *,
    message_id: str,
    date: datetime,
    user_agent: str = "",
) -> BuiltMessage:
    """The message around it (RFC 3156, sections 4 and 5).  Raises BuildError."""
    if sealed.is_encrypted and draft.bcc:
        raise BuildError(NO_BLIND_COPIES)
    armored = sealed.armored.replace("\n", "\r\n").encode("ascii")

    def write(out: BytesIO) -> None:
        if sealed.is_encrypted:
            write_node(out, _encrypted(armored), message_id)
        else:
            _write_signed(out, entity, armored, sealed.hash_name, message_id)

    outer = _outer(draft, is_encrypted=sealed.is_encrypted)
    return build.assemble(outer, write, message_id=message_id, date=date, user_agent=user_agent)


NO_BLIND_COPIES = (
    "Everybody who gets an encrypted message can see for how many keys it was encrypted, and for "
    "which. Send blind copies as messages of their own, or without encryption."
)


def _outer(draft: Draft, *, is_encrypted: bool) -> Draft:
    return replace(draft, subject=HIDDEN_SUBJECT) if is_encrypted else draft


def _split(head: bytes) -> list[bytes]:
    """Whole fields, each with its continuation lines."""
    return re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", head)


def _stable(node: Node) -> Node:
    """Lines that a server might change are encoded, so that the signature fits on arrival."""
    if isinstance(node, Multipart):
        return replace(node, children=tuple(map(_stable, node.children)))
    if node.encoding == "base64" or not (node.encoding == "8bit" or _UNSTABLE.search(node.content)):
        return node
    if node.head.startswith(b"Content-Type: message/rfc822"):
        # No message may be encoded (RFC 2046, 5.2.1), but a file may.
        head = node.head.replace(b"message/rfc822", b"application/octet-stream", 1)
        return Leaf(head, "base64", node.content)
    if node.encoding == "quoted-printable":
        return replace(node, content=re.sub(rb"(^|\r\n)From ", rb"\1=46rom ", node.content))
    quoted = binascii.b2a_qp(node.content.replace(b"\r\n", b"\n"), istext=True)
    quoted = re.sub(rb"^From ", rb"=46rom ", quoted, flags=re.MULTILINE)
    return Leaf(node.head, "quoted-printable", quoted.replace(b"\n", b"\r\n"))


def _encrypted(armored: bytes) -> Multipart:
    kind = fields.token_field("Content-Type", "application/pgp-encrypted", {})
    name = {"name": "encrypted.asc"}
    octets = fields.token_field("Content-Type", "application/octet-stream", name)
    octets += fields.token_field("Content-Disposition", "inline", {"filename": "encrypted.asc"})
    children = (Leaf(kind, "7bit", b"Version: 1\r\n"), Leaf(octets, "7bit", armored))
    return Multipart("encrypted", children, (("protocol", "application/pgp-encrypted"),))


def _write_signed(out: BytesIO, entity: bytes, armored: bytes, hash_name: str, seed: str) -> None:
    """The entity goes in as it is: it is what was signed."""
    boundary = "=_" + hashlib.sha256(f"signed {seed}".encode()).hexdigest()[:28]
    if boundary.encode() in entity:
        raise BuildError("The parts of this message came out wrong, so it was not built.")
    parameters = {
        "boundary": boundary,
        "protocol": "application/pgp-signature",
        "micalg": f"pgp-{hash_name}",
    }
    out.write(fields.token_field("Content-Type", "multipart/signed", parameters))
    out.write(f"\r\n--{boundary}\r\n".encode() + entity + f"\r\n--{boundary}\r\n".encode())
    kind = fields.token_field(
        "Content-Type", "application/pgp-signature", {"name": "signature.asc"}
    )
    write_node(out, Leaf(kind, "7bit", armored), seed)
    out.write(f"\r\n--{boundary}--\r\n".encode())
