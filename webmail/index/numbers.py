"""The numbers that stand for Message-IDs and their like in the index."""

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.conf import settings

from webmail.message.thread import normal_message_id

if TYPE_CHECKING:
    from hashlib import _Hash


def message_hash(account_id: int, message_id: str) -> int:
    """A positive number of 63 bits that nobody can foretell; 0 for no Message-ID."""
    normal = normal_message_id(message_id)
    return number_of(keyed(account_id), normal) if normal else 0


def hash_of(account_id: int, kind: str, text: str) -> int:
    """The number of something else: no identifier has a line break, so none is the same."""
    return number_of(keyed(account_id), f"{kind}\n{text}")


@lru_cache(maxsize=256)
def keyed(account_id: int) -> "_Hash":
    key = blake2b(settings.SECRET_KEY.encode(), person=b"conversations").digest()
    return blake2b(b"%d\n" % account_id, key=key, digest_size=8)


def number_of(keyed: "_Hash", text: str) -> int:
    made = keyed.copy()
    made.update(text.encode("utf-8", "surrogatepass"))
    return int.from_bytes(made.digest(), "big") >> 1 or 1


def slices(keys: tuple[int, ...], size: int) -> list[tuple[int, ...]]:
    """Few enough for the parameters of one statement."""
    return [keys[at : at + size] for at in range(0, len(keys), size)]
