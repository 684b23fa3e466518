"""The text of a message on its way to the reader, kept for the moment between two requests.

A page asks for the message, and at once its frame asks for the same text; a message never
changes under its UID, so the second request needs no server and no second cleaning.
"""

import re
import threading
import time
from collections import OrderedDict

from webmail.message.body import MessageBody, read_body
from webmail.message.bodystructure import Part
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.web.http import MailRequest
from webmail.web.paths import part_url

# One megabyte of text in base64, as read_body reads no more.
FETCH_LIMIT_BYTES = 1_400_000
_KEEP_S = 60
_KEEP_COUNT = 32
_KEEP_CHARACTERS = 400_000

_COLOURS = re.compile(r"<style|bgcolor|background|color\s*[:=]", re.IGNORECASE)

_Key = tuple[int, MessageRef]
_kept: OrderedDict[_Key, tuple[float, MessageBody]] = OrderedDict()
_lock = threading.Lock()


def read_message(request: MailRequest, summary: MessageSummary) -> MessageBody:
    """Fetches only the parts that are shown, and no more of each than is read."""
    ref = summary.ref
    key = (request.account.pk, ref)
    body = find_kept(key)
    if body is None:
        body = read_body(
            summary.structure,
            lambda part: _fetch(request, ref, part),
            cid_url=lambda part: part_url(request.account.key, ref, part.section),
        )
        _keep(key, body)
    return body


def _fetch(request: MailRequest, ref: MessageRef, part: Part) -> bytes:
    return b"".join(request.store.part(ref, part.section, limit_bytes=FETCH_LIMIT_BYTES))


def is_designed(body: MessageBody) -> bool:
    """Whether the HTML brings colours of its own, and so is shown on white paper as sent."""
    return body.html is not None and _COLOURS.search(body.html) is not None


def find_kept(key: _Key) -> MessageBody | None:
    with _lock:
        at, body = _kept.get(key, (0.0, None))
        return body if time.monotonic() - at < _KEEP_S else None


def forget_all() -> None:
    with _lock:
        _kept.clear()


def _keep(key: _Key, body: MessageBody) -> None:
    if len(body.text) + len(body.text_html) + len(body.html or "") > _KEEP_CHARACTERS:
        return
    with _lock:
        _kept[key] = (time.monotonic(), body)
        _kept.move_to_end(key)
        while len(_kept) > _KEEP_COUNT:
            _kept.popitem(last=False)
