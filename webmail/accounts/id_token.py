"""Whose permission it was: an ID token (OpenID Connect Core, section 3.1.3.7), checked whole."""

import base64
import binascii
import hmac
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_SKEW_S = 60
_MOST_CHARS = 16_000


class BadIdToken(Exception):
    """It proves nothing; the words are for the log and the page."""


def read_id_token(
    token: str,
    keys: list[dict[str, Any]],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    now: float,
) -> dict[str, Any]:
    """Its claims, if it is signed by the issuer, for us, for this question and still good."""
    header, claims, signed, signature = _parts(token)
    _check_signature(header, keys, signed, signature)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != issuer:
        raise BadIdToken("it is of another issuer")
    if client_id not in audiences:
        raise BadIdToken("it is for another program")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise BadIdToken("it was made for another program")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise BadIdToken("it answers another question")
    if _number(claims, "exp") < now - _SKEW_S:
        raise BadIdToken("its time is over")
    if _number(claims, "iat") > now + _SKEW_S:
        raise BadIdToken("it is from the future")
    return claims


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    pieces = token.split(".")
    if len(pieces) != 3 or len(token) > _MOST_CHARS or not token.isascii():
        raise BadIdToken("it is no signed token")
    try:
        header, claims = (json.loads(_bytes(piece)) for piece in pieces[:2])
        signature = _bytes(pieces[2])
    except (ValueError, RecursionError) as problem:
        raise BadIdToken("it cannot be read") from problem
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadIdToken("it cannot be read")
    return header, claims, f"{pieces[0]}.{pieces[1]}".encode(), signature


def _check_signature(
    header: dict[str, Any], keys: list[dict[str, Any]], signed: bytes, signature: bytes
) -> None:
    """RS256 or ES256 by a key of that kind; never none, never with a secret."""
    kinds = {"RS256": "RSA", "ES256": "EC"}
    kind = kinds.get(str(header.get("alg")))
    if kind is None or "crit" in header:
        raise BadIdToken("it is not signed in a way we believe")
    named = [key for key in keys if key.get("kty") == kind and key.get("use", "sig") == "sig"]
    if "kid" in header:
        named = [key for key in named if key.get("kid") == header["kid"]]
    if len(named) != 1:
        raise BadIdToken("the issuer has no such key")
    try:
        (_verify_rsa if kind == "RSA" else _verify_ec)(named[0], signed, signature)
    except (InvalidSignature, ValueError, TypeError, KeyError) as problem:
        raise BadIdToken("its signature does not fit") from problem


def _verify_rsa(key: dict[str, Any], signed: bytes, signature: bytes) -> None:
    modulus, exponent = _integer(key["n"]), _integer(key["e"])
    if modulus.bit_length() < 2048:
        raise ValueError("too short a key")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


def _verify_ec(key: dict[str, Any], signed: bytes, signature: bytes) -> None:
    if key["crv"] != "P-256" or len(signature) != 64:
        raise ValueError("another curve")
    numbers = ec.EllipticCurvePublicNumbers(_integer(key["x"]), _integer(key["y"]), ec.SECP256R1())
    halves = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    numbers.public_key().verify(encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))


def _number(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadIdToken(f"it does not say its {name}")
    return float(value)


def _integer(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64url") from problem
