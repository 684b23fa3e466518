"""What happened in a mailbox, and all it holds: CONDSTORE and QRESYNC (RFC 7162)."""

from collections.abc import Iterable, Iterator

from webmail.store import imap_codec as codec
from webmail.store.imap_encoder import Argument, Atom
from webmail.store.imap_replies import Reply
from webmail.store.imap_session import ImapSession
from webmail.store.mailbox import Changes, FlagState, MailboxStatus, MessageFacts
from webmail.store.sequence_set import (
    in_batches,
    is_among,
    merged_ranges,
    sequence_sets,
    windows,
)

MANY = 100_000
"""So many answers to one command; and who has missed more had better compare all."""
_BATCH = 500
_FORGIVING = ("NONEXISTENT", "EXPUNGEISSUED")
_HEADER = Atom(
    "BODY.PEEK[HEADER.FIELDS (DATE SUBJECT FROM SENDER TO CC"
    " MESSAGE-ID IN-REPLY-TO REFERENCES CONTENT-TYPE)]"
)
_NEEDED = frozenset({b"UID", b"FLAGS", b"RFC822.SIZE", b"INTERNALDATE"})


def changes_since(session: ImapSession, mailbox: str, known: MailboxStatus) -> Changes:
    status = session.status(mailbox)
    if _is_unchanged(status, known):
        return Changes(status)
    if status.uidvalidity == known.uidvalidity and not status.messages:
        last = max(status.uidnext, known.uidnext, 1)
        return Changes(status, vanished=tuple(filter(None, [range(1, last)])))
    if not _is_later(status, known):
        return Changes(status, is_whole=False)
    session.enable()
    replies = _changed(session, mailbox, known, status)
    states = {uid: state for reply in replies for uid, state in _states(reply).items()}
    is_same = session.select(mailbox).uidvalidity == known.uidvalidity
    if not is_same or len(states) > MANY:
        return Changes(status, is_whole=False)
    if session.is_qresync:
        return _with_vanished(status, states, replies)
    return _counted(status, known, states)


def fetch_uids(session: ImapSession, mailbox: str) -> tuple[range, ...]:
    session.refresh(mailbox)
    if session.can("ESEARCH"):
        arguments: list[Argument] = [Atom("RETURN"), [Atom("ALL")], Atom("ALL")]
    else:
        arguments = [Atom("ALL")]
    return codec.uid_ranges(session.command("UID SEARCH", *arguments))


def fetch_flag_states(session: ImapSession, mailbox: str, uids: range) -> Iterator[FlagState]:
    exists = session.refresh(mailbox).exists
    if not exists or not uids:
        return
    for window in windows(uids[0], uids[-1], count=exists, size=_BATCH * 20):
        session.select(mailbox)
        reply = session.command("UID FETCH", _set(window), _flag_items(session))
        states = _states(reply)
        yield from (states[uid] for uid in sorted(states) if uid in window)


def fetch_facts(
    session: ImapSession, mailbox: str, uids: Iterable[range]
) -> Iterator[MessageFacts]:
    uidvalidity = session.refresh(mailbox).uidvalidity
    for batch in in_batches(uids, _BATCH):
        if session.select(mailbox).uidvalidity != uidvalidity:
            raise session.gone(mailbox)
        wanted = {uid for each in batch for uid in each}
        for uid_set in sequence_sets(wanted):
            reply = session.command(
                "UID FETCH", Atom(uid_set), _fact_items(session), forgiving=_FORGIVING
            )
            for items in codec.fetched(reply):
                if items.keys() >= _NEEDED and items[b"UID"] in wanted:
                    yield codec.facts_from_fetch(items, mailbox, uidvalidity)


def _is_unchanged(status: MailboxStatus, known: MailboxStatus) -> bool:
    """Flags may change without a trace where there is no mod-sequence."""
    if not status.highestmodseq and status.messages:
        return False
    return (status.uidvalidity, status.uidnext, status.messages, status.highestmodseq) == (
        *(known.uidvalidity, known.uidnext, known.messages, known.highestmodseq),
    )


def _is_later(status: MailboxStatus, known: MailboxStatus) -> bool:
    """Whether what the server counts has gone on from there, and never back (a backup)."""
    return (
        status.uidvalidity == known.uidvalidity
        and status.uidnext >= known.uidnext
        and status.highestmodseq >= known.highestmodseq > 0
    )


def _changed(
    session: ImapSession, mailbox: str, known: MailboxStatus, status: MailboxStatus
) -> list[Reply]:
    """What the server says has changed; a large mailbox is asked about in pieces."""
    is_selected = session.selected is not None and session.selected.mailbox == mailbox
    if session.is_qresync and not is_selected and status.messages <= MANY:
        return [session.select_since(mailbox, known.uidvalidity, known.highestmodseq)]
    session.select(mailbox)
    since: list[Argument] = [Atom("CHANGEDSINCE"), known.highestmodseq]
    if session.is_qresync:
        since.append(Atom("VANISHED"))
    asked = windows(1, status.uidnext - 1, count=status.messages, size=MANY)
    return [
        session.command("UID FETCH", _set(window), _flag_items(session), since) for window in asked
    ]


def _with_vanished(
    status: MailboxStatus, states: dict[int, FlagState], replies: Iterable[Reply]
) -> Changes:
    told = [codec.vanished_from(r) for reply in replies for r in reply.of("VANISHED")]
    vanished = merged_ranges(uids for each in told for uids in each.uids)
    flags = tuple(states[uid] for uid in sorted(states) if not is_among(uid, vanished))
    return Changes(status, flags, vanished)


def _counted(status: MailboxStatus, known: MailboxStatus, states: dict[int, FlagState]) -> Changes:
    """Without QRESYNC the numbers may still prove that nothing has vanished."""
    new = sum(known.uidnext <= uid < status.uidnext for uid in states)
    if known.messages + new != status.messages:
        return Changes(status, is_whole=False)
    return Changes(status, tuple(states[uid] for uid in sorted(states)))


def _states(reply: Reply) -> dict[int, FlagState]:
    found = (codec.flag_state_from_fetch(items) for items in codec.fetched(reply))
    return {state.uid: state for state in found if state is not None}


def _flag_items(session: ImapSession) -> list[Argument]:
    items = [Atom("UID"), Atom("FLAGS")]
    return [*items, Atom("MODSEQ")] if session.can("CONDSTORE") else [*items]


def _fact_items(session: ImapSession) -> list[Argument]:
    items = [*_flag_items(session), Atom("INTERNALDATE"), Atom("RFC822.SIZE"), _HEADER]
    if session.can("OBJECTID"):
        items += [Atom("EMAILID"), Atom("THREADID")]
    elif session.can("X-GM-EXT-1"):
        items.append(Atom("X-GM-THRID"))
    return items


def _set(uids: range) -> Atom:
    return Atom(f"{uids[0]}:{uids[-1]}")
