"""The octets of a message, a piece at a time."""

from collections.abc import Iterator

from webmail.message.header import MAX_HEADER_BYTES
from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Atom
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import MessageRef

PIECE_BYTES = 512 * 1024
_NOT_THERE = ("NONEXISTENT", "EXPUNGEISSUED")


def fetch_pieces(
    session: ImapSession, ref: MessageRef, section: str, offset: int, limit: int | None
) -> Iterator[bytes]:
    """Partial fetches, one after the other, so that memory holds one of them."""
    end = None if limit is None else offset + limit
    while end is None or offset < end:
        asked = PIECE_BYTES if end is None else min(PIECE_BYTES, end - offset)
        piece = _piece(session, ref, section, offset, asked)
        if piece:
            yield piece
        if len(piece) < asked:
            return
        offset += len(piece)


def fetch_header(session: ImapSession, ref: MessageRef) -> bytes:
    """The raw header, the first 256 KB of it."""
    return _piece(session, ref, "HEADER", 0, MAX_HEADER_BYTES)


def _piece(session: ImapSession, ref: MessageRef, section: str, offset: int, size: int) -> bytes:
    session.select_for([ref])
    item = Atom(f"(BODY.PEEK[{section}]<{offset}.{size}>)")
    reply = session.command("UID FETCH", ref.uid, item, forgiving=_NOT_THERE)
    for items in codec.fetched(reply):
        if items.get(b"UID") == ref.uid and any(key.startswith(b"BODY[") for key in items):
            return codec.body_of(items)[:size]
    raise session.gone(ref.mailbox)
