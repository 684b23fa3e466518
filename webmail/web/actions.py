"""Acts on messages: one form, any number of messages, of any of the person's mailboxes."""

from collections.abc import Iterable
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from webmail.accounts.connect import NeedsKey, NeedsPassword, NotConfigured
from webmail.accounts.models import Account
from webmail.index.conversation_lines import companions
from webmail.index.editing import take_back
from webmail.index.mailboxes import find_mailbox
from webmail.index.telling import lend_store
from webmail.store.mailbox import MessageRef, SpecialUse
from webmail.store.protocol import StoreError
from webmail.web import deeds, left_drafts
from webmail.web.deeds import Done
from webmail.web.http import (
    MailRequest,
    answer_to,
    forget_mailboxes,
    get_account,
    is_part,
    known_mailboxes,
    mailboxes_of,
    next_url,
    shell_context,
    signed_in,
    uses_of,
)
from webmail.web.notices import notice
from webmail.web.paths import mailbox_url, parse_ref_text
from webmail.web.rows import count_text
from webmail.web.shell import use_of
from webmail.web.undo import Undone, find_edit, find_undo, undo_token

Refs = tuple[MessageRef, ...]
_MAX_REFS = 2_000
# Done to the message a line shows, even where the line stands for a conversation.
_OF_ONE = {"flag", "unseen"}
# The folders count nothing that these change.
_UNCOUNTED = {"flag", "unflag"}
_TROUBLES = (StoreError, NeedsKey, NeedsPassword, NotConfigured)


@require_POST
@signed_in
def act(request: MailRequest) -> HttpResponse:
    """Does ``do`` to every ``ref``; a ``ref`` in the query stands alone, ticked boxes apart."""
    name = {"erase": "destroy"}.get(request.POST.get("do", ""), request.POST.get("do", ""))
    chosen = chosen_messages(request)
    if name not in deeds.DEEDS:
        return _answer_wrong(request, "This page is out of date. Load it again and try once more.")
    if not chosen:
        return _answer_wrong(request, "Select one or more messages first.")
    target = request.POST.get("target") or request.POST.get("to", "")
    if name in {"move", "copy"} and not target:
        return _ask_for_target(request, name, chosen)
    return _act_on_each(request, name, chosen, target)


def _act_on_each(
    request: MailRequest, name: str, chosen: dict[str, Refs], target: str
) -> HttpResponse:
    done: list[Done] = []
    shell: dict[str, object] = {}
    try:
        for key, refs in chosen.items():
            request.account = get_account(request, key)
            with lend_store(request, request.account) as request.store:
                if _is_for_good(request, name, refs) and request.POST.get("confirmed") != "1":
                    return _ask_whether(request, refs)
                left = left_drafts.leaving(request, name, refs)
                here = deeds.Here(request.store, key, known_mailboxes(request))
                for each in deeds.do(here, name, left.refs, target):
                    done.append(each)
                left_drafts.forget(left)
                if name not in _UNCOUNTED:
                    forget_mailboxes(request)
                shell = shell_context(request, _shown_mailbox(request)) if is_part(request) else {}
    except _TROUBLES as problem:
        if done:  # what was done before the trouble is said, and can be taken back
            _say(request, name, done)
        return answer_to(request, problem)
    _say(request, name, done)
    return _answer(request, shell, _default_next(chosen))


def _say(request: HttpRequest, name: str, done: list[Done]) -> None:
    token = undo_token(request.user, [step for each in done for step in each.inverse])
    notice(request, deeds.sentence(name, done), undo=token)


def _is_for_good(request: MailRequest, name: str, refs: Refs) -> bool:
    if name == "destroy":
        return True
    if name != "delete":
        return False
    uses = uses_of(request)
    return any(use_of(ref.mailbox, uses) is SpecialUse.TRASH for ref in refs)


def chosen_messages(request: HttpRequest) -> dict[str, Refs]:
    """The refs by account; 404 for one that is no ref, or of an account that is not theirs."""
    texts = request.GET.getlist("ref") or request.POST.getlist("ref")
    by_account: dict[str, dict[MessageRef, None]] = {}
    for text in texts[:_MAX_REFS]:
        try:
            key, ref = parse_ref_text(text)
        except ValueError as problem:
            raise Http404("no such message") from problem
        by_account.setdefault(key, {})[ref] = None
    whole = request.POST.get("whole") == "1" and request.POST.get("do") not in _OF_ONE
    return {
        key: _whole(get_account(request, key), refs) if whole else tuple(refs)
        for key, refs in by_account.items()
    }


def _whole(account: Account, refs: Iterable[MessageRef]) -> Refs:
    """With all that stands in the same line of a list by conversation."""
    found: dict[MessageRef, None] = dict.fromkeys(refs)
    for (name, uidvalidity), each in groupby(refs, key=lambda ref: (ref.mailbox, ref.uidvalidity)):
        mailbox = find_mailbox(account.pk, name)
        if mailbox is not None and mailbox.uidvalidity == uidvalidity:
            found |= dict.fromkeys(companions(mailbox, [ref.uid for ref in each]))
    return tuple(found)


@require_POST
@signed_in
def undo(request: MailRequest) -> HttpResponse:
    """Takes back what a token names; the token is the person's own and lives ten minutes."""
    token = request.POST.get("token", "")
    if (edit := find_edit(request.user, token)) is not None:
        take_back(edit)
        notice(request, "Undone")
        return _answer(request, {}, reverse("mail"))
    steps = find_undo(request.user, token)
    if steps is None:
        return _answer_wrong(request, "This can no longer be undone.")
    shell: dict[str, object] = {}
    try:
        for key in dict.fromkeys(step.account_key for step in steps):
            request.account = get_account(request, key)
            with lend_store(request, request.account) as request.store:
                for step in (step for step in steps if step.account_key == key):
                    step.run(request.store)
                shell = shell_context(request, _shown_mailbox(request)) if is_part(request) else {}
    except Undone as problem:
        return _answer_wrong(request, str(problem))
    except _TROUBLES as problem:
        return answer_to(request, problem)
    notice(request, "Undone")
    return _answer(request, shell, reverse("mail"))


# -- answers -------------------------------------------------------------------------------------


def _answer(request: HttpRequest, shell: dict[str, object], default: str) -> HttpResponse:
    if is_part(request):
        return render(request, "mailbox/_acted.html", shell)
    return HttpResponseRedirect(next_url(request, default), status=303)


def _answer_wrong(request: HttpRequest, text: str) -> HttpResponse:
    notice(request, text, level="error")
    if is_part(request):
        return render(request, "shell/_notices.html", status=409)
    return HttpResponseRedirect(next_url(request, reverse("mail")), status=303)


def _default_next(chosen: dict[str, Refs]) -> str:
    key, refs = next(iter(chosen.items()))
    return mailbox_url(key, refs[0].mailbox)


def _shown_mailbox(request: MailRequest) -> str:
    """The mailbox the script's page shows, to mark it in the rail sent back."""
    path = (request.htmx.current_url_abs_path or "").partition("?")[0]
    for mailbox in mailboxes_of(request):
        if path.startswith(mailbox_url(request.account.key, mailbox.name)):
            return mailbox.name
    return ""


def _ask_whether(request: MailRequest, refs: Refs) -> HttpResponse:
    """Deleting for good asks first, on a page of its own."""
    count = count_text(len(refs), "message", "messages")
    if is_part(request):
        text = f"{count} in Trash: use the Delete button there, which asks before it is for good."
        return _answer_wrong(request, text)
    return _ask(request, "mailbox/destroy.html", {"count": count}, refs)


def _ask_for_target(request: MailRequest, name: str, chosen: dict[str, Refs]) -> HttpResponse:
    """Without script, Move leads to a page with the folders."""
    if is_part(request):
        return _answer_wrong(request, "Choose a folder first.")
    key, refs = next(iter(chosen.items()))
    request.account = get_account(request, key)
    try:
        with lend_store(request, request.account) as request.store:
            count = count_text(len(refs), "message", "messages")
            verb = "Move" if name == "move" else "Copy"
            return _ask(
                request, "mailbox/target.html", {"count": count, "verb": verb, "do": name}, refs
            )
    except _TROUBLES as problem:
        return answer_to(request, problem)


def _ask(
    request: MailRequest, template: str, context: dict[str, object], refs: Iterable[MessageRef]
) -> HttpResponse:
    texts = request.GET.getlist("ref") or request.POST.getlist("ref")
    context |= {
        "refs": texts[:_MAX_REFS],
        "whole": request.POST.get("whole", ""),
        "next": next_url(request, mailbox_url(request.account.key, next(iter(refs)).mailbox)),
        **shell_context(request),
    }
    return render(request, template, context)
