"""A message store in a dictionary: the same behaviour as the others, for tests."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from webmail.message.bodystructure import Part, decode_part
from webmail.message.charset import decode_text
from webmail.message.header import first, split_fields
from webmail.message.parse import ParsedMessage, parse_message
from webmail.message.query import EVERYTHING, Candidate, Query, Term, matches
from webmail.store.mailbox import (
    Changes,
    Features,
    FetchedMessage,
    Flag,
    FlagState,
    MailboxStatus,
    MailboxSummary,
    MessageFacts,
    MessagePage,
    MessageRef,
    MessageSummary,
    Quota,
    SortKey,
    SpecialUse,
)
from webmail.store.memory_mailbox import MemoryMailbox, MemoryMessage
from webmail.store.naming import check_mailbox_name, check_section
from webmail.store.paging import page_bounds
from webmail.store.preview import preview_of, previewed_part
from webmail.store.protocol import (
    AHEAD_BYTES,
    MailboxNotFound,
    MessageGone,
    Refused,
    Unreachable,
    Unsupported,
    Wanted,
)
from webmail.store.sequence_set import is_among, merged_ranges
from webmail.store.special_use import with_special_uses

DELIMITER = "/"
PIECE_BYTES = 64 * 1024
_USUAL = {
    use.value.capitalize(): use for use in SpecialUse if use not in ("inbox", "flagged", "all")
}


class MemoryStore:
    """Begins with INBOX and the usual mailboxes, all empty.  ``clock`` dates what arrives."""

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._mailboxes = {"INBOX": MemoryMailbox(SpecialUse.INBOX)}
        self._mailboxes |= {name: MemoryMailbox(use) for name, use in _USUAL.items()}
        self.is_open = True
        self.writes_sent = 0

    @property
    def features(self) -> Features:
        return Features()

    def is_alive(self, *, ask: bool = False) -> bool:
        return self.is_open

    def mailboxes(self) -> tuple[MailboxSummary, ...]:
        self._require_open()
        return with_special_uses(
            MailboxSummary(name, DELIMITER, mailbox.special_use, status=mailbox.status())
            for name, mailbox in self._mailboxes.items()
        )

    def status(self, mailbox: str) -> MailboxStatus:
        return self._mailbox(mailbox).status()

    def quota(self) -> Quota | None:
        return None

    def size_bytes(self, mailbox: str) -> int:
        return sum(len(message.raw) for message in self._mailbox(mailbox).messages.values())

    def page(
        self,
        mailbox: str,
        query: Query | None = None,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
        size: int = 50,
    ) -> MessagePage:
        place = self._mailbox(mailbox)
        uids = [ref.uid for ref in reversed(self.search(mailbox, query or EVERYTHING))]
        low, high = page_bounds(uids, older_than=older_than, newer_than=newer_than, size=size)
        refs = [
            MessageRef(mailbox, place.uidvalidity, uid) for uid in reversed(uids[low - 1 : high])
        ]
        return MessagePage(
            mailbox=mailbox,
            uidvalidity=place.uidvalidity,
            rows=self.summaries(refs),
            total=len(uids),
            first_position=len(uids) - high + 1 if refs else 0,
            has_newer=high < len(uids),
            has_older=1 < low <= len(uids) + 1,
        )

    def summary(self, ref: MessageRef) -> MessageSummary:
        message = self._message(ref)
        structure = message.parsed.structure
        return MessageSummary(
            ref=ref,
            envelope=message.parsed.envelope,
            flags=message.flags,
            size_bytes=len(message.raw),
            internal_date=message.internal_date,
            structure=structure,
            preview=_preview(message.parsed, structure),
        )

    def summaries(self, refs: Iterable[MessageRef]) -> tuple[MessageSummary, ...]:
        return tuple(self.summary(ref) for ref, _ in self._living(refs))

    def fetch(
        self, refs: Iterable[MessageRef], wanted: Wanted, *, ahead_bytes: int = AHEAD_BYTES
    ) -> tuple[FetchedMessage, ...]:
        found = []
        for ref, message in self._living(refs):
            sizes = wanted(message.parsed.structure)
            parts = {s: message.parsed.part_bytes(s)[:size] for s, size in sizes.items()}
            summary = replace(self.summary(ref), preview="")
            found.append(FetchedMessage(summary, self.headers(ref), parts))
        return tuple(found)

    def changes_since(self, mailbox: str, known: MailboxStatus) -> Changes:
        return self._mailbox(mailbox).changes_since(known)

    def uids(self, mailbox: str) -> tuple[range, ...]:
        return merged_ranges(range(uid, uid + 1) for uid in self._mailbox(mailbox).messages)

    def flag_states(self, mailbox: str, uids: range) -> Iterator[FlagState]:
        return self._mailbox(mailbox).flag_states(uids)

    def facts(self, mailbox: str, uids: Iterable[range]) -> Iterator[MessageFacts]:
        place = self._mailbox(mailbox)
        wanted = merged_ranges(uids)
        living = [uid for uid in place.messages if is_among(uid, wanted)]
        return (place.facts(MessageRef(mailbox, place.uidvalidity, uid)) for uid in living)

    def headers(self, ref: MessageRef) -> bytes:
        head, separator, _ = self._message(ref).raw.partition(b"\r\n\r\n")
        return (head + separator)[: 256 * 1024]

    def part(
        self,
        ref: MessageRef,
        section: str,
        *,
        offset_bytes: int = 0,
        limit_bytes: int | None = None,
    ) -> Iterator[bytes]:
        check_section(section)
        octets = self._message(ref).parsed.part_bytes(section)[offset_bytes:]
        return _in_pieces(octets[:limit_bytes])

    def source(self, ref: MessageRef, *, offset_bytes: int = 0) -> Iterator[bytes]:
        return _in_pieces(self._message(ref).raw[offset_bytes:])

    def set_flags(
        self, refs: Iterable[MessageRef], *, add: Iterable[Flag] = (), remove: Iterable[Flag] = ()
    ) -> None:
        self.writes_sent += 1
        added, removed = frozenset(add), frozenset(remove)
        for ref, message in self._living(refs):
            self._mailbox(ref.mailbox).flag(ref.uid, (message.flags | added) - removed)

    def begin_flags(self, refs: Iterable[MessageRef], *, add: Iterable[Flag]) -> None:
        self.set_flags(refs, add=add)

    def settle(self) -> None:
        """Nothing is ever only begun."""

    def move(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        self.writes_sent += 1
        going = tuple(refs)
        places = self.copy(going, target)
        self.expunge(going)
        return places

    def copy(self, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
        self.writes_sent += 1
        place = self._mailbox(target)
        return tuple(
            MessageRef(
                target,
                place.uidvalidity,
                place.add(MemoryMessage(m.raw, m.flags, m.internal_date, m.parsed)),
            )
            for _, m in sorted(self._living(refs), key=lambda pair: pair[0].uid)
        )

    def expunge(self, refs: Iterable[MessageRef]) -> None:
        self.writes_sent += 1
        for ref, _ in self._living(refs):
            self._mailbox(ref.mailbox).expunge(ref.uid)

    def append(
        self,
        mailbox: str,
        message: bytes,
        *,
        flags: Iterable[Flag] = (),
        internal_date: datetime | None = None,
    ) -> MessageRef | None:
        self.writes_sent += 1
        place = self._mailbox(mailbox)
        date = internal_date or self._clock()
        uid = place.add(MemoryMessage(message, frozenset(flags), date, parse_message(message)))
        return MessageRef(mailbox, place.uidvalidity, uid)

    def create_mailbox(self, name: str, special_use: SpecialUse | None = None) -> str:
        self.writes_sent += 1
        self._require_free(name)
        self._mailboxes[name] = MemoryMailbox(special_use)
        return name

    def rename_mailbox(self, name: str, new_name: str) -> None:
        self.writes_sent += 1
        self._mailbox(name)
        self._require_free(new_name)
        for old in [each for each in self._mailboxes if f"{each}/".startswith(f"{name}/")]:
            self._mailboxes[new_name + old.removeprefix(name)] = self._mailboxes.pop(old)

    def delete_mailbox(self, name: str) -> None:
        self.writes_sent += 1
        self._mailbox(name)
        if name == "INBOX":
            raise Refused("INBOX can't be deleted.", code="CANNOT")
        del self._mailboxes[name]

    def search(self, mailbox: str, query: Query) -> tuple[MessageRef, ...]:
        place = self._mailbox(mailbox)
        return tuple(
            MessageRef(mailbox, place.uidvalidity, uid)
            for uid, message in sorted(place.messages.items(), reverse=True)
            if matches(query, _candidate(message))
        )

    def sort(
        self, mailbox: str, query: Query, by: SortKey, *, descending: bool = False
    ) -> tuple[MessageRef, ...]:
        raise Unsupported("A store in memory does not sort.")

    def replace(
        self, old: MessageRef, message: bytes, *, flags: Iterable[Flag] = ()
    ) -> MessageRef | None:
        raise Unsupported("A store in memory does not replace.")

    def saved_before(self, mailbox: str, day: date) -> tuple[MessageRef, ...]:
        return self.search(mailbox, Term("before", day))

    def find_message_id(
        self, mailbox: str, message_id: str, *, field: str = "Message-ID"
    ) -> tuple[MessageRef, ...]:
        found = self.search(mailbox, EVERYTHING)
        wanted = message_id.encode()
        return tuple(r for r in found if first(split_fields(self._message(r).raw), field) == wanted)

    def close(self) -> None:
        self.is_open = False

    def _require_open(self) -> None:
        if not self.is_open:
            raise Unreachable("The store is closed.", reason="cut")

    def _require_free(self, name: str) -> None:
        check_mailbox_name(name)
        if name in self._mailboxes:
            raise Refused("Mailbox already exists", code="ALREADYEXISTS")

    def _mailbox(self, name: str) -> MemoryMailbox:
        self._require_open()
        if name not in self._mailboxes:
            raise MailboxNotFound(f"There is no folder “{name}”.")
        return self._mailboxes[name]

    def _message(self, ref: MessageRef) -> MemoryMessage:
        for _, message in self._living([ref]):
            return message
        raise MessageGone(f"This message is no longer in {ref.mailbox}.")

    def _living(self, refs: Iterable[MessageRef]) -> list[tuple[MessageRef, MemoryMessage]]:
        """Those that exist; MessageGone when a mailbox is another than it was (F44)."""
        found = []
        for ref in refs:
            mailbox = self._mailbox(ref.mailbox)
            if mailbox.uidvalidity != ref.uidvalidity:
                raise MessageGone(f"This message is no longer in {ref.mailbox}.")
            if ref.uid in mailbox.messages:
                found.append((ref, mailbox.messages[ref.uid]))
        return found


def _candidate(message: MemoryMessage) -> Candidate:
    parsed = message.parsed
    body = "\n".join(
        _text(parsed, part)
        for part in parsed.structure.walk()
        if part.media_type.startswith("text/")
    )
    return Candidate(
        envelope=parsed.envelope,
        flags=frozenset(flag.name.lower() for flag in message.flags),
        size_bytes=len(message.raw),
        internal_date=message.internal_date,
        text="\n".join([*(f"{name}: {value}" for name, value in parsed.headers), body]),
        body=body,
        media_type=parsed.structure.media_type,
    )


def _text(parsed: ParsedMessage, part: Part) -> str:
    return decode_text(decode_part(parsed.part_bytes(part.section), part.encoding), part.charset)


def _preview(parsed: ParsedMessage, structure: Part) -> str:
    part = previewed_part(structure)
    return preview_of(part, parsed.part_bytes(part.section)) if part is not None else ""


def _in_pieces(octets: bytes) -> Iterator[bytes]:
    return (octets[i : i + PIECE_BYTES] for i in range(0, len(octets), PIECE_BYTES))
