"""What is done to messages: flags, COPY and MOVE, EXPUNGE, APPEND (RFC 9051, 6851, 4315)."""

from collections.abc import Iterable
from datetime import datetime

from webmail.store import imap_codec as codec
from webmail.store.imap_account import check_append_limit
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_replies import Reply
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import DELETED, Flag, MessageRef
from webmail.store.protocol import Refused, Unsupported
from webmail.store.sequence_set import numbers_in, sequence_sets

_NOT_THERE = ("NONEXISTENT", "EXPUNGEISSUED")


def set_flags(
    session: ImapSession,
    refs: Iterable[MessageRef],
    *,
    add: Iterable[Flag] = (),
    remove: Iterable[Flag] = (),
) -> None:
    uids = session.select_to_change(refs)
    for item, flags in (("+FLAGS.SILENT", tuple(add)), ("-FLAGS.SILENT", tuple(remove))):
        if flags:
            _store_flags(session, uids, item, flags)


def begin_flags(session: ImapSession, refs: Iterable[MessageRef], add: Iterable[Flag]) -> None:
    uids = session.select_to_change(refs)
    words = [Atom(flag.name) for flag in add]
    for uid_set in sequence_sets(uids):
        session.post("UID STORE", Atom(uid_set), Atom("+FLAGS.SILENT"), words)


def settle(session: ImapSession) -> None:
    session.settle(forgiving=_NOT_THERE)


def move(session: ImapSession, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
    """Without MOVE: COPY first, and only what is known to be copied is removed (F46)."""
    if session.can("MOVE"):
        return _transfer(session, "UID MOVE", refs, target)[0]
    going = tuple(refs)
    places, copied = _transfer(session, "UID COPY", going, target)
    if going:
        expunge(session, (MessageRef(going[0].mailbox, going[0].uidvalidity, u) for u in copied))
    return places


def copy(session: ImapSession, refs: Iterable[MessageRef], target: str) -> tuple[MessageRef, ...]:
    return _transfer(session, "UID COPY", refs, target)[0]


def expunge(session: ImapSession, refs: Iterable[MessageRef]) -> None:
    uids = session.select_to_change(refs)
    _store_flags(session, uids, "+FLAGS.SILENT", (DELETED,))
    # A plain EXPUNGE would take what other programs have marked with it (F47).
    if session.can("UIDPLUS"):
        for uid_set in sequence_sets(uids):
            session.command("UID EXPUNGE", Atom(uid_set))


def append(
    session: ImapSession,
    mailbox: str,
    message: bytes,
    *,
    flags: Iterable[Flag],
    internal_date: datetime | None,
) -> MessageRef | None:
    check_append_limit(session, mailbox, len(message))
    arguments: list[Argument] = [[Atom(flag.name) for flag in flags]]
    if internal_date is not None:
        arguments.append(codec.internal_date_text(internal_date))
    return _filed(session.mailbox_command("APPEND", mailbox, *arguments, message), mailbox)


def replace(
    session: ImapSession, old: MessageRef, message: bytes, *, flags: Iterable[Flag]
) -> MessageRef | None:
    if not session.can("REPLACE"):
        raise Unsupported(f"{session.wire.host} cannot replace.", host=session.wire.host)
    check_append_limit(session, old.mailbox, len(message))
    (uid,) = session.select_to_change([old])
    words = [Atom(flag.name) for flag in flags]
    name = session.name(old.mailbox)
    return _filed(session.command("UID REPLACE", Atom(str(uid)), name, words, message), old.mailbox)


def _filed(reply: Reply, mailbox: str) -> MessageRef | None:
    place = (reply.find_code("APPENDUID") or b"").split()
    if len(place) != 2 or not all(number.isdigit() for number in place):
        return None
    return MessageRef(mailbox, int(place[0]), int(place[1]))


def _store_flags(session: ImapSession, uids: list[int], item: str, flags: Iterable[Flag]) -> None:
    words = [Atom(flag.name) for flag in flags]
    for uid_set in sequence_sets(uids):
        session.command("UID STORE", Atom(uid_set), Atom(item), words, forgiving=_NOT_THERE)


def _transfer(
    session: ImapSession, command: str, refs: Iterable[MessageRef], target: str
) -> tuple[tuple[MessageRef, ...], list[int]]:
    """Copies or moves; where the messages are now, and which of the UIDs went."""
    uids = session.select_to_change(refs)
    places: list[MessageRef] = []
    gone_over: list[int] = []
    for uid_set in sequence_sets(uids):
        reply = _to_mailbox(session, command, uid_set, target)
        sources, targets = _copied(reply, target)
        places += targets
        gone_over += sources or numbers_in(uid_set)
    return tuple(places), gone_over


def _to_mailbox(session: ImapSession, command: str, uid_set: str, target: str) -> Reply:
    try:
        return session.command(command, Atom(uid_set), session.name(target))
    except Refused as refusal:
        if session.means_nowhere(refusal, command, target):
            raise session.not_found(target) from refusal
        raise


def _copied(reply: Reply, target: str) -> tuple[list[int], list[MessageRef]]:
    """COPYUID (RFC 4315): the UIDs copied, and where they are now."""
    words = (reply.find_code("COPYUID") or b"").decode("ascii", "replace").split()
    try:
        uidvalidity, sources, targets = int(words[0]), numbers_in(words[1]), numbers_in(words[2])
        places = [MessageRef(target, uidvalidity, uid) for uid in targets]
    except (ValueError, IndexError):
        return [], []
    return sources, places
