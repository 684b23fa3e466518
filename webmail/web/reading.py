"""An opened message on its way to the reader, kept for the moment between two requests.

A page asks for the message, and at once its frame asks for the same text; a message never
changes under its UID, so the second request needs no server and no second cleaning.
"""

import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from webmail.message.body import MessageBody
from webmail.message.bodystructure import Part
from webmail.message.header import Fields, split_fields
from webmail.message.inside import read_unwrapped
from webmail.message.safe_html import Allowed
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.web.http import MailRequest
from webmail.web.paths import part_url

# One megabyte of text in base64, as read_body reads no more.
FETCH_LIMIT_BYTES = 1_400_000
# What stands for a message is opened up to 20 MB, in base64.
WHOLE_LIMIT_BYTES = 28_000_000
_KEEP_S = 60
_KEEP_COUNT = 32
_KEEP_CHARACTERS = 400_000

_COLOURS = re.compile(r"<style|bgcolor|background|color\s*[:=]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A message read whole, as far as it is shown; ``fields`` are its header's, unfolded."""

    summary: MessageSummary
    body: MessageBody
    fields: Fields


_Key = tuple[int, MessageRef]
_kept: OrderedDict[_Key, tuple[float, Opened]] = OrderedDict()
_lock = threading.Lock()


def open_message(request: MailRequest, summary: MessageSummary) -> Opened:
    """Fetches the header and only the parts that are shown, no more of each than is read.

    The flags are those of ``summary``: what is kept forgets them.
    """
    ref = summary.ref
    key = (request.account.pk, ref)
    kept = find_kept(key)
    if kept is not None:
        return replace(kept, summary=summary)
    body = read(request, summary, Allowed(link_tracking=not request.user.cleans_links))
    opened = Opened(summary, body, split_fields(request.store.headers(ref)))
    _keep(key, opened)
    return opened


def read(request: MailRequest, summary: MessageSummary, allowed: Allowed) -> MessageBody:
    """The body with what its reader allows, fetched and cleaned anew."""
    ref = summary.ref
    return read_unwrapped(
        summary.structure,
        lambda part: _fetch(request, ref, part),
        lambda part: fetch_whole(request, ref, part),
        cid_url=lambda part: part_url(request.account.key, ref, part.section),
        allowed=allowed,
    )


def _fetch(request: MailRequest, ref: MessageRef, part: Part) -> bytes:
    return b"".join(request.store.part(ref, part.section, limit_bytes=FETCH_LIMIT_BYTES))


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
