"""Reading marks a message read."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import groupby

from django.utils import timezone

from webmail.store.mailbox import SEEN, MailboxSummary, MessageRef, MessageSummary
from webmail.store.protocol import StoreError, Unreachable
from webmail.web.http import MailRequest, forget_mailboxes, known_of

AHEAD = "X-Hearth-Ahead"


@contextmanager
def marked_seen(request: MailRequest, summaries: Iterable[MessageSummary]) -> Iterator[None]:
    """The server is told at once; its answer is waited for when the page has been drawn.

    A mailbox that may only be read is read all the same.  Where the session broke the page
    is read once more on a new one, and marks again (web/http.py); the second time it is
    shown, and the message stays unread.  What a script fetches ahead nobody has read yet: it
    asks once more when somebody does.
    """
    refs = [summary.ref for summary in summaries if SEEN not in summary.flags]
    if request.method != "GET" or AHEAD in request.headers or not refs:
        yield
        return
    _count_as_read(request, refs)
    for _, each in groupby(refs, key=lambda ref: (ref.mailbox, ref.uidvalidity)):
        with suppress(StoreError):
            request.store.begin_flags(tuple(each), add=[SEEN])
    yield
    try:
        request.store.settle()
    except Unreachable as problem:
        if problem.reason == "cut" and not request.is_second_try:
            raise
    except StoreError:
        pass


def _count_as_read(request: MailRequest, refs: Iterable[MessageRef]) -> None:
    """What the rail counts as unread, without asking, where it was known until now."""
    listed = known_of(request).list_in_step(timezone.now())
    if listed is None:
        forget_mailboxes(request)
        return
    names = [ref.mailbox for ref in refs]
    remembered = request.__dict__.setdefault("_mailboxes", {})
    remembered[request.account.pk] = tuple(_less(each, names.count(each.name)) for each in listed)


def _less(mailbox: MailboxSummary, read: int) -> MailboxSummary:
    if not read or mailbox.status is None:
        return mailbox
    unseen = max(mailbox.status.unseen - read, 0)
    return replace(mailbox, status=replace(mailbox.status, unseen=unseen))
