"""An opened message on its way to the reader, kept for the moment between two requests.

A page asks for the message, and at once its frame asks for the same text; a message never
changes under its UID, so the second request needs no server and no second cleaning.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import MappingProxyType

from webmail.message.body import MessageBody, choose_parts
from webmail.message.bodystructure import Part, decode_part
from webmail.message.header import Fields, split_fields
from webmail.message.inside import read_unwrapped
from webmail.message.safe_html import Allowed
from webmail.store.mailbox import FetchedMessage, Flag, MessageRef, MessageSummary
from webmail.store.protocol import AHEAD_BYTES, MailboxNotFound, MessageGone
from webmail.web.http import MailRequest
from webmail.web.paths import part_url

# One megabyte of text in base64, as read_body reads no more.
FETCH_LIMIT_BYTES = 1_400_000
# What stands for a message is opened up to 20 MB, in base64.
WHOLE_LIMIT_BYTES = 28_000_000
# A message of no more than this is fetched whole in one go, if its size is known.
SMALL_BYTES = 128 * 1024
_KEEP_S = 60
_KEEP_COUNT = 32
_KEEP_CHARACTERS = 400_000

# What machines wrote for machines, read by us to say it in words.
SMALL_TYPES = frozenset(
    (
        *("text/calendar", "application/ics", "text/vcard", "text/x-vcard", "text/directory"),
        *("message/delivery-status", "message/global-delivery-status"),
        *("message/disposition-notification", "message/global-disposition-notification"),
        *("message/feedback-report", "text/rfc822-headers", "message/global-headers"),
    )
)
_MOST_SMALL_PARTS = 8
_SMALL_PART_BYTES = 64 * 1024
_SMALL_PARTS_BYTES = 256 * 1024

_COLOURS = re.compile(r"<style|bgcolor|background|color\s*[:=]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A message read whole, as far as it is shown; ``fields`` are its header's, unfolded.

    ``small`` has the small parts of SMALL_TYPES, by section, decoded from their transfer
    encoding: 8 of them at most, of 64 KB each and 256 KB together as transferred.
    ``within`` is the message of the mailbox that this one lies in; ``ref`` is then its.
    """

    summary: MessageSummary
    body: MessageBody
    fields: Fields
    small: dict[str, bytes] = field(default_factory=dict)
    within: "Opened | None" = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the index knows of a message: ``flags`` only if they are those of now."""

    ref: MessageRef
    size_bytes: int = 0
    flags: frozenset[Flag] | None = None


_Key = tuple[int, MessageRef]
_kept: OrderedDict[_Key, tuple[float, Opened]] = OrderedDict()
_lock = threading.Lock()


def open_message(request: MailRequest, ref: MessageRef) -> Opened:
    """The message of ``ref``; MessageGone when it is no longer there."""
    return open_messages(request, [Expected(ref)])[ref]


def open_messages(request: MailRequest, wanted: Iterable[Expected]) -> dict[MessageRef, Opened]:
    """Those that are still there, each with its header, what is shown of it and its small parts.

    A round trip for each mailbox, or two where there is much to show; none for what is kept
    and known to be as it was.  MessageGone when none is there.
    """
    found: dict[MessageRef, Opened] = {}
    asked: list[Expected] = []
    for each in wanted:
        kept = find_kept((request.account.pk, each.ref))
        if kept is not None and each.flags is not None:
            found[each.ref] = replace(kept, summary=replace(kept.summary, flags=each.flags))
        else:
            asked.append(each)
    asked.sort(key=lambda each: (each.ref.mailbox, each.ref.uidvalidity, each.ref.uid))
    for _, group in groupby(asked, key=lambda each: (each.ref.mailbox, each.ref.uidvalidity)):
        with suppress(MessageGone, MailboxNotFound):
            found |= _open_together(request, list(group))
    if not found:
        raise MessageGone("This message is no longer there.")
    return found


def _open_together(request: MailRequest, wanted: list[Expected]) -> dict[MessageRef, Opened]:
    """Messages of one mailbox.  Of those that are kept only the flags are news."""
    account_id, found = request.account.pk, {}
    kept = {each.ref: find_kept((account_id, each.ref)) for each in wanted}
    old = {ref: opened for ref, opened in kept.items() if opened is not None}
    for summary in request.store.summaries(list(old)) if old else ():
        found[summary.ref] = replace(old[summary.ref], summary=summary)
    new = [each for each in wanted if each.ref not in old]
    refs = [each.ref for each in new]
    fetched = request.store.fetch(refs, _shown_sizes, ahead_bytes=_ahead(new)) if new else ()
    for message in fetched:
        opened = found[message.summary.ref] = _read(request, message)
        _keep((account_id, opened.summary.ref), opened)
    return found


def _ahead(wanted: list[Expected]) -> int:
    """A bit more than the largest, so that small messages come whole."""
    most = max(each.size_bytes for each in wanted)
    is_little = most <= SMALL_BYTES and most * len(wanted) <= 4 * SMALL_BYTES
    return max(AHEAD_BYTES, most + 1024) if is_little else AHEAD_BYTES


def _shown_sizes(structure: Part) -> Mapping[str, int]:
    """The sections to be fetched with the message, and how much of each."""
    shown = choose_parts(structure)
    sizes: dict[str, int] = {}
    room = FETCH_LIMIT_BYTES
    for part in dict.fromkeys((*shown.text, *shown.html)):
        if room > 0:
            sizes[part.section] = FETCH_LIMIT_BYTES
            room -= part.size_bytes
    return sizes | {part.section: _SMALL_PART_BYTES for part in _small_parts(structure)}


def _small_parts(structure: Part) -> list[Part]:
    """Those of the message itself, not of a message in it."""
    found: list[Part] = []
    room = _SMALL_PARTS_BYTES
    for part in choose_parts(structure).others:
        is_small = not part.children and part.size_bytes <= min(_SMALL_PART_BYTES, room)
        if part.media_type in SMALL_TYPES and is_small and len(found) < _MOST_SMALL_PARTS:
            found.append(part)
            room -= part.size_bytes
    return found


def _read(request: MailRequest, fetched: FetchedMessage) -> Opened:
    summary, parts = fetched.summary, fetched.parts
    allowed = Allowed(link_tracking=not request.user.cleans_links)
    body = read(request, summary, allowed, parts)
    small = {
        part.section: decode_part(parts[part.section], part.encoding)
        for part in _small_parts(summary.structure)
    }
    return Opened(summary, body, split_fields(fetched.header), small)


def read(
    request: MailRequest,
    summary: MessageSummary,
    allowed: Allowed,
    parts: Mapping[str, bytes] = MappingProxyType({}),
) -> MessageBody:
    """The body with what its reader allows; ``parts`` are those that are fetched already."""
    ref = summary.ref

    def octets(part: Part) -> bytes:
        """Beyond what came with the message only where it has unusually much text."""
        if part.section in parts:
            return parts[part.section]
        pieces = request.store.part(ref, part.section, limit_bytes=FETCH_LIMIT_BYTES)
        return b"".join(pieces)

    return read_unwrapped(
        summary.structure,
        octets,
        lambda part: fetch_whole(request, ref, part),
        cid_url=lambda part: part_url(request.account.key, ref, part.section),
        allowed=allowed,
    )


def fetch_whole(request: MailRequest, ref: MessageRef, part: Part) -> bytes:
    """All octets of a part as transferred, or more than can be opened."""
    return b"".join(request.store.part(ref, part.section, limit_bytes=WHOLE_LIMIT_BYTES))


def is_designed(body: MessageBody) -> bool:
    """Whether the HTML brings colours of its own, and so is shown on white paper as sent."""
    return body.html is not None and _COLOURS.search(body.html) is not None


def find_kept(key: _Key) -> Opened | None:
    with _lock:
        at, opened = _kept.get(key, (0.0, None))
        return opened if time.monotonic() - at < _KEEP_S else None


def forget_all() -> None:
    with _lock:
        _kept.clear()


def _keep(key: _Key, opened: Opened) -> None:
    body = opened.body
    if len(body.text) + len(body.text_html) + len(body.html or "") > _KEEP_CHARACTERS:
        return
    with _lock:
        _kept[key] = (time.monotonic(), opened)
        _kept.move_to_end(key)
        while len(_kept) > _KEEP_COUNT:
            _kept.popitem(last=False)
