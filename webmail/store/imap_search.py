"""SEARCH and ESEARCH: from a query, and only from a query, to UIDs (T43)."""

from collections.abc import Iterator, Sequence
from datetime import date

from webmail.message.header import first, split_fields
from webmail.message.query import Criterion, Query, Value, search_criteria
from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_grammar import Tree, number_of, text_of
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import SortKey
from webmail.store.protocol import Unreachable, Unsupported
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


def find_message_id(session: ImapSession, message_id: str, field: str) -> list[int]:
    """Messages of the selected mailbox with this Message-ID; SEARCH alone finds parts of it."""
    if field not in ("Message-ID", "Resent-Message-ID"):
        raise ValueError(f"{field!r} holds no identifier of a message")
    name = field.upper()
    found: list[int] = []
    item = Atom(f"(BODY.PEEK[HEADER.FIELDS ({name})])")
    for uid_set in _hit_sets(session, [Atom("HEADER"), Atom(name), message_id]):
        for items in codec.fetched(session.command("UID FETCH", Atom(uid_set), item)):
            newest = first(split_fields(codec.body_of(items)), field)
            if b"".join(newest.split()).decode("utf-8", "replace") == message_id:
                found.append(items[b"UID"])
    return sorted(found)


def newest_uids(session: ImapSession, query: Query, size: int) -> tuple[list[int], int] | None:
    """The ``size`` highest matches, ascending, and how many there are in all.

    None without PARTIAL (RFC 9394): then all of them have to come.
    """
    if not session.can("PARTIAL", "ESEARCH"):
        return None
    wanted = [Atom("COUNT"), Atom("PARTIAL"), Atom(f"-1:-{size}")]
    criteria = _with_charset(session, [_argument(item) for item in search_criteria(query)])
    reply = session.command("UID SEARCH", Atom("RETURN"), wanted, *criteria, timeout_s=_PATIENCE_S)
    told = codec.extended_search(reply)
    found = told.get("PARTIAL")
    uids = _numbers(session, found[1]) if isinstance(found, tuple) and len(found) == 2 else []
    return uids[-size:], max(number_of(told.get("COUNT")), len(uids))


def saved_before(session: ImapSession, day: date) -> list[int]:
    """Matches by the day they came into the selected mailbox (SAVEDATE, RFC 8514).

    Without, by the day the message was received, which a move does not change.
    """
    key = "SAVEDBEFORE" if session.can("SAVEDATE") else "BEFORE"
    return _search(session, [Atom(key), Atom(codec.date_text(day))])


def sorted_uids(session: ImapSession, query: Query, by: SortKey, *, descending: bool) -> list[int]:
    """SORT (RFC 5256)."""
    if not session.can("SORT"):
        raise Unsupported(f"{session.wire.host} cannot sort.", host=session.wire.host)
    program = [*([Atom("REVERSE")] if descending else []), Atom(by.upper())]
    criteria = [_argument(item) for item in search_criteria(query)]
    reply = session.command("UID SORT", program, Atom("UTF-8"), *criteria, timeout_s=_PATIENCE_S)
    return [uid for r in reply.of("SORT") for uid in map(number_of, codec.words_in(r)) if uid]


def _hit_sets(session: ImapSession, criteria: list[Argument]) -> Iterator[str]:
    """What to FETCH; with SEARCHRES (RFC 5182) the server remembers it, and only counts."""
    if not session.can("ESEARCH", "SEARCHRES"):
        yield from sequence_sets(_search(session, criteria))
        return
    wanted = [Atom("SAVE"), Atom("COUNT")]
    reply = session.command(
        "UID SEARCH",
        *(Atom("RETURN"), wanted, *_with_charset(session, criteria)),
        timeout_s=_PATIENCE_S,
    )
    if codec.extended_search(reply).get("COUNT"):
        yield "$"


def _with_charset(session: ImapSession, criteria: list[Argument]) -> list[Argument]:
    if session.is_utf8 or _is_ascii(criteria):
        return criteria
    return [Atom("CHARSET"), Atom("UTF-8"), *criteria]


def _search(session: ImapSession, criteria: list[Argument]) -> list[int]:
    criteria = _with_charset(session, criteria)
    if not session.can("ESEARCH"):
        return codec.numbers_from(session.command("UID SEARCH", *criteria, timeout_s=_PATIENCE_S))
    reply = session.command(
        "UID SEARCH", Atom("RETURN"), [Atom("ALL")], *criteria, timeout_s=_PATIENCE_S
    )
    return _numbers(session, codec.extended_search(reply).get("ALL"))


def _numbers(session: ImapSession, found: Tree) -> list[int]:
    """Ascending."""
    try:
        return sorted(numbers_in(text_of(found)))
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
