"""Messages that a server's parser makes little of, read again by our own.

Dovecot 2.3 gives no type at all for ``Content-Type: text/html, charset=utf-8``, loses the
boundary after ``;;``, takes a first paragraph for a header where there is none, and ends an
unquoted file name at its first blank.  A few such are in every old mailbox.  The parts of
what was read again have sections that begin with ``0.``, which no server numbers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from webmail.message.bodystructure import Part
from webmail.message.header import first, split_fields, value_and_parameters
from webmail.message.parse import parse_message
from webmail.store.imap_parts import fetch_pieces
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import MessageRef, MessageSummary

OWN = "0."
MAX_REREAD_BYTES = 2_000_000
MAX_REREAD_MESSAGES = 8
_MAX_RENAMED_PARTS = 8
_MAX_MIME_BYTES = 16_384
_READABLE = ("7bit", "8bit", "binary", "quoted-printable")


def is_own(section: str) -> bool:
    return section.startswith(OWN)


def reread(session: ImapSession, rows: Iterable[MessageSummary]) -> list[MessageSummary]:
    """The rows, each doubtful structure replaced; a costly one is left as it came."""
    room = MAX_REREAD_MESSAGES
    told = []
    for row in rows:
        if room and is_doubtful(row):
            room -= 1
            own = parse_message(_source(session, row.ref)).structure
            if _shape(own) != _shape(row.structure):  # what is empty to both is empty
                row = replace(row, structure=_named_own(own))
        elif room and any(map(_is_cut_name, row.structure.walk())):
            room -= 1
            row = replace(row, structure=_renamed(session, row.ref, row.structure))
        told.append(row)
    return told


def own_part(
    session: ImapSession, ref: MessageRef, section: str, offset: int, limit: int | None
) -> Iterator[bytes]:
    """The octets of a part that only our own reading has."""
    octets = parse_message(_source(session, ref)).part_bytes(section.removeprefix(OWN))
    piece = octets[offset:] if limit is None else octets[offset : offset + limit]
    if piece:
        yield piece


def is_doubtful(row: MessageSummary) -> bool:
    """Whether the server's view of the message looks as if it had not understood it."""
    if row.size_bytes > MAX_REREAD_BYTES:
        return False
    envelope = row.envelope
    is_blank = not (envelope.from_ or envelope.date or envelope.subject or envelope.message_id)
    return is_blank or any(map(_is_odd, row.structure.walk()))


def _is_odd(part: Part) -> bool:
    """A body of nothing, a type that is none, or octets in plain sight that nobody named."""
    if part.is_multipart:
        return False
    if part.section == "TEXT" or "/" not in part.media_type:
        return True
    if not part.size_bytes and not part.children:
        return True
    is_nameless = not part.filename and not part.disposition and part.encoding in _READABLE
    return is_nameless and part.media_type == "application/octet-stream"


def _is_cut_name(part: Part) -> bool:
    return bool(part.filename) and "." not in part.filename and not part.children


def _shape(structure: Part) -> list[tuple[str, str, str, int]]:
    return [
        (part.section, part.media_type, part.filename, 0 if part.children else part.size_bytes)
        for part in structure.walk()
    ]


def _named_own(own: Part) -> Part:
    return _rewritten(
        own, lambda part: replace(part, section=OWN + part.section) if part.section else part
    )


def _renamed(session: ImapSession, ref: MessageRef, structure: Part) -> Part:
    """The parts whose name has no suffix, with the name their own header gives them."""
    cut = [part for part in structure.walk() if _is_cut_name(part)][:_MAX_RENAMED_PARTS]
    names = {
        part.section: _own_name(session, ref, part, is_whole=part is structure) for part in cut
    }
    return _rewritten(
        structure,
        lambda part: replace(part, filename=names[part.section]) if part in cut else part,
    )


def _own_name(session: ImapSession, ref: MessageRef, part: Part, *, is_whole: bool) -> str:
    section = "HEADER" if is_whole else f"{part.section}.MIME"
    header = b"".join(fetch_pieces(session, ref, section, 0, _MAX_MIME_BYTES))
    fields = split_fields(header)
    named = value_and_parameters(first(fields, "Content-Disposition"))[1].get("filename", "")
    named = named or value_and_parameters(first(fields, "Content-Type"))[1].get("name", "")
    return named if named.startswith(part.filename) else part.filename


def _source(session: ImapSession, ref: MessageRef) -> bytes:
    return b"".join(fetch_pieces(session, ref, "", 0, MAX_REREAD_BYTES))


def _rewritten(part: Part, change: Callable[[Part], Part]) -> Part:
    """The tree with each of its nodes changed; at most 50 levels deep (T33)."""
    children = tuple(_rewritten(child, change) for child in part.children)
    return replace(change(part), children=children)
