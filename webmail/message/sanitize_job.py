"""Cleaning in a child process, for HTML that could hold ours up (T34).

nh3 is not linear and cannot be interrupted from Python; a process can.  What failed
once is remembered and not tried again.
"""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

from webmail.message import jail
from webmail.message.jail import WALL_TIME_S
from webmail.message.safe_html import NOTHING, Allowed, Blocked, RemotePicture

MAX_CHILDREN = 2

_CHILD = Path(__file__).with_name("sanitize_child.py")
_CID = re.compile(r"cid:([^\s\"'<>)]{1,300})", re.IGNORECASE)
_MAX_CIDS = 500
_MAX_REMEMBERED = 1000

_places = threading.BoundedSemaphore(MAX_CHILDREN)
_failed: "OrderedDict[bytes, None]" = OrderedDict()


@dataclass(frozen=True, slots=True)
class Answer:
    html: str
    blocked: Blocked


def run(
    job: str, html: str, cid_url: Callable[[str], str | None], allowed: Allowed = NOTHING
) -> Answer | None:
    """The answer of the child; None when it took too long, too much, or broke."""
    digest = sha256(f"{job}\0{html}".encode()).digest()
    if digest in _failed or not _places.acquire(timeout=WALL_TIME_S):
        return None
    try:
        urls = _cid_urls(html, cid_url)
        answer = _ask({"job": job, "html": html, "urls": urls, "allowed": asdict(allowed)})
    finally:
        _places.release()
    if answer is None:
        _failed[digest] = None
        while len(_failed) > _MAX_REMEMBERED:
            _failed.popitem(last=False)
    return answer


def _ask(question: dict[str, object]) -> Answer | None:
    told = jail.ask(_CHILD, json.dumps(question).encode())
    if told is None:
        return None
    answer = json.loads(told)
    return Answer(answer["html"], _blocked(**answer["blocked"]))


def _blocked(
    *,
    hosts: list[str],
    counters: list[str],
    pictures: list[dict[str, str]],
    **others: Any,
) -> Blocked:
    """As the child wrote it down, made a value again."""
    return Blocked(
        hosts=tuple(hosts),
        counters=tuple(counters),
        pictures=tuple(RemotePicture(**each) for each in pictures),
        **others,
    )


def _cid_urls(html: str, cid_url: Callable[[str], str | None]) -> dict[str, str]:
    """The URLs the child will need, asked for beforehand."""
    found = list(dict.fromkeys(unescape(cid) for cid in _CID.findall(html)))[:_MAX_CIDS]
    urls = {cid: cid_url(cid) for cid in found}
    return {cid: url for cid, url in urls.items() if url is not None}
