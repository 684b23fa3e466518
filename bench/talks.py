"""Jobs on conversations of 200 messages: one that was read, one of which nothing was."""

from collections.abc import Iterator

from bench.measure import Job
from bench.seat import Seat
from bench.stage import TALK_COUNT

_FETCHED = b"UID FETCH %d (ENVELOPE FLAGS BODYSTRUCTURE BODY.PEEK[1])"
_GOAL = "<= 300"


def opened(seat: Seat) -> Iterator[Job]:
    """By its newest message, as the list does; then the rest of it."""
    read, unread = TALK_COUNT, 2 * TALK_COUNT
    yield _opened(
        seat, "never opened, ten unread", unread, "", unread_from=unread - 9, is_first=True
    )
    yield _opened(seat, "never opened, 50 of it", read, "?open=all", is_first=True)
    yield _opened(seat, "read before", read, "")
    yield _opened(seat, "ten unread", unread, "", unread_from=unread - 9)
    yield _opened(seat, "nothing of it read", unread, "", unread_from=TALK_COUNT + 1)
    yield _opened(seat, "all its lines", read, "?open=lines")
    yield _opened(seat, "50 of it open", read, "?open=all")


def _opened(
    seat: Seat, name: str, uid: int, query: str, unread_from: int = 0, *, is_first: bool = False
) -> Job:
    """``is_first``: once, when nothing of it is remembered."""

    def unsee(_round: int) -> None:
        """Hearth hears of it by the list, so that the clock has the conversation alone."""
        if unread_from:
            seat.elsewhere.ask(b"UID STORE %d:%d -FLAGS (\\Seen)" % (unread_from, uid))
            seat.hearth.part(seat.hearth.inbox)

    wanted = b"<article" if query else b"earlier messages"
    ours = seat.ours(lambda _round: seat.hearth.part(f"{seat.message(uid)}{query}", wanted))
    ours.prepare = unsee
    title = f"open a conversation of {TALK_COUNT}, {name}"
    return Job(
        title,
        _GOAL,
        [seat.floor(_FETCHED % uid), ours],
        rounds=1 if is_first else 20,
        needs_warming=not is_first,
    )
