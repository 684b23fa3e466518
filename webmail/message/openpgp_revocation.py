"""Revocation certificates (RFC 9580, sections 5.2.1.11 and 10.1), without believing them.

Such a certificate is one signature that the key made over itself beforehand.  Put into the key
it says to everybody who gets it that the key is not to be used any more.
"""

from webmail.message.openpgp_key import BadKey, armor, octets_of_key, split_packets

_SIGNATURE = 2
_MOST_BYTES = 20_000


def read_revocation(text: str) -> str:
    """The certificate in a text, armored anew.  Raises BadKey."""
    octets = octets_of_key(text[: 2 * _MOST_BYTES])
    try:
        found = list(split_packets(octets))
    except IndexError as problem:
        raise BadKey("This revocation certificate is damaged.") from problem
    if [is_revocation(tag, body) for tag, body in found] != [True]:
        raise BadKey("This is no revocation certificate.")
    return armor(octets, "PUBLIC")


def is_revocation(tag: int, body: bytes) -> bool:
    """Version 4 and 6 signatures have their type in the second octet (5.2.3)."""
    return tag == _SIGNATURE and body[:1] in (b"\x04", b"\x06") and body[1:2] == b"\x20"


def with_revocation(armored: str, certificate: str) -> str:
    """The key with the certificate behind its first packet, public or private."""
    (first, *rest) = split_packets(octets_of_key(armored))
    revocation = next(iter(split_packets(octets_of_key(certificate))))
    octets = b"".join(_written(tag, body) for tag, body in (first, revocation, *rest))
    return armor(octets, "PRIVATE" if "BEGIN PGP PRIVATE" in armored else "PUBLIC")


def is_revoked(armored: str) -> bool:
    """Whether the key says so of itself; whether that is true is seen where it is used."""
    for tag, body in list(split_packets(octets_of_key(armored)))[1:]:
        if tag != _SIGNATURE:
            return False
        if is_revocation(tag, body):
            return True
    return False


def _written(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body
