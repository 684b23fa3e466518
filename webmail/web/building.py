"""Large messages are built a few at a time: each is in memory twice while that lasts."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest

from webmail.attachments import storage
from webmail.submission.models import StoredDraft

LARGE_BYTES = 5_000_000
AT_ONCE = 2
_places = threading.BoundedSemaphore(AT_ONCE)

P = ParamSpec("P")
R = TypeVar("R")
Act = Callable[Concatenate[HttpRequest, StoredDraft, P], R]


def in_turn(act: Act[P, R]) -> Act[P, R]:
    """For what builds the message of a draft."""

    @wraps(act)
    def waited(request: HttpRequest, draft: StoredDraft, *args: P.args, **kwargs: P.kwargs) -> R:
        with _place(draft):
            return act(request, draft, *args, **kwargs)

    return waited


@contextmanager
def _place(draft: StoredDraft) -> Iterator[None]:
    size = sum(each.size_bytes for each in storage.uploads_of(draft.user, draft.key))
    if size < LARGE_BYTES:
        yield
        return
    with _places:
        yield
