"""Which messages belong together."""

from collections.abc import Sequence
from hashlib import blake2b

from webmail.index.models import IndexedMessage
from webmail.store.mailbox import MessageFacts


def message_hash(account_id: int, message_id: str) -> int:
    digest = blake2b(f"{account_id}:{message_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 if message_id else 0


def assign(account_id: int, pairs: Sequence[tuple[IndexedMessage, MessageFacts]]) -> None:
    for row, facts in pairs:
        row.message_hash = message_hash(account_id, facts.envelope.message_id)
        row.conversation = row.message_hash or row.pk


def mark_newest(mailbox_id: int, conversations: set[int]) -> None:
    """Nothing yet."""
