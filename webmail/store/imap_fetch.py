"""Messages as they are opened: header, structure and what is shown, in a round trip or two.

The first fetch has the beginning of each message.  What the server's structure says to be
wanted is cut out of that, where our own reading of it agrees with the server's; a second
fetch has the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from webmail.message.bodystructure import Part
from webmail.message.envelope import envelope_from_header
from webmail.message.giving_way import give_way
from webmail.message.header import MAX_HEADER_BYTES, header_end
from webmail.message.parse import parse_structure
from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_grammar import octets_of
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import FetchedMessage, MessageRef, MessageSummary
from webmail.store.naming import check_section
from webmail.store.protocol import Wanted
from webmail.store.sequence_set import sequence_sets

_FACTS = "UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE"
_NEEDED = frozenset({b"UID", b"RFC822.SIZE", b"BODYSTRUCTURE"})
_NOT_THERE = ("NONEXISTENT", "EXPUNGEISSUED")
_HEADER = "HEADER"


@dataclass(slots=True)
class _Begun:
    """A message, and the sections still missing with the octets wanted of each."""

    summary: MessageSummary
    header: bytes
    parts: dict[str, bytes] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)


def fetch_messages(
    session: ImapSession, refs: Sequence[MessageRef], wanted: Wanted, ahead_bytes: int
) -> tuple[FetchedMessage, ...]:
    uids = session.select_for(refs)
    begun: dict[int, _Begun] = {}
    for uid_set in sequence_sets(uids):
        for items in _asked(session, Atom(uid_set), ahead_bytes):
            begun[items[b"UID"]] = _begin(session, items, wanted, ahead_bytes)
    _complete(session, [begun[uid] for uid in uids if uid in begun and begun[uid].missing])
    found = (begun[uid] for uid in uids if uid in begun and not begun[uid].missing)
    return tuple(FetchedMessage(each.summary, each.header, each.parts) for each in found)


def _asked(session: ImapSession, uids: Atom, ahead_bytes: int) -> Iterator[dict[bytes, Any]]:
    items = Atom(f"({_FACTS} BODY.PEEK[]<0.{ahead_bytes}>)")
    reply = session.command("UID FETCH", uids, items, forgiving=_NOT_THERE)
    return (items for items in codec.fetched(reply) if items.keys() >= _NEEDED)


def _begin(
    session: ImapSession, items: dict[bytes, Any], wanted: Wanted, ahead_bytes: int
) -> _Begun:
    give_way()
    selected = session.selected
    mailbox, uidvalidity = (selected.mailbox, selected.uidvalidity) if selected else ("", 0)
    start = codec.body_of(items)
    is_whole = len(start) < ahead_bytes
    end = header_end(start)
    header = start[: min(end, MAX_HEADER_BYTES)]
    summary = codec.summary_from_fetch({**items, b"BODY[HEADER]": header}, mailbox, uidvalidity)
    give_way()
    begun = _Begun(summary, header, missing=dict(wanted(summary.structure)))
    is_ended = is_whole or start[:end].endswith((b"\n\n", b"\n\r\n"))
    if end == 0 or not is_ended:
        # It begins as no message does, or goes on: what is its header, the server decides.
        begun.missing[_HEADER] = MAX_HEADER_BYTES
    for section, octets in _cut_out(start, summary.structure, begun.missing, is_whole=is_whole):
        begun.parts[section] = octets
        del begun.missing[section]
    return begun


def _cut_out(
    start: bytes, structure: Part, sections: Mapping[str, int], *, is_whole: bool
) -> Iterator[tuple[str, bytes]]:
    """The sections that stand whole in the beginning of a message."""
    mine, places = parse_structure(start)
    ours = {part.section: part for part in reversed(list(mine.walk()))}
    for part in structure.walk():
        if part.section not in sections or part.section not in ours:
            continue
        first, last = places[part.section]
        is_there = is_whole or last < len(start)
        if is_there and _agree(part, ours[part.section]):
            yield part.section, start[first:last][: sections[part.section]]


def _agree(theirs: Part, ours: Part) -> bool:
    """Whether they are one part: of the same kind, and to the octet of the same size."""
    return (theirs.media_type, theirs.encoding, theirs.size_bytes) == (
        *(ours.media_type, ours.encoding, ours.size_bytes),
    )


def _complete(session: ImapSession, begun: Sequence[_Begun]) -> None:
    """Fetches what is missing; of a message that went meanwhile it stays missing."""
    if not begun:
        return
    commands = [_command(each) for each in begun]
    reply = session.commands("UID FETCH", commands, forgiving=_NOT_THERE)
    by_uid = {each.summary.ref.uid: each for each in begun}
    for items in codec.fetched(reply):
        each = by_uid.get(items.get(b"UID", 0))
        for name, octets in _sections(items) if each else ():
            if each and (limit := each.missing.pop(name, None)) is not None:
                each.parts[name] = octets[:limit]
    for each in begun:
        if (header := each.parts.pop(_HEADER, None)) is not None:
            each.header = header
            each.summary = replace(each.summary, envelope=envelope_from_header(header))


def _command(begun: _Begun) -> list[Argument]:
    for section in begun.missing:
        if section != _HEADER:
            check_section(section)
    items = [Atom(f"BODY.PEEK[{name}]<0.{size}>") for name, size in begun.missing.items()]
    return [begun.summary.ref.uid, items]


def _sections(items: dict[bytes, Any]) -> Iterator[tuple[str, bytes]]:
    for name, value in items.items():
        if name.startswith(b"BODY[") and b"]" in name:
            yield name[5 : name.index(b"]")].decode("ascii", "replace"), octets_of(value)
