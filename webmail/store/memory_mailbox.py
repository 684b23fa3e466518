"""A mailbox in a dictionary, with the mod-sequences of RFC 7162."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from webmail.message.parse import ParsedMessage
from webmail.store.mailbox import (
    SEEN,
    Changes,
    Flag,
    FlagState,
    MailboxStatus,
    MessageFacts,
    MessageRef,
    SpecialUse,
)
from webmail.store.sequence_set import merged_ranges

_uidvalidities = itertools.count(1)


@dataclass(slots=True)
class MemoryMessage:
    raw: bytes
    flags: frozenset[Flag]
    internal_date: datetime
    parsed: ParsedMessage
    modseq: int = 0


@dataclass(slots=True)
class MemoryMailbox:
    special_use: SpecialUse | None = None
    uidvalidity: int = field(default_factory=lambda: next(_uidvalidities))
    uidnext: int = 1
    highestmodseq: int = 1
    messages: dict[int, MemoryMessage] = field(default_factory=dict)
    vanished: dict[int, int] = field(default_factory=dict)

    def status(self) -> MailboxStatus:
        unseen = sum(SEEN not in message.flags for message in self.messages.values())
        return MailboxStatus(
            *(len(self.messages), unseen, self.uidnext, self.uidvalidity, self.highestmodseq)
        )

    def add(self, message: MemoryMessage) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        message.modseq = self._next_modseq()
        self.messages[uid] = message
        return uid

    def flag(self, uid: int, flags: frozenset[Flag]) -> None:
        message = self.messages[uid]
        if message.flags != flags:
            message.flags, message.modseq = flags, self._next_modseq()

    def expunge(self, uid: int) -> None:
        del self.messages[uid]
        self.vanished[uid] = self._next_modseq()

    def changes_since(self, known: MailboxStatus) -> Changes:
        if known.uidvalidity != self.uidvalidity:
            return Changes(self.status(), is_whole=False)
        modseq = known.highestmodseq
        states = self.flag_states(range(1, self.uidnext))
        gone = (range(uid, uid + 1) for uid, when in self.vanished.items() if when > modseq)
        return Changes(
            status=self.status(),
            flags=tuple(state for state in states if state.modseq > modseq),
            vanished=merged_ranges(gone),
        )

    def flag_states(self, uids: range) -> Iterator[FlagState]:
        for uid, message in sorted(self.messages.items()):
            if uid in uids:
                yield FlagState(uid, message.flags, message.modseq)

    def facts(self, ref: MessageRef) -> MessageFacts:
        message = self.messages[ref.uid]
        return MessageFacts(
            ref=ref,
            modseq=message.modseq,
            flags=message.flags,
            size_bytes=len(message.raw),
            internal_date=message.internal_date,
            envelope=message.parsed.envelope,
            media_type=message.parsed.structure.media_type,
        )

    def _next_modseq(self) -> int:
        self.highestmodseq += 1
        return self.highestmodseq
