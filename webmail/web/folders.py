"""All folders on one page: the drawer without script, and where they are made and renamed."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webmail.store.mailbox import MailboxSummary
from webmail.web.http import MailRequest, mailboxes_of, shell_context, with_store
from webmail.web.notices import notice
from webmail.web.rows import count_text
from webmail.web.shell import place_for_new, special_mailboxes, use_of

_LEAF_LIMIT = 100


class BadName(Exception):
    """No folder can be called this; the text says why."""


@require_http_methods(["GET", "HEAD", "POST"])
@with_store
def show(request: MailRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    deed = _DEEDS.get(request.POST.get("do", ""))
    if deed is None:
        return _page(request, "This page is out of date. Load it again and try once more.", 422)
    try:
        return deed(request)
    except BadName as problem:
        return _page(request, str(problem), 422)


def _page(request: MailRequest, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "error": error,
        "typed": request.POST.get("leaf", ""),
        **shell_context(request),
    }
    return render(request, "folders/page.html", context, status=status)


def _create(request: MailRequest) -> HttpResponse:
    leaf, parent = request.POST.get("leaf", ""), request.POST.get("parent", "")
    above = _get(request, parent).name if parent else place_for_new(mailboxes_of(request))
    name = _full_name(request, leaf, above)
    request.store.create_mailbox(name)
    notice(request, f"Folder “{leaf.strip()}” made")
    return _back(request)


def _rename(request: MailRequest) -> HttpResponse:
    mailbox, leaf = _get_own(request), request.POST.get("leaf", "")
    new_name = _full_name(request, leaf, mailbox.parent)
    request.store.rename_mailbox(mailbox.name, new_name)
    notice(request, f"Folder “{mailbox.leaf}” is now called “{leaf.strip()}”")
    return _back(request)


def _delete(request: MailRequest) -> HttpResponse:
    """Asks first: the messages in it go with it, for good."""
    mailbox = _get_own(request)
    if any(m.parent == mailbox.name for m in mailboxes_of(request)):
        raise BadName(f"“{mailbox.leaf}” holds other folders. Delete or move those first.")
    if request.POST.get("confirmed") != "1":
        messages = mailbox.status.messages if mailbox.status else 0
        context = {
            "mailbox": mailbox,
            "holds": count_text(messages, "message", "messages") if messages else "",
            **shell_context(request),
        }
        return render(request, "folders/delete.html", context)
    request.store.delete_mailbox(mailbox.name)
    notice(request, f"Folder “{mailbox.leaf}” deleted")
    return _back(request)


_DEEDS = {"create": _create, "rename": _rename, "delete": _delete}


def _back(request: MailRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("folders", args=[request.account.key]), status=303)


def _get(request: MailRequest, name: str) -> MailboxSummary:
    """A mailbox the server lists; no other name is ever sent back to it (T43)."""
    for mailbox in mailboxes_of(request):
        if mailbox.name == name:
            return mailbox
    raise BadName("This folder is no longer there.")


def _get_own(request: MailRequest) -> MailboxSummary:
    mailbox = _get(request, request.POST.get("mailbox", ""))
    if use_of(mailbox.name, special_mailboxes(mailboxes_of(request))) is not None:
        raise BadName(f"“{mailbox.leaf}” is needed and cannot be renamed or deleted.")
    return mailbox


def _full_name(request: MailRequest, leaf: str, parent: str) -> str:
    """The leaf below ``parent``, at the top without one; BadName for what no server takes."""
    leaf = leaf.strip()
    delimiter = next((m.delimiter for m in mailboxes_of(request) if m.delimiter), "")
    if not leaf:
        raise BadName("Enter a name for the folder.")
    if len(leaf) > _LEAF_LIMIT or not leaf.isprintable():
        raise BadName(f"A folder's name is at most {_LEAF_LIMIT} characters, all of them visible.")
    if delimiter and delimiter in leaf or any(c in leaf for c in '*%"\\'):
        raise BadName(f"A folder's name cannot hold any of {delimiter} * % \" \\.")
    name = f"{parent}{delimiter}{leaf}" if parent else leaf
    if any(m.name == name for m in mailboxes_of(request)):
        raise BadName(f"There is already a folder “{leaf}” in this place.")
    return name
