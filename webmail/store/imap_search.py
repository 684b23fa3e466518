"""SEARCH and ESEARCH: from a query, and only from a query, to UIDs (T43)."""

from collections.abc import Sequence

from webmail.message.query import Criterion, Query, Value, search_criteria
from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_session import ImapSession
from webmail.store.protocol import Unreachable
from webmail.store.sequence_set import numbers_in, sequence_sets

LAST_UID = 2**32 - 1
_PATIENCE_S = 55.0


def search_uids(session: ImapSession, query: Query) -> list[int]:
    """Every match in the selected mailbox, ascending."""
    return _search(session, [_argument(item) for item in search_criteria(query)])


def count_up_to(session: ImapSession, uid: int) -> int:
    """How many messages have this UID or a lower one: the sequence number of the last.

    One command with ESEARCH.  Without, the message itself tells it while it exists.
    """
    if uid < 1:
        return 0
    uids = Atom(f"1:{min(uid, LAST_UID)}")
    if session.can("ESEARCH"):
        reply = session.command("SEARCH", Atom("RETURN"), [Atom("COUNT")], Atom("UID"), uids)
        return int(codec.extended_search(reply).get("COUNT") or 0)
    # Not UID FETCH: imap4d of Mailutils 3.15 answers BAD to a UID that is none.
    found = codec.numbers_from(session.command("SEARCH", Atom("UID"), min(uid, LAST_UID)))
    if found:
        return found[0]
    return len(codec.numbers_from(session.command("SEARCH", Atom("UID"), uids)))


def find_message_id(session: ImapSession, message_id: str) -> list[int]:
    """Messages of the selected mailbox with this Message-ID; SEARCH alone finds parts of it."""
    found: list[int] = []
    item = Atom("(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
    hits = _search(session, [Atom("HEADER"), Atom("MESSAGE-ID"), message_id])
    for uid_set in sequence_sets(hits):
        for items in codec.fetched(session.command("UID FETCH", Atom(uid_set), item)):
            field = codec.body_of(items).partition(b":")[2]
            if b"".join(field.split()).decode("utf-8", "replace") == message_id:
                found.append(items[b"UID"])
    return sorted(found)


def _search(session: ImapSession, criteria: list[Argument]) -> list[int]:
    if not _is_ascii(criteria) and not session.is_utf8:
        criteria = [Atom("CHARSET"), Atom("UTF-8"), *criteria]
    if not session.can("ESEARCH"):
        return codec.numbers_from(session.command("UID SEARCH", *criteria, timeout_s=_PATIENCE_S))
    reply = session.command(
        "UID SEARCH", Atom("RETURN"), [Atom("ALL")], *criteria, timeout_s=_PATIENCE_S
    )
    found = codec.extended_search(reply).get("ALL")
    try:
        return sorted(numbers_in(str(found) if isinstance(found, int) else (found or b"").decode()))
    except ValueError as error:
        raise Unreachable(
            f"{session.wire.host} answered a search with nonsense.", reason="cut"
        ) from error


def _argument(criterion: Criterion) -> Argument:
    """Words of ours go out bare; what somebody typed is a str to the encoder (T43)."""
    if isinstance(criterion, Value):
        return criterion.text
    if isinstance(criterion, str):
        return Atom(criterion)
    return [_argument(item) for item in criterion]


def _is_ascii(argument: Argument) -> bool:
    if isinstance(argument, str):
        return argument.isascii()
    if isinstance(argument, Sequence) and not isinstance(argument, bytes):
        return all(_is_ascii(item) for item in argument)
    return True
