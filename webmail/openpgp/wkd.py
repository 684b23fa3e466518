"""Keys from the directory of an address's own domain (draft-koch-openpgp-webkey-service).

Asked only when somebody wants a key: the domain learns that this server looks for one.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.openpgp_key import BadKey, KeyFacts, key_facts, split_keys
from webmail.message.openpgp_revocation import is_revoked
from webmail.outbound_address import Refused, Unknown
from webmail.outbound_fetch import RULES, FetchFailed, Rules, fetch

log = logging.getLogger(__name__)
# Redirects may lead elsewhere, but never out of TLS: a directory vouches by its certificate.
rules: Rules = replace(RULES, ports=frozenset({443}), max_bytes=200_000)
_ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"  # z-base-32 (RFC 6189, section 5.1.6)


class NotFound(Exception):
    """The sentence says what came of it, for people."""


def find_key(addr_spec: str) -> KeyFacts:
    """The key that the domain publishes for this address.  Raises NotFound.

    By the advanced method first; by the direct one only where there is no such host.
    """
    try:
        wire = wire_addr_spec(addr_spec.strip())
    except BadAddress as problem:
        raise NotFound(str(problem)) from problem
    advanced, direct = urls_of(wire)
    try:
        return _key_at(advanced, wire)
    except Unknown:
        log.debug("no openpgpkey host: trying the direct method")
    try:
        return _key_at(direct, wire)
    except Unknown as problem:
        raise _nothing(wire) from problem


def urls_of(wire: str) -> tuple[str, str]:
    """The URLs of the advanced and the direct method (section 3.1)."""
    local, _, domain = wire.rpartition("@")
    domain = domain.lower()
    hashed = zbase32(hashlib.sha1(_ascii_lower(local).encode(), usedforsecurity=False).digest())
    rest = f"hu/{hashed}?l={quote(local, safe='')}"
    return (
        f"https://openpgpkey.{domain}/.well-known/openpgpkey/{domain}/{rest}",
        f"https://{domain}/.well-known/openpgpkey/{rest}",
    )


def zbase32(octets: bytes) -> str:
    """Of a whole number of five-bit groups, as a SHA-1 is."""
    bits = "".join(f"{octet:08b}" for octet in octets)
    return "".join(_ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def _ascii_lower(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _key_at(url: str, wire: str) -> KeyFacts:
    try:
        content = fetch(url, accept="application/octet-stream", rules=rules).content
    except Unknown:
        raise
    except (Refused, FetchFailed) as problem:
        log.info("key directory did not answer: %s", type(problem).__name__)
        raise _nothing(wire) from problem
    fitting = [each for each in _facts_in(content) if wire.lower() in each.addr_specs]
    if fitting:  # an older one may be published beside it, for those who have that
        return min(fitting, key=lambda each: is_revoked(each.armored))
    raise NotFound(f"What the domain of {wire} publishes is no key for this address.")


def _facts_in(content: bytes) -> Iterator[KeyFacts]:
    """Of the public keys in it; what is damaged is passed over."""
    for octets in split_keys(content):
        with suppress(BadKey):
            facts = key_facts(octets)
            if not facts.is_private:
                yield facts


def _nothing(wire: str) -> NotFound:
    return NotFound(f"The domain of {wire} publishes no key for this address.")
