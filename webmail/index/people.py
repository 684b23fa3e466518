"""With whom an account has exchanged mail lately, as the index remembers it.

Few rows of few mailboxes are read, newest first, and what was read is kept until one of
those mailboxes changes: opening a message asks this each time.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence

from webmail.index import words
from webmail.index.conversations import known_numbers
from webmail.index.mailboxes import all_mailboxes
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.numbers import message_hash
from webmail.index.rows import unpack
from webmail.message.address import Address
from webmail.message.circle import Acquaintance
from webmail.message.query import Term
from webmail.store.mailbox import MessageRef, SpecialUse

_SENT_ROWS = 400
_HEARD_ROWS = 400
_EARLIER = 8
_KEEP = 64
_MEMORY = 20  # messages that make a memory
_NOT_HEARD = {SpecialUse.SENT, SpecialUse.DRAFTS, SpecialUse.JUNK, SpecialUse.TRASH}
_HEARD_MAILBOXES = 3

_State = tuple[tuple[int, int, int, int], ...]
_kept: "OrderedDict[int, tuple[_State, tuple[Acquaintance, ...], bool]]" = OrderedDict()
_lock = threading.Lock()


def people_of(account_id: int) -> tuple[tuple[Acquaintance, ...], bool]:
    """The people, and whether the memory is long and whole enough to call others strangers."""
    rows = [row for row in all_mailboxes(account_id) if row.is_selectable]
    sent = [row for row in rows if row.special_use == SpecialUse.SENT]
    heard = [row for row in rows if row.special_use not in _NOT_HEARD]
    heard = sorted(heard, key=lambda row: (row.name != "INBOX", -row.held))[:_HEARD_MAILBOXES]
    state = tuple((row.pk, row.version, row.uidvalidity, row.held) for row in (*sent, *heard))
    with _lock:
        kept = _kept.get(account_id)
    if kept is not None and kept[0] == state:
        return kept[1], kept[2]
    people = _people(sent, heard)
    memory = sum(row.held for row in heard) >= _MEMORY and all(row.is_whole for row in rows)
    with _lock:
        _kept[account_id] = state, people, memory
        _kept.move_to_end(account_id)
        while len(_kept) > _KEEP:
            _kept.popitem(last=False)
    return people, memory


def forget_people() -> None:
    with _lock:
        _kept.clear()


def count_earlier(account_id: int, addr_spec: str, ref: MessageRef) -> int:
    """How many messages from an address the index has besides this one; few are counted."""
    rows = {row.pk: row for row in all_mailboxes(account_id) if row.is_selectable}
    keys = words.find(rows, Term("from", addr_spec), limit=_EARLIER) if addr_spec else []
    own = next((row.first_key | ref.uid for row in rows.values() if row.name == ref.mailbox), 0)
    found = IndexedMessage.objects.filter(pk__in=[key for key in keys if key != own])
    wanted = addr_spec.lower()
    senders = found.values_list("senders", flat=True)
    return sum(any(each.addr_spec.lower() == wanted for each in unpack(one)) for one in senders)


def answers_own(account_id: int, message_ids: Iterable[str]) -> bool:
    """Whether one of these messages belongs to a conversation in which we wrote."""
    numbers = known_numbers(message_hash(account_id, each) for each in message_ids)
    sent = [row.pk for row in all_mailboxes(account_id) if row.special_use == SpecialUse.SENT]
    conversations = list(numbers.values())
    rows = IndexedMessage.objects.filter(conversation__in=conversations, mailbox_id__in=sent)
    return bool(conversations and sent) and rows.exists()


def _people(
    sent: Sequence[IndexedMailbox], heard: Sequence[IndexedMailbox]
) -> tuple[Acquaintance, ...]:
    written = _counted(sent, "recipients", _SENT_ROWS)
    from_them = _counted(heard, "senders", _HEARD_ROWS)
    names: dict[str, str] = {}
    for address in (*written, *from_them):
        key = address.addr_spec.lower()
        names[key] = names.get(key) or address.name
    counts = [_by_address(each) for each in (written, from_them)]
    return tuple(
        Acquaintance(name, key, counts[0][key], counts[1][key]) for key, name in names.items()
    )


def _counted(rows: Sequence[IndexedMailbox], column: str, limit: int) -> Counter[Address]:
    found: Counter[Address] = Counter()
    for row in rows:
        newest = IndexedMessage.objects.filter(mailbox_id=row.pk).order_by("-internal_date")
        for packed in newest.values_list(column, flat=True)[:limit]:
            found.update(unpack(packed))
    return found


def _by_address(addresses: Counter[Address]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for address, count in addresses.items():
        counts[address.addr_spec.lower()] += count
    return counts
