"""Search in all folders, or in the one that ``in:`` names.

The index answers at once; what only the mail server knows is looked for by the worker and
joins the page as it comes.
"""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from webmail.index import asking, found, search
from webmail.index.found import Asked, Search
from webmail.index.models import IndexedMailbox
from webmail.index.plan import asks_server
from webmail.index.tasks import wake_search
from webmail.message.query import Query, mailbox_of, parse_query
from webmail.store.mailbox import MailboxSummary, SpecialUse
from webmail.store.protocol import StoreError, Unreachable
from webmail.web.http import MailRequest, is_part, mailboxes_of, page_or_part, with_store
from webmail.web.lists import bring_in_step
from webmail.web.rows import clock_of
from webmail.web.search_results import Folder, Results
from webmail.web.search_view import search_view
from webmail.web.shell import label_of, special_mailboxes, use_of

_SHOWN = 50
# These hold what other folders hold too, so a message would be found twice.
_VIRTUAL = {SpecialUse.ALL, SpecialUse.FLAGGED}
# So many mailboxes are made to agree with their server before they are searched.
_MOST_STEPS = 3
# Without a worker a search is carried out in folders of so many messages together.
_MOST_AT_ONCE = 5000
_PATIENCE_S = 5.0


@require_safe
@with_store
def show(request: MailRequest) -> HttpResponse:
    """``typing``: somebody still is; the mail server is left in peace."""
    text = request.GET.get("q", "").strip()
    if request.GET.get("on"):
        return HttpResponseRedirect(_url_on(text, request.GET["on"]))
    is_typing = "typing" in request.GET and is_part(request)
    folders = _folders(request, _query(request, text), in_step=not is_typing) if text else []
    asked = _asked(_query(request, text), folders) if text else ()
    sought = _sought(request, text, asked, folders) if asked and not is_typing else None
    return _answer(
        request, text, folders, sought, is_typing=is_typing, is_unasked=bool(asked) and is_typing
    )


@require_safe
@with_store
def show_found(request: MailRequest, search: str) -> HttpResponse:
    """The same page as far as the server has come; nothing (204) while it has no news."""
    try:
        sought = found.find(request.user.pk, search)
    except found.Away:
        sought = None
    if sought is None or sought.account_id != request.account.pk:
        raise Http404
    if not is_part(request):
        return HttpResponseRedirect(f"{reverse('search')}?{urlencode({'q': sought.text})}")
    folders = _folders(request, _query(request, sought.text), in_step=False)
    if not sought.is_taken and sought.waited_s > _PATIENCE_S:
        sought = _without_worker(request, sought, folders)
    if request.GET.get("done") == str(sought.done):
        return HttpResponse(status=204)
    return _answer(request, sought.text, folders, sought)


def _answer(
    request: MailRequest,
    text: str,
    folders: list[Folder],
    sought: Search | None,
    *,
    is_typing: bool = False,
    is_unasked: bool = False,
) -> HttpResponse:
    results = Results(request, text, folders, sought, before=_before(request))
    page = results.page(_SHOWN) if is_typing else results.dressed(_SHOWN)
    view = search_view(request, text, page, sought, is_unasked=is_unasked)
    context = {"search": view, "query_text": text, "account": request.account}
    current = "/flagged/" if text == "is:flagged" else ""
    return page_or_part(request, "search/page.html", "search/_list.html", context, current=current)


def _query(request: MailRequest, text: str) -> Query:
    return parse_query(text, today=clock_of(request).today)


def _before(request: MailRequest) -> search.Place | None:
    """``?after=<seconds>.<key>``: where the page begins; nonsense shows the newest."""
    place = re.fullmatch(r"([0-9]{1,12})\.([0-9]{1,18})", request.GET.get("after", ""))
    return (int(place[1]), int(place[2])) if place else None


def _url_on(text: str, day: str) -> str:
    """From a day (``2026-03-15``) or a month backwards."""
    words = [word for word in text.split() if not word.startswith("before:")]
    given = re.fullmatch(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?", day)
    try:
        if given and given[3]:
            words.append(f"before:{date.fromisoformat(day) + timedelta(days=1)}")
        elif given:
            last = date(int(given[1]), int(given[2]), 28) + timedelta(days=4)
            words.append(f"before:{last.replace(day=1)}")
    except (ValueError, OverflowError):
        pass
    return f"{reverse('search')}?{urlencode({'q': ' '.join(words)})}"


# -- where to look -------------------------------------------------------------------------------


def _folders(request: MailRequest, query: Query, *, in_step: bool) -> list[Folder]:
    """Where to look, and what the index holds of it; a folder with no messages is not asked."""
    mailboxes = mailboxes_of(request)
    wanted = mailbox_of(query).casefold()
    uses = special_mailboxes(mailboxes)
    rows = {row.name: row for row in IndexedMailbox.objects.filter(account_id=request.account.pk)}
    folders = []
    for mailbox in mailboxes:
        is_place = mailbox.is_selectable and mailbox.special_use not in _VIRTUAL
        is_empty = mailbox.status is not None and not mailbox.status.messages
        if is_place and not is_empty and (not wanted or wanted in _names(mailbox, uses)):
            folders.append(Folder(mailbox, label_of(mailbox, uses), rows.get(mailbox.name)))
    return _in_step(request, folders) if in_step else folders


def _in_step(request: MailRequest, folders: list[Folder]) -> list[Folder]:
    """A few that are behind their server catch up; of more the server itself is asked."""
    behind = [each for each in folders if each.row and each.row.is_whole and not each.is_whole]
    for folder in behind[:_MOST_STEPS]:
        with suppress(StoreError):  # what is known is shown, and the server asked for the rest
            row = bring_in_step(request, folder.mailbox.name)
            folders[folders.index(folder)] = replace(folder, row=row, is_fresh=True)
    return folders


def _names(mailbox: MailboxSummary, uses: dict[SpecialUse, MailboxSummary]) -> set[str]:
    """What ``in:`` may call it: in full, by its last level, by the name people read, its use."""
    use = use_of(mailbox.name, uses)
    names = {mailbox.name, mailbox.leaf, label_of(mailbox, uses), use.value if use else ""}
    return {name.casefold() for name in names}


# -- what the mail server is asked ---------------------------------------------------------------


def _asked(query: Query, folders: list[Folder]) -> tuple[Asked, ...]:
    """The smallest first, so that something is found soon; the inbox before all."""
    wants_text = asks_server(query)
    places = sorted(folders, key=lambda each: (each.mailbox.name.upper() != "INBOX", each.messages))
    return tuple(
        Asked(each.mailbox.name, each.is_whole)
        for each in places
        if wants_text or not each.is_whole
    )


def _sought(
    request: MailRequest, text: str, asked: tuple[Asked, ...], folders: list[Folder]
) -> Search:
    """A search that a worker was told of, or one that is over already where there is none."""
    today = clock_of(request).today
    user_id, account_id = request.user.pk, request.account.pk
    try:
        sought, is_new = found.begin(user_id, account_id, text, today, asked)
        if not is_new or wake_search(user_id, sought.id):
            return sought
    except found.Away:
        pass
    return _look_now(request, Search("", account_id, text, today, asked), folders)


def _without_worker(request: MailRequest, sought: Search, folders: list[Folder]) -> Search:
    """Nobody took it: what can be searched while somebody waits is searched here."""
    user_id = request.user.pk
    with suppress(*found.Away):
        if found.take(user_id, sought.id):
            sought = _look_now(request, sought, folders)
            for name, (uidvalidity, uids) in sought.hits.items():
                found.note(user_id, sought.id, name, uidvalidity, uids)
            for name in sought.failed:
                found.note_failure(user_id, sought.id, name)
    return sought


def _look_now(request: MailRequest, sought: Search, folders: list[Folder]) -> Search:
    sizes = {each.mailbox.name: each.messages for each in folders}
    try:
        return asking.look_now(request.store, sought, most_messages=_MOST_AT_ONCE, sizes=sizes)
    except Unreachable:
        return replace(sought, failed=tuple(each.name for each in sought.asked))
