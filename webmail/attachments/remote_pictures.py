"""Remote pictures somebody allowed: fetched by this server, made new, kept for that person."""

import logging
import threading

from webmail.accounts.models import User
from webmail.attachments import picture_cache
from webmail.attachments.pictures import is_picture, re_encode
from webmail.outbound_address import Refused
from webmail.outbound_fetch import RULES, FetchFailed, Rules, fetch

log = logging.getLogger(__name__)

ACCEPT = "image/png,image/jpeg,image/gif,image/webp,image/avif"
MAX_PX = 2400
# Each may take ten seconds: the rest of the sixteen threads is for pages.
MAX_AT_ONCE = 6
_WAIT_S = 20.0
_places = threading.BoundedSemaphore(MAX_AT_ONCE)

rules: Rules = RULES


def picture(user: User, url: str) -> bytes:
    """The picture at ``url``; empty when there is none, or not one we show."""
    kept = picture_cache.find(user, url)
    if kept is not None:
        return kept
    if not _places.acquire(timeout=_WAIT_S):
        return b""
    try:
        content = picture_cache.find(user, url)
        if content is None:
            content = _fetched(url)
            picture_cache.keep(user, url, content)
    finally:
        _places.release()
    return content


def _fetched(url: str) -> bytes:
    """The log does not name the picture: its address may name its reader."""
    try:
        content = fetch(url, accept=ACCEPT, rules=rules).content
    except (Refused, FetchFailed) as problem:
        log.info("picture not fetched: %s", type(problem).__name__)
        return b""
    if not is_picture(content):
        log.info("picture not fetched: no picture")
        return b""
    return re_encode(content, MAX_PX) or b""
