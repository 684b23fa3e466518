"""The lines of a list, each made once and remembered.

A list is asked for again and again with the same rows in it.  What is read from the index is
the key, whole: a row that is the same says the same, and nothing is thrown away for being old.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from webmail.index.models import IndexedMailbox
from webmail.index.rows import ListedMessage, listed_from_row, unpack
from webmail.message.address import Address
from webmail.store.mailbox import FLAGGED, SEEN

Row = tuple[object, ...]
# Whether it is a draft, then message_hash, senders, is_seen, is_flagged, is_draft,
# has_attachment, has_invitation.
Member = tuple[object, ...]

_LAST_SENDERS = 3
_REMEMBERED = 2048  # about 2 MB


def line(mailbox: IndexedMailbox, row: Row, members: Sequence[Member] = ()) -> ListedMessage:
    """What a list shows of a row (LISTED_COLUMNS), as the newest of its conversation."""
    return _line(mailbox.name, mailbox.uidvalidity, row, tuple(members))


@lru_cache(maxsize=_REMEMBERED)
def _line(name: str, uidvalidity: int, row: Row, members: tuple[Member, ...]) -> ListedMessage:
    newest = listed_from_row(name, uidvalidity, row)
    if len(members) < 2:
        return newest
    messages = [member for member in members if not member[0]]
    is_unread = any(not is_seen for _, _, _, is_seen, *_ in messages)
    flags = newest.flags - {SEEN, FLAGGED}
    flags |= set() if is_unread else {SEEN}
    flags |= {FLAGGED} if any(member[4] for member in messages) else set()
    return replace(
        newest,
        senders=_last_senders([str(member[2]) for member in messages]) or newest.senders,
        flags=frozenset(flags),
        has_attachment=any(member[6] for member in messages),
        has_invitation=any(member[7] for member in messages),
        count=len({member[1] for member in messages}),
        has_draft=len(messages) < len(members),
    )


def _last_senders(packed: Iterable[str]) -> tuple[Address, ...]:
    """Newest first, each once."""
    found: dict[str, Address] = {}
    for text in packed:
        for address in unpack(text)[:1]:
            found.setdefault(address.addr_spec.lower(), address)
        if len(found) == _LAST_SENDERS:
            break
    return tuple(found.values())
