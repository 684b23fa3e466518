"""From the messages of a list to its rows, each made once and remembered.

A line of the index that has not changed is the very value it was (index/lines.py), so it is
found again at once.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from webmail.index.rows import ListedMessage
from webmail.store.mailbox import DRAFT, FLAGGED, SEEN, Flag, SpecialUse
from webmail.web.paths import ref_text
from webmail.web.people import clean, hue_of, initials_of, name_of, names_of
from webmail.web.rows import Clock, RowView, clock_time, day_words

_SNIPPET = 140
_REMEMBERED = 2048
_OUTWARD = (SpecialUse.SENT, SpecialUse.DRAFTS)


@dataclass(frozen=True, slots=True)
class RowMaker:
    """What is the same for all rows of one page.

    ``use`` is the mailbox's special use: in Sent and Drafts a row names its recipients.
    ``open_place`` is the uidvalidity and uid of the message shown beside the list.
    """

    account_key: str
    clock: Clock
    use: SpecialUse | None = None
    mine: frozenset[str] = frozenset()
    open_place: tuple[int, int] = (0, 0)
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    folder: str = ""
    _kind: "_Kind" = field(init=False)

    def __post_init__(self) -> None:
        day = (self.clock.zone, self.clock.today)
        who = (self.account_key, self.use, self.mine)
        kind = _kind_of(*day, *who, self.words, self.names, self.folder)
        object.__setattr__(self, "_kind", kind)

    def row(self, listed: ListedMessage) -> RowView:
        made = _made(self._kind, listed)
        if self.open_place != (listed.ref.uidvalidity, listed.ref.uid):
            return made
        return replace(made, is_open=True, is_unread=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """What makes two rows of equal messages equal.  There is one of each, told by identity."""

    zone: ZoneInfo
    today: date
    account_key: str
    use: SpecialUse | None
    mine: frozenset[str]
    words: tuple[str, ...]
    names: tuple[str, ...]
    folder: str


_kind_of = lru_cache(maxsize=256)(_Kind)


@lru_cache(maxsize=_REMEMBERED)
def _made(kind: _Kind, listed: ListedMessage) -> RowView:
    ref = listed.ref
    at = listed.internal_date.astimezone(kind.zone)
    time_text, day = day_words(at.date(), kind.today)
    is_seen, is_flagged, is_draft = _states_of(listed.flags)
    is_draft = is_draft or kind.use is SpecialUse.DRAFTS
    people, initials, hue = _people(kind, listed)
    return RowView(
        ref=ref_text(kind.account_key, ref),
        people=people,
        subject=clean(listed.subject) or "(no subject)",
        snippet=clean(listed.preview)[:_SNIPPET],
        initials=initials,
        hue=hue,
        time_text=time_text or clock_time(at),
        time_iso=at.isoformat(timespec="minutes"),
        day=day,
        is_unread=not (is_seen or is_draft),
        is_flagged=is_flagged,
        is_draft=is_draft,
        has_attachment=listed.has_attachment,
        has_invitation=listed.has_invitation,
        is_open=False,
        folder=kind.folder,
        words=kind.words,
        count=listed.count,
        has_draft=listed.has_draft,
        names=kind.names,
    )


def _people(kind: _Kind, listed: ListedMessage) -> tuple[str, str, int]:
    """Who is named, and the letters and tint of the first of them."""
    if kind.use in _OUTWARD:
        shown = listed.recipients
        if not shown:
            return "(no recipient)", "–", 1
        text = f"To {names_of(shown, mine=kind.mine)}"
    else:
        shown = listed.senders
        if not shown:
            return "(unknown sender)", "?", 1
        text = name_of(shown[0]) if len(shown) == 1 else names_of(shown, mine=kind.mine)
    first = shown[0]
    return text, initials_of(first.name, first.addr_spec), hue_of(first.addr_spec)


@lru_cache(maxsize=256)
def _states_of(flags: frozenset[Flag]) -> tuple[bool, bool, bool]:
    """Seen, flagged, draft.  Many messages have few sets of flags; comparing one is slow."""
    return SEEN in flags, FLAGGED in flags, DRAFT in flags
