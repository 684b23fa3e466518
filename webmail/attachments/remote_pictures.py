"""Remote pictures somebody allowed: fetched by this server, made new, kept for that person."""

import logging
import time
from urllib.parse import urlsplit

from webmail.accounts.models import User
from webmail.attachments import picture_cache
from webmail.attachments.pictures import is_picture, re_encode
from webmail.outbound_address import Refused
from webmail.outbound_fetch import RULES, FetchFailed, Rules, TooSlow, fetch

log = logging.getLogger(__name__)

ACCEPT = "image/png,image/jpeg,image/gif,image/webp,image/avif"
MAX_PX = 2400

# A host that kept us waiting is left alone for a while: a mail may have fifty of its pictures.
SLOW_HOST_S = 60.0
_MAX_SLOW = 1000
_slow_until: dict[str, float] = {}

rules: Rules = RULES


def picture(user: User, url: str) -> bytes:
    """The picture at ``url``; empty when there is none, or not one we show.

    Takes as long as its host does: of web threads only a few may be here (web/turns.py).
    """
    content = picture_cache.find(user, url)
    if content is None and _slow_until.get(_host(url), 0.0) < time.monotonic():
        content = _fetched(url)
        picture_cache.keep(user, url, content)
    return content or b""


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


def _fetched(url: str) -> bytes:
    """The log does not name the picture: its address may name its reader."""
    try:
        content = fetch(url, accept=ACCEPT, rules=rules).content
    except (Refused, FetchFailed) as problem:
        if isinstance(problem, TooSlow):
            if len(_slow_until) > _MAX_SLOW:
                _slow_until.clear()
            _slow_until[_host(url)] = time.monotonic() + SLOW_HOST_S
        log.info("picture not fetched: %s", type(problem).__name__)
        return b""
    if not is_picture(content):
        log.info("picture not fetched: no picture")
        return b""
    return re_encode(content, MAX_PX) or b""
