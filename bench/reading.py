"""Jobs on messages: opening, downloading, flagging, moving, searching."""

from collections.abc import Iterator

from bench.browser import Replies
from bench.letters import RARE_WORDS, rare_word, sender_word
from bench.lists import size_name
from bench.mailboxes import ATTACHMENT_AT, NEWS, NEWSLETTER_AT
from bench.measure import Contender, Job
from bench.roundcube import ROWS
from bench.seat import FLOOR, Seat

_OPENED = b"UID FETCH %d (ENVELOPE FLAGS BODYSTRUCTURE BODY.PEEK[%s])"
_READ = b"<article"
_PEER_READ = b"message-header"


def open_plain(seat: Seat) -> Job:
    """Ten messages by turns, all of them read before."""
    answer = seat.raw.ask(b"UID SEARCH SEEN NOT BODY html NOT LARGER 1100")
    line = answer.split(b"\r\n")[0]
    uids = [int(word) for word in line.split()[2:]][-40:-30]
    return _opened(seat, "open plain message", "<= 10", uids, b"1")


def open_attachment(seat: Seat) -> Job:
    uid = seat.newest(ATTACHMENT_AT)
    return _opened(seat, "open message with 3 MB attachment", "<= 10", [uid], b"1")


def _opened(seat: Seat, name: str, goal: str, uids: list[int], section: bytes) -> Job:
    def uid(number: int) -> int:
        return uids[number % len(uids)]

    return Job(
        name,
        goal,
        [
            seat.floor_of(lambda number: _OPENED % (uid(number), section)),
            seat.ours(lambda number: seat.hearth.part(seat.message(uid(number)), _READ)),
            *seat.theirs(lambda peer, number, _k: peer.ask(_preview(uid(number)), _PEER_READ)),
        ],
    )


def _preview(uid: int, mailbox: str = "INBOX") -> str:
    return f"_mbox={mailbox}&_uid={uid}&_framed=1&_action=preview"


def newsletters(seat: Seat) -> Iterator[Job]:
    """First: another one in each round, never opened before.  Ours is two answers."""

    def ours(uid: int, mailbox: str) -> Replies:
        path = seat.message(uid, mailbox)
        part = seat.hearth.part(path, _READ)
        return [*part, (seat.hearth.browser.get(f"{path}body/"), b"</html>")]

    elsewhere = seat.elsewhere
    elsewhere.ask(b"SELECT News")

    def floor(number: int) -> Replies:
        elsewhere.ask(_OPENED % (number + 1, b"2"))
        return []

    yield Job(
        "open 100 KB newsletter, first",
        "<= 50",
        [
            Contender(FLOOR, floor),
            seat.ours(lambda number: ours(number + 1, "News")),
            *seat.theirs(lambda peer, n, _k: peer.ask(_preview(n + 1, "News"), _PEER_READ)),
        ],
        rounds=NEWS,
        needs_warming=False,
    )
    uid = seat.newest(NEWSLETTER_AT)
    yield Job(
        "open 100 KB newsletter, again",
        "<= 12",
        [
            seat.floor(_OPENED % (uid, b"2")),
            seat.ours(lambda _round: ours(uid, "INBOX")),
            *seat.theirs(lambda peer, _n, _k: peer.ask(_preview(uid), _PEER_READ)),
        ],
    )


def download(seat: Seat) -> Job:
    uid = seat.newest(ATTACHMENT_AT)
    path = f"{seat.message(uid)}part/2/"
    query = f"_mbox=INBOX&_uid={uid}&_part=2&_action=get&_download=1"
    return Job(
        "download the 3 MB attachment",
        "<= 20",
        [
            seat.floor(b"UID FETCH %d (BODY.PEEK[2])" % uid),
            seat.floor_of(lambda _round: b"UID FETCH %d (BINARY.PEEK[2])" % uid, "floor, BINARY"),
            seat.ours(lambda _round: [(seat.hearth.browser.get(path), b"")]),
            *seat.theirs(lambda peer, _round, _k: peer.ask(query, b"")),
        ],
    )


def flag(seat: Seat) -> Job:
    """Each contender has a message of its own, flagged and unflagged by turns."""
    base = seat.newest(300)
    do = ("flag", "unflag")
    return Job(
        "flag",
        "<= 1.2 x the floor",
        [
            seat.floor_of(
                lambda n: b"UID STORE %d %sFLAGS (\\Flagged)" % (base, b"-" if n % 2 else b"+")
            ),
            seat.ours(lambda n: seat.hearth.act(do[n % 2], seat.ref(base + 1))),
            *seat.theirs(
                lambda peer, n, k: peer.do(
                    "mark",
                    {
                        "_mbox": "INBOX",
                        "_uid": str(base + 2 + k),
                        "_flag": ("flagged", "unflagged")[n % 2],
                    },
                )
            ),
        ],
    )


def move(seat: Seat) -> Job:
    """Another message each time, all to Archive."""
    base = seat.newest(4_000)

    def uid(number: int, turn: int) -> int:
        return base + (number + 1) * 4 + turn

    return Job(
        "move",
        "<= 1.2 x the floor",
        [
            seat.floor_of(lambda n: b"UID MOVE %d Archive" % uid(n, 0)),
            seat.ours(lambda n: seat.hearth.act("move", seat.ref(uid(n, 1)), target="Archive")),
            *seat.theirs(
                lambda peer, n, k: peer.do(
                    "move",
                    {
                        "_mbox": "INBOX",
                        "_uid": str(uid(n, 2 + k)),
                        "_target_mbox": "Archive",
                    },
                )
            ),
        ],
    )


def search_sender(seat: Seat, rounds: int) -> Job:
    def word(number: int) -> str:
        return sender_word((number + 1) % 400)

    def query(number: int) -> str:
        return f"_action=search&_mbox=INBOX&_q={word(number)}&_headers=from&_scope=base"

    return Job(
        f"search by sender, new term, {size_name(seat)}",
        "<= 12",
        [
            seat.floor_of(lambda n: b"UID SEARCH FROM %s" % word(n).encode()),
            seat.ours(lambda n: seat.hearth.part(f"{seat.hearth.inbox}?q=from%3A{word(n)}")),
            *seat.theirs(lambda peer, n, _k: peer.remote(query(n), ROWS)),
        ],
        rounds,
    )


def search_body(seat: Seat, rounds: int) -> Iterator[Job]:
    """To its end, beside those who know no other way; then what comes at once, other words."""

    def word(number: int) -> str:
        return rare_word((number + 1) % (RARE_WORDS // 2))

    def another(number: int) -> str:
        return rare_word(RARE_WORDS // 2 + (number + 1) % (RARE_WORDS // 2))

    def query(number: int) -> str:
        return f"_action=search&_mbox=INBOX&_q={word(number)}&_headers=body&_scope=base"

    name, inbox = f"search body, new term, {size_name(seat)}", seat.hearth.inbox
    yield Job(
        f"{name}: whole",
        "<= 1.1 x the floor",
        [
            seat.floor_of(lambda n: b"UID SEARCH BODY %s" % word(n).encode()),
            seat.ours(lambda n: seat.hearth.whole_search(f"{inbox}?q=body%3A{word(n)}")),
            *seat.theirs(lambda peer, n, _k: peer.remote(query(n), ROWS)),
        ],
        rounds,
    )
    yield Job(
        f"{name}: first answer",
        "<= 100",
        [seat.ours(lambda n: seat.hearth.first_of_search(f"{inbox}?q=body%3A{another(n)}"))],
        rounds,
    )
