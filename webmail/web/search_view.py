"""What the search page shows."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from webmail.index.found import Place, Search
from webmail.index.plan import asks_server
from webmail.message.query import mailbox_of, parse_query
from webmail.web.http import MailRequest
from webmail.web.mailboxes import search_words
from webmail.web.paths import mailbox_url
from webmail.web.rows import RowMaker, RowView, clock_of, count_text
from webmail.web.search_places import Folder
from webmail.web.search_results import Page

_OFFERS = (
    ("Unread", "is:unread"),
    ("Flagged", "is:flagged"),
    ("Has attachment", "has:attachment"),
    ("Last 30 days", "after:30d"),
)


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class FolderCount:
    label: str
    count_text: str
    url: str


@dataclass(frozen=True, slots=True)
class SearchView:
    """``found_url`` is where more is to be had while the server searches; else empty."""

    text: str
    title: str
    where: str
    rows: tuple[RowView, ...]
    chips: tuple[Chip, ...]
    more_text: str
    folders: tuple[FolderCount, ...]
    here: str
    state: str = ""
    found_url: str = ""
    is_unasked: bool = False
    older_url: str = ""
    is_archive: bool = False
    is_junk: bool = False
    is_trash: bool = False


def search_view(
    request: MailRequest,
    text: str,
    page: Page,
    folders: list[Folder],
    sought: Search | None,
    *,
    is_unasked: bool,
) -> SearchView:
    query = parse_query(text, today=clock_of(request).today)
    place = mailbox_of(query)
    is_running = sought is not None and bool(sought.waiting)
    state = _state_text(sought, folders, is_text=asks_server(query)) if sought else ""
    return SearchView(
        text=text,
        title=_title(text, page, is_running=is_running or is_unasked),
        where=(f"in {place}" if place else "in all folders") if text else "",
        rows=_rows(request, text, page),
        chips=_chips(text) if text else (),
        more_text=_more_text(page),
        folders=_folder_counts(text, page),
        here=_here(request, text),
        state=state or ("Press Enter to look in the text of messages too." if is_unasked else ""),
        found_url=_found_url(request, sought) if sought and is_running else "",
        is_unasked=is_unasked,
        older_url=_url(text, page.older) if page.older else "",
    )


def _title(text: str, page: Page, *, is_running: bool) -> str:
    if not text:
        return "Search"
    if not page.is_exact:
        return f"More than {page.total:,} results"
    if is_running and not page.total:
        return "Searching…"
    return count_text(page.total, "result", "results")


def _state_text(sought: Search, folders: list[Folder], *, is_text: bool) -> str:
    waiting, failed = sought.waiting, sought.failed
    if waiting:
        number = count_text(len(waiting), "folder", "folders")
        return f"Looking through {'the text of ' if is_text else ''}{number}…"
    if failed:
        labels = {each.place: each.label for each in folders}
        named = [labels.get(place, place[1]) for place in failed[:3]]
        names = ", ".join(named) + (f" and {len(failed) - 3} more" if len(failed) > 3 else "")
        return f"Not searched{' in the text of messages' if is_text else ''}: {names}."
    return ""


def _more_text(page: Page) -> str:
    if page.older is None and len(page.rows) < page.total and page.is_exact:
        return f"The newest {len(page.rows)} of {page.total:,} are shown."
    return ""


def _rows(request: MailRequest, text: str, page: Page) -> tuple[RowView, ...]:
    clock = clock_of(request)
    words = search_words(text, clock)
    makers: dict[Place, RowMaker] = {}
    for folder, _ in page.rows:
        if folder.place not in makers:
            account, use = folder.account, folder.mailbox.special_use
            mine = frozenset({account.address.lower()})
            makers[folder.place] = RowMaker(
                account.key, clock, use, mine, **words, folder=folder.label
            )
    return tuple(makers[folder.place].row(listed) for folder, listed in page.rows)


def _chips(text: str) -> tuple[Chip, ...]:
    """The search's own operators with a way to drop each, then a few that could be added."""
    words = text.split()
    on = [
        Chip(word.replace(":", ": ", 1), _url(" ".join(w for w in words if w != word)), True)
        for word in words
        if ":" in word[1:-1] and '"' not in text
    ]
    ask = [
        Chip(label, _url(f"{text} {word}"), False) for label, word in _OFFERS if word not in words
    ]
    return (*on, *ask)


def _url(text: str, older: tuple[int, int] | None = None) -> str:
    after = [("after", f"{older[0]}.{older[1]}")] if older else []
    return f"{reverse('search')}?{urlencode([('q', text), *after])}"


def _here(request: MailRequest, text: str) -> str:
    """This page without what only a script says."""
    after = request.GET.get("after", "")
    return f"{_url(text)}&{urlencode({'after': after})}" if after else _url(text)


def _found_url(request: MailRequest, sought: Search) -> str:
    after = [("after", request.GET["after"])] if "after" in request.GET else []
    query = urlencode([("done", str(sought.done)), *after])
    return f"{reverse('search-found', args=[sought.id])}?{query}"


def _folder_counts(text: str, page: Page) -> tuple[FolderCount, ...]:
    """Each folder's own search, which goes back to its oldest message."""
    return tuple(
        FolderCount(
            folder.label,
            f"{total:,}",
            f"{mailbox_url(folder.account.key, folder.mailbox.name)}?{urlencode({'q': text})}",
        )
        for folder, total in sorted(page.totals, key=lambda each: -each[1])
        if total
    )
