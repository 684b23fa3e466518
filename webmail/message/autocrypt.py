"""The Autocrypt field: a key that travels with every message (Autocrypt Level 1, section 2.1)."""

import base64
from dataclasses import dataclass

from webmail.message.header import Fields
from webmail.message.openpgp_key import KeyFacts, key_facts, octets_of_key

MOST_CHARACTERS = 14_000  # about 10 KiB of key
_KNOWN = frozenset({"addr", "prefer-encrypt", "keydata"})


@dataclass(frozen=True, slots=True)
class Brought:
    """A key that came for ``addr_spec``, in lower case; nothing vouches for it."""

    addr_spec: str
    facts: KeyFacts


def find_key(fields: Fields, sender: str) -> Brought | None:
    """The key in the one field that is about the sender; of several none is believed."""
    written = [value for name, value in fields if name.lower() == "autocrypt"]
    read = (_read(value.decode("ascii", "replace"), sender.lower()) for value in written)
    found = [brought for brought in read if brought is not None]
    return found[0] if len(found) == 1 else None


def _read(value: str, sender: str) -> Brought | None:
    """None of a field with attributes it does not know, but for those that start with ``_``."""
    if len(value) > MOST_CHARACTERS:
        return None
    written = (each.partition("=") for each in value.split(";") if each.strip())
    said = {name.strip().lower(): text.strip() for name, _, text in written}
    if any(name not in _KNOWN and not name.startswith("_") for name in said):
        return None
    if said.get("addr", "").lower() != sender or not said.get("keydata"):
        return None
    try:
        octets = base64.b64decode("".join(said["keydata"].split()), validate=True)
        facts = key_facts(octets)
    except ValueError:  # no base64, or no key
        return None
    return None if facts.is_private else Brought(sender, facts)


def field(addr_spec: str, armored: str) -> bytes:
    """The content of the field, folded, with the armored public key; empty for a large one."""
    text = base64.b64encode(octets_of_key(armored)).decode()
    if len(text) > MOST_CHARACTERS or not addr_spec.isascii():
        return b""
    lines = "".join(f"\r\n {text[start : start + 76]}" for start in range(0, len(text), 76))
    return f"addr={addr_spec.lower()}; keydata={lines}".encode("ascii")
