"""Several messages passed on as one: a fresh draft with each of them attached."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webmail.index.telling import lend_store
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import MailStore
from webmail.web.actions import chosen_messages
from webmail.web.compose_window import fresh_window, show_window
from webmail.web.http import get_account, next_url, signed_in
from webmail.web.notices import notice
from webmail.web.prefill import forward_all
from webmail.web.trouble import answers_trouble

MOST = 50
NONE = "Select one or more messages first."
TOO_MANY = f"Select {MOST} messages at most."
GONE = "These messages are no longer there. Another program may have moved them."
TWO_ACCOUNTS = "Select messages of one account only: each is fetched from its own mail server."


@require_POST
@signed_in
@answers_trouble
def forward(request: HttpRequest) -> HttpResponse:
    """Changes nothing: the first save of the form makes the draft."""
    chosen = chosen_messages(request)
    error = _wrong({key: len(refs) for key, refs in chosen.items()})
    if error:
        return _answer_wrong(request, error)
    (key, refs) = next(iter(chosen.items()))
    account = get_account(request, key)
    with lend_store(request, account) as store:
        summaries = _summaries(store, refs)
    if not summaries:
        return _answer_wrong(request, GONE)
    start = forward_all(account, summaries)
    window = fresh_window(request, account, start.fresh, start.written, start.carried)
    return show_window(request, window)


def _summaries(store: MailStore, refs: tuple[MessageRef, ...]) -> list[MessageSummary]:
    """Those that are still there, the oldest first."""
    by_mailbox: dict[str, list[MessageRef]] = {}
    for ref in refs:
        by_mailbox.setdefault(ref.mailbox, []).append(ref)
    found = [each for some in by_mailbox.values() for each in store.summaries(some)]
    return sorted(found, key=lambda each: (each.internal_date, each.ref.uid))


def _answer_wrong(request: HttpRequest, error: str) -> HttpResponse:
    notice(request, error, level="error")
    return HttpResponseRedirect(next_url(request, reverse("mail")), status=303)


def _wrong(counts: dict[str, int]) -> str:
    if not counts:
        return NONE
    if len(counts) > 1:
        return TWO_ACCOUNTS
    return TOO_MANY if sum(counts.values()) > MOST else ""
