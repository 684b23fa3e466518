"""With whom somebody corresponds in all their accounts, those written to most and latest first.

Whom ``people.py`` remembers serves to tell strangers apart, by few messages; these are
offered to be written to, so more messages are read, and when each was written counts.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webmail.index.mailboxes import all_mailboxes
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.rows import unpack
from webmail.message.address import Address
from webmail.store.mailbox import SpecialUse

_SENT_ROWS, _HEARD_ROWS, _JUNK_ROWS = 5000, 2000, 500
_HEARD_MAILBOXES = 3
_HALF_LIFE_S = 90 * 86400.0  # a message half a year old counts a quarter
_KEEP = 32
_NOT_HEARD = {SpecialUse.SENT, SpecialUse.DRAFTS, SpecialUse.JUNK, SpecialUse.TRASH}

_State = tuple[tuple[int, int, int, int], ...]
_kept: "OrderedDict[tuple[int, ...], tuple[_State, tuple[Correspondent, ...]]]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Correspondent:
    """``written`` and ``heard`` are messages to and from, weighed by their age.

    ``addr_spec`` is in lower case; ``written_at`` is in seconds since 1970, 0 for never.
    """

    name: str
    addr_spec: str
    written: float = 0.0
    heard: float = 0.0
    written_at: int = 0


def correspondents_of(account_ids: Iterable[int]) -> tuple[Correspondent, ...]:
    """The most used first.  Who only ever came as junk is not among them.

    The same object as long as no mailbox that matters got or lost a message.
    """
    accounts = tuple(sorted(account_ids))
    rows = [row for each in accounts for row in all_mailboxes(each) if row.is_selectable]
    sent = [row for row in rows if row.special_use == SpecialUse.SENT]
    junk = [row for row in rows if row.special_use == SpecialUse.JUNK]
    heard = [row for each in accounts for row in _heard(rows, each)]
    state = tuple((row.pk, row.uidvalidity, row.uidnext, row.held) for row in (*sent, *heard))
    with _lock:
        kept = _kept.get(accounts)
    if kept is not None and kept[0] == state:
        return kept[1]
    people = _people(sent, heard, junk)
    with _lock:
        _kept[accounts] = state, people
        _kept.move_to_end(accounts)
        while len(_kept) > _KEEP:
            _kept.popitem(last=False)
    return people


def forget_correspondents() -> None:
    with _lock:
        _kept.clear()


def _heard(rows: Sequence[IndexedMailbox], account_id: int) -> list[IndexedMailbox]:
    found = [r for r in rows if r.account_id == account_id and r.special_use not in _NOT_HEARD]
    return sorted(found, key=lambda row: (row.name != "INBOX", -row.held))[:_HEARD_MAILBOXES]


class _Tally:
    """Messages of each address, by their age; the newest name is the name."""

    def __init__(self, newest: int) -> None:
        self._newest = newest
        self.weight: dict[str, float] = {}
        self.last: dict[str, int] = {}
        self.name: dict[str, str] = {}

    def count(self, addresses: Iterable[Address], at: int) -> None:
        weight = 0.5 ** ((self._newest - at) / _HALF_LIFE_S)
        for address in addresses:
            key = address.addr_spec.lower()
            if "@" not in key:
                continue
            self.weight[key] = self.weight.get(key, 0.0) + weight
            self.last[key] = max(self.last.get(key, 0), at)
            if address.name and not self.name.get(key):
                self.name[key] = address.name


def _people(
    sent: Sequence[IndexedMailbox],
    heard: Sequence[IndexedMailbox],
    junk: Sequence[IndexedMailbox],
) -> tuple[Correspondent, ...]:
    to = list(_newest(sent, "recipients", _SENT_ROWS))
    by = list(_newest(heard, "senders", _HEARD_ROWS))
    newest = max((at for _, at in (*to, *by)), default=0)
    written, from_them = _Tally(newest), _Tally(newest)
    for tally, found in ((written, to), (from_them, by)):
        for packed, at in sorted(found, key=lambda each: -each[1]):
            tally.count(unpack(packed), at)
    unwanted = {
        address.addr_spec.lower()
        for packed, _ in _newest(junk, "senders", _JUNK_ROWS)
        for address in unpack(packed)
    }
    wanted = {**written.weight, **from_them.weight}
    people = [
        Correspondent(
            # What they call themselves may be anything; what we called them is known.
            written.name.get(key) or from_them.name.get(key, ""),
            key,
            written.weight.get(key, 0.0),
            from_them.weight.get(key, 0.0),
            written.last.get(key, 0),
        )
        for key in wanted
        if key in written.weight or key not in unwanted
    ]
    return tuple(sorted(people, key=lambda one: (-one.written, -one.heard, one.addr_spec)))


def _newest(rows: Sequence[IndexedMailbox], column: str, limit: int) -> Iterator[tuple[str, int]]:
    for row in rows:
        found = IndexedMessage.objects.filter(mailbox_id=row.pk).order_by("-internal_date")
        yield from found.values_list(column, "internal_date")[:limit]
