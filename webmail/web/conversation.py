"""A conversation: which of its messages are open, and which are folded to a line."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone
from django.utils.http import urlencode

from webmail.index import growing
from webmail.index.conversation_lines import Conversation, Member, read_conversation
from webmail.index.listing import Place
from webmail.index.mailboxes import find_mailbox
from webmail.index.rows import ListedMessage
from webmail.message.address import Address
from webmail.store.mailbox import FLAGGED, SEEN, MessageRef
from webmail.store.protocol import StoreError
from webmail.web.begun import BegunLine, begun_lines
from webmail.web.http import MailRequest, known_of
from webmail.web.lists import bring_in_reach, is_grouped, reach_drafts, reach_sent
from webmail.web.message_view import MessageView, mine_of
from webmail.web.paths import message_url, ref_text
from webmail.web.people import clean, hue_of, initials_of, name_of
from webmail.web.reading import Expected
from webmail.web.rows import Clock, reader_time

# How many messages a page opens: by itself, and when all are asked for.
_OPEN_BY_ITSELF = 10
_MOST_OPEN = 50
_MOST_DRAFTS = 5
_SHORTEST_GAP = 3
_SNIPPET = 160


@dataclass(frozen=True, slots=True)
class Fold:
    """A message folded to one line: ``url`` opens it in the page, ``part_url`` in its place."""

    ref: str
    url: str
    part_url: str
    sender: str
    initials: str
    hue: int
    snippet: str
    time_text: str
    time_iso: str
    is_unread: bool
    is_flagged: bool
    has_attachment: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One of three: a message that is open, one that is folded, or ``gap`` of them in one line."""

    message: MessageView | None = None
    fold: Fold | None = None
    gap: int = 0
    url: str = ""
    is_first_unread: bool = False


@dataclass(frozen=True, slots=True)
class ConversationView:
    """``line_ref`` is the message its line in the list shows; ``answered`` is the newest."""

    items: tuple[Item, ...]
    subject: str
    count: int
    line_ref: str
    answered: MessageView
    begun: tuple[BegunLine, ...] = ()
    all_url: str = ""
    none_url: str = ""
    order_url: str = ""
    is_newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The members of a conversation, oldest first, and which of them are to be open.

    ``line`` is the one that the list shows, at ``place``, where that is known; ``drafts`` are
    the newest.
    """

    members: tuple[Member, ...]
    opened: frozenset[MessageRef]
    line: MessageRef
    place: Place | None = None
    drafts: tuple[ListedMessage, ...] = ()

    @property
    def unread(self) -> tuple[MessageRef, ...]:
        return tuple(m.listed.ref for m in self.members if SEEN not in m.listed.flags)


def find_reading(request: MailRequest, ref: MessageRef) -> Reading:
    """What the index knows of the message's conversation; the message alone without it."""
    is_alone = not is_grouped(request, ref.mailbox)
    found = Conversation() if is_alone else _conversation(request, ref)
    members = found.members
    if not any(member.listed.ref == ref for member in members):
        return Reading((), frozenset({ref}), ref)
    line = [m.listed for m in members if m.listed.ref.mailbox == ref.mailbox][-1]
    drafts = found.drafts[-_MOST_DRAFTS:]
    return Reading(members, _opened(request, ref, members), line.ref, line.place, drafts)


def _conversation(request: MailRequest, ref: MessageRef) -> Conversation:
    reach_sent(request)
    reach_drafts(request)
    mailbox = bring_in_reach(request, ref.mailbox)
    if mailbox.uidvalidity != ref.uidvalidity:
        return Conversation()
    found = read_conversation(mailbox, ref.uid)
    lines = [member.listed for member in found.members] if len(found.members) > 1 else []
    shown = lines if "lines" in request.GET.getlist("open") else (*lines[:1], *lines[-9:])
    if _dress(request, (*shown[-_MOST_OPEN:], *found.drafts[-_MOST_DRAFTS:])):
        return read_conversation(mailbox, ref.uid)
    return found


def _dress(request: MailRequest, lines: Iterable[ListedMessage]) -> bool:
    """Fetches the previews of folded lines that have none; whether there were such."""
    bare = [listed.ref for listed in lines if not listed.is_dressed]
    for name in {ref.mailbox for ref in bare}:
        uids = [ref.uid for ref in bare if ref.mailbox == name]
        mailbox = find_mailbox(request.account.pk, name)
        if mailbox is not None:
            with suppress(StoreError):
                growing.dress(request.store, mailbox, uids)
    return bool(bare)


def _opened(
    request: MailRequest, ref: MessageRef, members: Sequence[Member]
) -> frozenset[MessageRef]:
    """The message asked for, the newest, those in ``?open=``, and the unread as room allows."""
    asked = request.GET.getlist("open")
    refs = [member.listed.ref for member in members]
    if "none" in asked:
        return frozenset({[each for each in refs if each.mailbox == ref.mailbox][-1]})
    if "all" in asked:
        return frozenset({ref, *refs[-_MOST_OPEN:]})
    named = [each for each in refs if ref_text(request.account.key, each) in asked]
    opened = dict.fromkeys((ref, refs[-1], *named[:_MOST_OPEN]))
    for member in members:
        if len(opened) < _OPEN_BY_ITSELF and SEEN not in member.listed.flags:
            opened[member.listed.ref] = None
    return frozenset(opened)


def expected_of(request: MailRequest, reading: Reading) -> list[Expected]:
    """What the index knows of the open ones."""
    members = {member.listed.ref: member for member in reading.members}
    now, known = timezone.now(), known_of(request)
    found = []
    for ref in reading.opened:
        member = members.get(ref)
        if member is None:
            found.append(Expected(ref))
            continue
        is_of_now = known.in_step(ref.mailbox, now) is not None
        flags = member.listed.flags if is_of_now else None
        found.append(Expected(ref, member.size_bytes, flags))
    return found


# -- drawing -------------------------------------------------------------------------------------


def conversation_view(
    request: MailRequest,
    reading: Reading,
    views: dict[MessageRef, MessageView],
    shown: MessageView,
    clock: Clock,
) -> ConversationView:
    """``views`` are the open messages, ``shown`` the one that the URL names."""
    key, members = request.account.key, reading.members
    begun = begun_lines(request, reading.drafts, clock)
    if len(members) < 2:
        return ConversationView((Item(message=shown),), shown.subject, 1, shown.ref, shown, begun)
    maker = _Folds(request, clock, mine_of(request))
    items = [_item(maker, member, views) for member in members if _is_there(member, reading, views)]
    items = _with_first_unread(items, reading, key)
    if newest_first := _is_newest_first(request):
        items.reverse()
    if "lines" not in request.GET.getlist("open"):
        items = list(_with_gaps(items, _url(request, add="lines")))
    last = next((views[m.listed.ref] for m in reversed(members) if m.listed.ref in views), shown)
    return ConversationView(
        items=tuple(items),
        subject=clean(members[0].listed.subject) or "(no subject)",
        count=len(members),
        line_ref=ref_text(key, reading.line),
        answered=last,
        begun=begun,
        all_url="?open=all",
        none_url="?open=none",
        order_url=f"?order={'oldest' if newest_first else 'newest'}",
        is_newest_first=newest_first,
    )


def _is_there(member: Member, reading: Reading, views: dict[MessageRef, MessageView]) -> bool:
    """Not what was to be open and is gone."""
    return member.listed.ref in views or member.listed.ref not in reading.opened


def _is_newest_first(request: MailRequest) -> bool:
    asked = request.GET.get("order", "")
    return asked == "newest" if asked in {"newest", "oldest"} else request.user.newest_first


def _item(maker: "_Folds", member: Member, views: dict[MessageRef, MessageView]) -> Item:
    view = views.get(member.listed.ref)
    return Item(message=view) if view is not None else Item(fold=maker.fold(member))


def _with_first_unread(items: Sequence[Item], reading: Reading, key: str) -> list[Item]:
    """Marks where reading begins."""
    unread = {ref_text(key, ref) for ref in reading.unread}
    for at, item in enumerate(items):
        if (item.message or item.fold).ref in unread:
            marked = Item(item.message, item.fold, is_first_unread=True)
            return [*items[:at], marked, *items[at + 1 :]]
    return list(items)


def _with_gaps(items: Sequence[Item], url: str) -> Iterable[Item]:
    """Of a run of folded lines the first and the last stay, if three or more lie between."""
    for is_folded, each in groupby(items, key=lambda item: item.fold is not None):
        run = list(each)
        middle = run[1:-1]
        if is_folded and len(middle) >= _SHORTEST_GAP:
            yield from (run[0], Item(gap=len(middle), url=url), run[-1])
        else:
            yield from run


def _url(request: MailRequest, *, add: str) -> str:
    """This page with one more thing open."""
    kept = [("open", each) for each in request.GET.getlist("open") if each not in {"none", add}]
    order = [("order", request.GET["order"])] if "order" in request.GET else []
    return f"?{urlencode([*order, *kept, ('open', add)])}"


@dataclass(frozen=True, slots=True)
class _Folds:
    request: MailRequest
    clock: Clock
    mine: frozenset[str]

    def fold(self, member: Member) -> Fold:
        listed = member.listed
        sender = (listed.senders or (Address("", ""),))[0]
        at = listed.internal_date.astimezone(self.clock.zone)
        text = ref_text(self.request.account.key, listed.ref)
        is_mine = sender.addr_spec.lower() in self.mine
        return Fold(
            ref=text,
            url=_url(self.request, add=text),
            part_url=f"{message_url(self.request.account.key, listed.ref)}?alone=1",
            sender="You" if is_mine else name_of(sender),
            initials=initials_of(sender.name, sender.addr_spec),
            hue=hue_of(sender.addr_spec),
            snippet=clean(listed.preview)[:_SNIPPET],
            time_text=reader_time(at, self.clock),
            time_iso=at.isoformat(timespec="minutes"),
            is_unread=SEEN not in listed.flags,
            is_flagged=FLAGGED in listed.flags,
            has_attachment=listed.has_attachment,
        )
