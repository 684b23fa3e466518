"""What a transferable OpenPGP key says of itself (RFC 9580, section 10), without believing it.

Nothing is computed with a key here: signatures in it are checked where it is used, in the
browser.  What the server must know is whose key it is, and that a private one is locked.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from webmail.message.addr_spec import BadAddress, wire_addr_spec

MOST_BYTES = 400_000
_BLOCK = re.compile(
    r"-----BEGIN PGP (PUBLIC|PRIVATE) KEY BLOCK-----[ \t]*\r?\n"
    r"((?:(?!-----).)*)-----END PGP \1 KEY BLOCK-----",
    re.DOTALL,
)
_SECRET, _PUBLIC, _SECRET_SUB, _USER_ID, _PUBLIC_SUB = 5, 6, 7, 13, 14
_MPIS = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4}  # RSA, Elgamal, DSA: numbers of the public part
_FIXED = {25: 32, 26: 56, 27: 32, 28: 57}  # X25519, X448, Ed25519, Ed448: octets of it
_CURVES = (18, 19, 22)  # ECDH, ECDSA, EdDSA: an object identifier first


class BadKey(ValueError):
    """The text is no key that can be kept; the sentence says why, for people."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """``fingerprint`` is in upper case; ``addr_specs`` in lower case, of its user IDs."""

    fingerprint: str
    user_ids: tuple[str, ...]
    addr_specs: tuple[str, ...]
    made_at: datetime
    is_private: bool
    armored: str


def read_key(text: str) -> KeyFacts:
    """The one key in a text.  Raises BadKey, also for a private key that is not locked."""
    blocks = _BLOCK.findall(text[: 2 * MOST_BYTES])
    if not blocks:
        raise BadKey("This is no OpenPGP key. It begins with “-----BEGIN PGP”.")
    if len(blocks) > 1:
        raise BadKey("There is more than one key in this. Add them one by one.")
    return key_facts(_without_armor(blocks[0][1]))


def split_keys(octets: bytes) -> list[bytes]:
    """Keys that follow one another without armor; empty where they cannot be told apart."""
    keys: list[bytes] = []
    try:
        for tag, body in split_packets(octets):
            written = bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body
            if tag in (_SECRET, _PUBLIC):
                keys.append(b"")
            if keys:
                keys[-1] += written
    except (BadKey, IndexError):
        return []
    return keys


def octets_of_key(armored: str) -> bytes:
    """The key without its armor.  Raises BadKey."""
    blocks = _BLOCK.findall(armored)
    if len(blocks) != 1:
        raise BadKey("This is no OpenPGP key.")
    return _without_armor(blocks[0][1])


def key_facts(octets: bytes) -> KeyFacts:
    """The same of a key as it is without armor.  Raises BadKey."""
    if len(octets) > MOST_BYTES:
        raise BadKey("This key is too large.")
    try:
        packets = list(split_packets(octets))
        return _facts(packets, octets)
    except (IndexError, ValueError, OverflowError) as problem:
        if isinstance(problem, BadKey):
            raise
        raise BadKey("This key is damaged.") from problem


def armor(octets: bytes, kind: str) -> str:
    """``kind`` is PUBLIC or PRIVATE.

    GnuPG 2.2 reads on into the last line where neither padding nor a checksum ends the data.
    """
    text = base64.b64encode(octets).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    end = f"={base64.b64encode(_crc24(octets)).decode()}\n-----END PGP {kind} KEY BLOCK-----\n"
    return f"-----BEGIN PGP {kind} KEY BLOCK-----\n\n{lines}\n{end}"


def _crc24(octets: bytes) -> bytes:
    """RFC 9580, section 6.1."""
    crc = 0xB704CE
    for octet in octets:
        crc ^= octet << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc.to_bytes(3, "big")


def _facts(packets: list[tuple[int, bytes]], octets: bytes) -> KeyFacts:
    tag, first = packets[0]
    if tag not in (_SECRET, _PUBLIC):
        raise BadKey("This is no OpenPGP key.")
    if sum(each in (_SECRET, _PUBLIC) for each, _ in packets) > 1:
        raise BadKey("There is more than one key in this. Add them one by one.")
    is_private = tag == _SECRET
    for each, body in packets:
        if each in (_SECRET, _SECRET_SUB):
            if not is_private:
                raise BadKey("This key is damaged.")
            _check_locked(body)
    user_ids = tuple(body.decode("utf-8", "replace") for each, body in packets if each == _USER_ID)
    return KeyFacts(
        _fingerprint(first),
        user_ids,
        tuple(dict.fromkeys(filter(None, map(_addr_spec, user_ids)))),
        datetime.fromtimestamp(int.from_bytes(first[1:5], "big"), UTC),
        is_private,
        armor(octets, "PRIVATE" if is_private else "PUBLIC"),
    )


def _check_locked(body: bytes) -> None:
    """The octet after the public part says whether the secret one is encrypted (5.5.3)."""
    usage = body[_public_end(body)]
    if usage == 0:
        raise BadKey("This private key is not locked by a passphrase, so it was not kept.")
    if usage not in (253, 254):
        raise BadKey("This private key is locked in an outdated way. Change its passphrase first.")


def _public_end(body: bytes) -> int:
    version, algorithm = body[0], body[5]
    if version == 6:
        return 10 + int.from_bytes(body[6:10], "big")
    if version != 4:
        raise BadKey("Keys of this old kind are not safe to use any more.")
    if algorithm in _FIXED:
        return 6 + _FIXED[algorithm]
    if algorithm in _MPIS:
        return _after_mpis(body, 6, _MPIS[algorithm])
    if algorithm not in _CURVES:
        raise BadKey("Hearth does not know this kind of key.")
    end = _after_mpis(body, 7 + body[6], 1)
    return end + 1 + body[end] if algorithm == 18 else end


def _after_mpis(body: bytes, at: int, count: int) -> int:
    for _ in range(count):
        at += 2 + (int.from_bytes(body[at : at + 2], "big") + 7) // 8
    return at


def _fingerprint(body: bytes) -> str:
    public = body[: _public_end(body)]
    if body[0] == 6:
        digest = hashlib.sha256(b"\x9b" + len(public).to_bytes(4, "big") + public)
    else:
        framed = b"\x99" + len(public).to_bytes(2, "big") + public
        digest = hashlib.sha1(framed, usedforsecurity=False)
    return digest.hexdigest().upper()


def _addr_spec(user_id: str) -> str:
    """``Name <address>``, or the address alone; empty for another user ID."""
    found = re.search(r"<([^<>]+)>\s*$", user_id)
    try:
        return wire_addr_spec((found[1] if found else user_id).strip()).lower()
    except BadAddress:
        return ""


def split_packets(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets):
        head = octets[at]
        if not head & 0x80:
            raise BadKey("This key is damaged.")
        at += 1
        tag, size = (head & 0x3F, 0) if head & 0x40 else ((head >> 2) & 0x0F, 1 << (head & 3))
        if size == 8:
            raise BadKey("This key is damaged.")
        if not size:
            length, at = _new_length(octets, at)
        else:
            length, at = int.from_bytes(octets[at : at + size], "big"), at + size
        if at + length > len(octets):
            raise BadKey("This key is damaged: its end is missing.")
        yield tag, octets[at : at + length]
        at += length


def _new_length(octets: bytes, at: int) -> tuple[int, int]:
    first = octets[at]
    if first < 192:
        return first, at + 1
    if first < 224:
        return ((first - 192) << 8) + octets[at + 1] + 192, at + 2
    if first == 255:
        return int.from_bytes(octets[at + 1 : at + 5], "big"), at + 5
    raise BadKey("This key is damaged.")


def _without_armor(block: str) -> bytes:
    """Armor headers end at an empty line; the checksum, which proves nothing, is passed over."""
    lines = [line.strip() for line in block.splitlines()]
    body = lines[lines.index("") + 1 :] if "" in lines and ":" in lines[0] else lines
    text = "".join(line for line in body if not line.startswith("="))
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise BadKey("This key is damaged.") from problem
