"""Search in all folders of all accounts, or in those that ``in:`` names.

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

from webmail.index import asking, found
from webmail.index.found import Asked, Search
from webmail.index.places import NEWEST, Beside
from webmail.index.plan import asks_server
from webmail.index.tasks import wake_search
from webmail.index.telling import lend_store
from webmail.message.query import Query, parse_query
from webmail.store.protocol import StoreError
from webmail.web.http import MailRequest, is_part, page_or_part, with_store
from webmail.web.rows import clock_of
from webmail.web.search_places import Folder, folders_for
from webmail.web.search_results import Results
from webmail.web.search_view import search_view

_SHOWN = 50
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
    folders = folders_for(request, _query(request, text), in_step=not is_typing) if text else []
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
    if sought is None:
        raise Http404
    if not is_part(request):
        return HttpResponseRedirect(f"{reverse('search')}?{urlencode({'q': sought.text})}")
    folders = folders_for(request, _query(request, sought.text), in_step=False)
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
    results = Results(request, text, folders, sought, beside=_beside(request))
    page = results.page(_SHOWN) if is_typing else results.dressed(_SHOWN)
    view = search_view(request, text, page, folders, sought, is_unasked=is_unasked)
    context = {"search": view, "query_text": text, "account": request.account}
    current = "/flagged/" if text == "is:flagged" else ""
    return page_or_part(request, "search/page.html", "search/_list.html", context, current=current)


def _query(request: MailRequest, text: str) -> Query:
    return parse_query(text, today=clock_of(request).today)


def _beside(request: MailRequest) -> Beside:
    """``?after=<seconds>.<key>``: where the page begins; nonsense shows the newest."""
    place = re.fullmatch(r"([0-9]{1,12})\.([0-9]{1,18})", request.GET.get("after", ""))
    return Beside((int(place[1]), int(place[2]))) if place else NEWEST


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


# -- what the mail server is asked ---------------------------------------------------------------


def _asked(query: Query, folders: list[Folder]) -> tuple[Asked, ...]:
    """The smallest first, so that something is found soon; the inbox before all."""
    wants_text = asks_server(query)
    places = sorted(folders, key=lambda each: (each.mailbox.name.upper() != "INBOX", each.messages))
    return tuple(
        Asked(*each.place, each.is_whole) for each in places if wants_text or not each.is_whole
    )


def _sought(
    request: MailRequest, text: str, asked: tuple[Asked, ...], folders: list[Folder]
) -> Search:
    """A search that a worker was told of, or one that is over already where there is none."""
    today, user_id = clock_of(request).today, request.user.pk
    try:
        sought, is_new = found.begin(user_id, text, today, asked)
        if not is_new or wake_search(user_id, sought.id):
            return sought
    except found.Away:
        pass
    return _look_now(request, Search("", text, today, asked), folders)


def _without_worker(request: MailRequest, sought: Search, folders: list[Folder]) -> Search:
    """Nobody took it: what can be searched while somebody waits is searched here."""
    user_id = request.user.pk
    with suppress(*found.Away):
        if found.take(user_id, sought.id):
            sought = _look_now(request, sought, folders)
            for place, (uidvalidity, uids) in sought.hits.items():
                found.note(user_id, sought.id, place, uidvalidity, uids)
            for place in sought.failed:
                found.note_failure(user_id, sought.id, place)
    return sought


def _look_now(request: MailRequest, sought: Search, folders: list[Folder]) -> Search:
    sizes = {each.place: each.messages for each in folders}
    for account in {each.account.pk: each.account for each in folders}.values():
        with suppress(StoreError), lend_store(request, account) as store:
            sought = asking.look_now(
                store, sought, account.pk, most_messages=_MOST_AT_ONCE, sizes=sizes
            )
    return replace(sought, failed=(*sought.failed, *(each.place for each in sought.waiting)))
