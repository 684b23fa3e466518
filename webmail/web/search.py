"""Search in all folders of an account, or in the one that ``in:`` names."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from webmail.index.rows import listed_from_summary
from webmail.message.query import Query, mailbox_of, parse_query
from webmail.store.mailbox import MailboxSummary, MessageSummary, SpecialUse
from webmail.web.http import MailRequest, mailboxes_of, page_or_part, with_store
from webmail.web.mailboxes import search_words
from webmail.web.paths import mailbox_url
from webmail.web.rows import RowMaker, RowView, clock_of, count_text
from webmail.web.shell import label_of, special_mailboxes, use_of

_SHOWN = 50
# These hold what other folders hold too, so a message would be found twice.
_VIRTUAL = {SpecialUse.ALL, SpecialUse.FLAGGED}
_OFFERS = (
    ("Unread", "is:unread"),
    ("Flagged", "is:flagged"),
    ("Has attachment", "has:attachment"),
    ("Last 30 days", "after:30d"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one folder holds of it: all are counted, the newest are shown."""

    mailbox: MailboxSummary
    label: str
    total: int
    rows: tuple[MessageSummary, ...]


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
    text: str
    title: str
    where: str
    rows: tuple[RowView, ...]
    chips: tuple[Chip, ...]
    more_text: str
    folders: tuple[FolderCount, ...]
    here: str
    is_archive: bool = False
    is_junk: bool = False
    is_trash: bool = False


@require_safe
@with_store
def show(request: MailRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = _find(request, text) if text else []
    context = {
        "search": _view(request, text, found),
        "query_text": text,
        "account": request.account,
    }
    current = "/flagged/" if text == "is:flagged" else ""
    return page_or_part(request, "search/page.html", "search/_list.html", context, current=current)


def _find(request: MailRequest, text: str) -> list[Found]:
    query = parse_query(text, today=clock_of(request).today)
    uses = special_mailboxes(mailboxes_of(request))
    found = []
    for mailbox in _places(mailboxes_of(request), query):
        refs = request.store.search(mailbox.name, query)
        if refs:
            rows = request.store.summaries(refs[:_SHOWN])
            found.append(Found(mailbox, label_of(mailbox, uses), len(refs), rows))
    return found


def _places(mailboxes: tuple[MailboxSummary, ...], query: Query) -> list[MailboxSummary]:
    """Where to look; a folder with no messages is not asked."""
    wanted = (mailbox_of(query) or "").casefold()
    uses = special_mailboxes(mailboxes)
    return [
        mailbox
        for mailbox in mailboxes
        if mailbox.is_selectable
        and mailbox.special_use not in _VIRTUAL
        and (mailbox.status is None or mailbox.status.messages)
        and (not wanted or wanted in _names(mailbox, uses))
    ]


def _names(mailbox: MailboxSummary, uses: dict[SpecialUse, MailboxSummary]) -> set[str]:
    """What ``in:`` may call it: in full, by its last level, by the name people read, its use."""
    use = use_of(mailbox.name, uses)
    names = {mailbox.name, mailbox.leaf, label_of(mailbox, uses), use.value if use else ""}
    return {name.casefold() for name in names}


def _view(request: MailRequest, text: str, found: list[Found]) -> SearchView:
    total = sum(each.total for each in found)
    rows = _rows(request, text, found)
    place = mailbox_of(parse_query(text, today=clock_of(request).today))
    return SearchView(
        text=text,
        title=count_text(total, "result", "results") if text else "Search",
        where=(f"in {place}" if place else "in all folders") if text else "",
        rows=rows,
        chips=_chips(request, text) if text else (),
        more_text=f"The newest {len(rows)} of {total:,} are shown." if total > len(rows) else "",
        folders=_folders(request, text, found),
        here=request.get_full_path(),
    )


def _rows(request: MailRequest, text: str, found: list[Found]) -> tuple[RowView, ...]:
    """The newest of all folders together."""
    clock = clock_of(request)
    words = search_words(text, clock)
    mine = frozenset({request.account.address.lower()})
    makers = {
        each.mailbox.name: RowMaker(
            request.account.key,
            clock,
            each.mailbox.special_use,
            mine,
            words=words,
            folder=each.label,
        )
        for each in found
    }
    summaries = [row for each in found for row in each.rows]
    summaries.sort(key=lambda row: row.internal_date, reverse=True)
    return tuple(
        makers[row.ref.mailbox].row(listed_from_summary(row)) for row in summaries[:_SHOWN]
    )


def _chips(request: MailRequest, text: str) -> tuple[Chip, ...]:
    """The search's own operators with a way to drop each, then a few that could be added."""
    words = text.split()
    on = [
        Chip(word.replace(":", ": ", 1), _url(request, [w for w in words if w != word]), True)
        for word in words
        if ":" in word[1:-1] and '"' not in text
    ]
    ask = [Chip(label, _url(request, [*words, word]), False) for label, word in _OFFERS]
    return (*on, *(chip for chip, (_, word) in zip(ask, _OFFERS, strict=True) if word not in words))


def _url(request: MailRequest, words: list[str]) -> str:
    return f"{request.path}?{urlencode({'q': ' '.join(words)})}"


def _folders(request: MailRequest, text: str, found: list[Found]) -> tuple[FolderCount, ...]:
    """Each folder's own search, which goes back to its oldest message."""
    return tuple(
        FolderCount(
            each.label,
            f"{each.total:,}",
            f"{mailbox_url(request.account.key, each.mailbox.name)}?{urlencode({'q': text})}",
        )
        for each in sorted(found, key=lambda each: -each.total)
    )
