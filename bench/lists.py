"""Jobs around the list: pages near and deep, after news, folders, signing in."""

import time
from collections.abc import Iterator
from itertools import cycle

from bench.browser import Browser, Replies
from bench.floor import tls_and_login
from bench.hearth import Hearth
from bench.measure import OURS, Contender, Job
from bench.roundcube import ROWS
from bench.seat import CLIENT, FLOOR, Seat
from bench.stage import PASSWORD

_FACTS = b"(UID ENVELOPE FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE)"
_ROW = ["ENVELOPE", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODYSTRUCTURE"]
# Dovecot tells of a change half a second after it; the watcher then tells us.
_NEWS_TRAVELS_S = 0.8


def size_name(seat: Seat) -> str:
    return f"{seat.total // 1000}k"


def lists(seat: Seat, goal: str) -> Iterator[Job]:
    """The newest page: by conversation, as a new user has it, and as messages."""
    name, inbox = size_name(seat), seat.hearth.inbox
    first, last = seat.total - 49, seat.total

    def parsed(_round: int) -> Replies:
        assert seat.imapclient.fetch(range(first, last + 1), _ROW)
        return []

    yield Job(
        f"list page of 50, {name}",
        goal,
        [
            seat.floor(b"FETCH %d:%d " % (first, last) + _FACTS),
            Contender(CLIENT, parsed),
            seat.ours(lambda _round: seat.hearth.part(inbox)),
            *seat.theirs(lambda peer, _round, _k: peer.remote("_action=list&_mbox=INBOX", ROWS)),
        ],
    )
    yield Job(f"list page of 50 as messages, {name}", goal, [_as_messages(seat)])


def _as_messages(seat: Seat) -> Contender:
    inbox = seat.hearth.inbox
    apart = f"{inbox}?group=0"

    def must_differ(number: int) -> None:
        if number < 0:
            alike = seat.hearth.refs(apart) == seat.hearth.refs(inbox)
            assert not alike, "?group=0 shows the same rows as without"

    return Contender(OURS, lambda _round: seat.hearth.part(apart), must_differ)


def deep(seat: Seat, page: int) -> Job:
    position = 50 * (page - 1)
    older = seat.hearth.older_at(seat.raw, position)
    first = seat.total - position - 49
    query = f"_action=list&_mbox=INBOX&_page={page}"
    return Job(
        f"page {page} of {size_name(seat)}",
        "within 20 % of page 1",
        [
            seat.floor(b"FETCH %d:%d " % (first, first + 49) + _FACTS),
            seat.ours(lambda _round: seat.hearth.part(older)),
            *seat.theirs(lambda peer, _round, _k: peer.remote(query, ROWS)),
        ],
    )


def changed(seat: Seat, count: int, goal: str) -> Job:
    """The list after another program has flagged or unflagged ``count`` messages."""
    inbox, known = seat.hearth.inbox, seat.raw.highest_modseq()
    last = seat.total - 20
    every = b"UID STORE %d:%d " % (last - count + 1, last)

    signs = cycle((b"+", b"-"))

    def change(_round: int) -> None:
        seat.elsewhere.ask(every + next(signs) + b"FLAGS.SILENT (\\Flagged)")
        time.sleep(_NEWS_TRAVELS_S)

    def since(_round: int) -> Replies:
        seat.raw.ask(b"FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % known)
        return []

    def since_change(number: int) -> None:
        nonlocal known
        known = seat.elsewhere.highest_modseq()
        change(number)
        seat.raw.ask(b"NOOP")

    contenders = [
        Contender(FLOOR, since, since_change),
        Contender(OURS, lambda _round: seat.hearth.part(inbox), change),
        *seat.theirs(lambda peer, _round, _k: peer.remote("_action=list&_mbox=INBOX", ROWS)),
    ]
    for contender in contenders[2:]:
        contender.prepare = change
    words = "a flag" if count == 1 else f"{count} flags"
    return Job(f"list after {words} changed elsewhere, {size_name(seat)}", goal, contenders, 30)


def unchanged(seat: Seat) -> Job:
    inbox, known = seat.hearth.inbox, seat.raw.highest_modseq()
    return Job(
        f"list, nothing told and nothing changed, {size_name(seat)}",
        "<= 3 more than in step",
        [
            seat.floor(b"FETCH 1:* (FLAGS) (CHANGEDSINCE %d)" % known),
            seat.ours(lambda _round: seat.hearth.part(inbox)),
        ],
    )


def reconciled(seat: Seat, count: int) -> Job:
    """As `changed`, but nothing needs to travel before the list is asked for."""
    inbox, last = seat.hearth.inbox, seat.total - 20
    every = b"UID STORE %d:%d " % (last - count + 1, last)

    def change(number: int) -> None:
        seat.elsewhere.ask(every + (b"+" if number % 2 else b"-") + b"FLAGS.SILENT (\\Flagged)")

    ours = Contender(OURS, lambda _round: seat.hearth.part(inbox), change)
    goal = "<= 70 more than in step"
    return Job(f"list, nothing told, {count} flags changed, {size_name(seat)}", goal, [ours])


def sign_in(seat: Seat) -> Job:
    stage = seat.stage

    def ours(_round: int) -> Replies:
        return Hearth(Browser(stage.port)).sign_in(seat.address, PASSWORD)

    def floor(_round: int) -> Replies:
        tls_and_login(stage.lab, seat.address)
        return []

    return Job(
        "sign-in, folders and first page (500)",
        "<= 45",
        [
            Contender(FLOOR, floor),
            seat.ours(ours),
            *seat.theirs(lambda peer, _round, _k: peer.again(seat.address, PASSWORD)),
        ],
    )


def folders(seat: Seat) -> Job:
    path = f"/rail/{seat.hearth.inbox.split('/')[2]}/"
    return Job(
        "folders with unseen counts",
        "<= 6",
        [
            seat.floor(b'LIST "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN))'),
            seat.ours(lambda _round: seat.hearth.part(path, b"School")),
            *seat.theirs(lambda peer, _round, _k: peer.remote("_action=getunread")),
        ],
    )
