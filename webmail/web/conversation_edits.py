"""Taking a message out of its conversation, and joining conversations, by hand."""

from collections.abc import Iterable

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webmail.accounts.models import Account
from webmail.index import editing
from webmail.index.mailboxes import find_mailbox
from webmail.store.mailbox import MessageRef
from webmail.web.http import MailRequest, get_account, next_url, signed_in
from webmail.web.notices import notice
from webmail.web.paths import mailbox_url, parse_ref_text
from webmail.web.undo import edit_token

_MOST_REFS = 500


@require_POST
@signed_in
def edit(request: MailRequest) -> HttpResponse:
    """Takes the message named by ``ref`` out of its conversation, or joins those of several."""
    account, refs = _chosen(request)
    back = next_url(request, mailbox_url(account.key, refs[0].mailbox))
    messages = _messages(account, refs)
    if request.POST.get("do") == "join":
        if len(messages) < 2:
            notice(request, "Select two or more conversations to join.", level="error")
            return HttpResponseRedirect(back, status=303)
        made, text = editing.join(account, messages), "Conversations joined"
    elif messages:
        made, text = editing.take_out(account, messages[0]), "Taken out of the conversation"
    else:
        notice(request, "This message is not known yet. Try again in a moment.", level="error")
        return HttpResponseRedirect(back, status=303)
    notice(request, text, undo=edit_token(request.user, made))
    return HttpResponseRedirect(back, status=303)


def _chosen(request: MailRequest) -> tuple[Account, tuple[MessageRef, ...]]:
    """404 for what is no ref, is of two accounts, or of an account that is not theirs."""
    try:
        parsed = [parse_ref_text(text) for text in request.POST.getlist("ref")[:_MOST_REFS]]
    except ValueError as problem:
        raise Http404("no such message") from problem
    keys = {key for key, _ in parsed}
    if len(keys) != 1:
        raise Http404("no such messages")
    return get_account(request, keys.pop()), tuple(ref for _, ref in parsed)


def _messages(account: Account, refs: Iterable[MessageRef]) -> list[int]:
    found: list[int] = []
    for ref in refs:
        mailbox = find_mailbox(account.pk, ref.mailbox)
        if mailbox is not None and mailbox.uidvalidity == ref.uidvalidity:
            found += editing.find_messages(mailbox, [ref.uid])
    return list(dict.fromkeys(found))
