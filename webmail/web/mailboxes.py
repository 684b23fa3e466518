"""The list of a mailbox."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from webmail.index.listing import Listing, Place
from webmail.index.rows import ListedMessage
from webmail.message.query import EVERYTHING, Query, parse_query
from webmail.store.mailbox import MailboxSummary, SpecialUse
from webmail.store.protocol import MailboxNotFound
from webmail.web.http import (
    MailRequest,
    get_account,
    is_part,
    mailboxes_of,
    page_or_part,
    signed_in,
    uses_of,
    with_store,
)
from webmail.web.left_drafts import bring_copies
from webmail.web.list_search import is_for_worker, search_list
from webmail.web.lists import draw, is_grouped
from webmail.web.paths import mailbox_url
from webmail.web.row_maker import RowMaker
from webmail.web.rows import (
    Clock,
    DayGroup,
    clock_of,
    count_text,
    grouped_by_day,
    reader_time,
)
from webmail.web.shell import SPECIAL, label_of, special_mailboxes, use_of

PAGE_SIZE = 50

_EMPTY = {
    SpecialUse.INBOX: ("sun", "All done", "Your inbox is empty. New mail appears here by itself."),
    SpecialUse.DRAFTS: ("file-pen", "No drafts", "What you write and do not send waits here."),
    SpecialUse.SENT: ("send-horizontal", "Nothing sent yet", "A copy of what you send is here."),
    SpecialUse.JUNK: ("shield-alert", "No spam", "Messages marked as spam are kept here."),
    SpecialUse.TRASH: ("trash-2", "Trash is empty", "Deleted messages are kept here."),
}
_EMPTY_OWN = ("folder-open", "Nothing here", "Messages that you move to this folder appear here.")


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(mailbox_url(get_account(request).key, "INBOX"))


@require_safe
@with_store
def show(request: MailRequest, mailbox: str) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    clock = clock_of(request)
    if use_of(mailbox, uses_of(request)) is SpecialUse.DRAFTS:
        bring_copies(request)
    query = parse_query(text, today=clock.today) if text else None
    grouped = False
    if query is None:
        grouped = is_grouped(request, mailbox)
        page = draw(request, mailbox, size=PAGE_SIZE, grouped=grouped, **_places(request))
    else:
        if is_for_worker(request, mailbox, query):
            return HttpResponseRedirect(_search_url(mailbox, text))
        page = search_list(
            request, mailbox, query, size=PAGE_SIZE, zone=clock.zone, **_places(request)
        )
    view = list_view(request, mailbox, page, clock=clock, text=text, grouped=grouped)
    context = {"view": view, "query_text": text, "account": request.account}
    return page_or_part(
        request, "mailbox/page.html", "mailbox/_list.html", context, current=mailbox
    )


def _places(request: HttpRequest) -> dict[str, Place]:
    """Where the page begins; nonsense shows the newest page."""
    after, newer = (place_of(request.GET.get(name, "")) for name in ("after", "newer"))
    if after:
        return {"older_than": after}
    return {"newer_than": newer} if newer else {}


def place_of(text: str) -> Place | None:
    """A place as it stands in the address of a page; None for nonsense."""
    seconds, _, uid = text.partition(".")
    is_place = seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12 and _uid(uid)
    return (int(seconds), _uid(uid)) if is_place else None


def _search_url(mailbox: str, text: str) -> str:
    """The same search where it need not be waited for."""
    place = f'"{mailbox}"' if " " in mailbox else mailbox
    return f"{reverse('search')}?{urlencode({'q': f'{text} in:{place}'})}"


def _uid(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else 0


@dataclass(frozen=True, slots=True)
class ListView:
    """What the list's template shows.  ``use`` is empty for a person's own folder."""

    mailbox: str
    title: str
    use: str
    url: str
    here: str
    subtitle: str
    groups: tuple[DayGroup, ...]
    range_text: str
    older_url: str
    newer_url: str
    text: str
    as_of: str
    empty_icon: str
    empty_title: str
    empty_text: str
    filters: tuple["Filter", ...]
    is_grouped: bool = False
    group_url: str = ""

    def __getitem__(self, name: str) -> object:
        """As in RowView, for templates."""
        return getattr(self, name)

    @property
    def is_trash(self) -> bool:
        return self.use == SpecialUse.TRASH

    @property
    def is_junk(self) -> bool:
        return self.use == SpecialUse.JUNK

    @property
    def is_archive(self) -> bool:
        return self.use == SpecialUse.ARCHIVE

    @property
    def is_drafts(self) -> bool:
        return self.use == SpecialUse.DRAFTS


@dataclass(frozen=True, slots=True)
class Filter:
    label: str
    url: str
    is_on: bool


_FILTERS = (
    ("Unread", "is:unread"),
    ("Flagged", "is:flagged"),
    ("With attachment", "has:attachment"),
)


def list_view(
    request: MailRequest,
    mailbox: str,
    page: Listing,
    *,
    clock: Clock,
    text: str = "",
    open_place: tuple[int, int] = (0, 0),
    grouped: bool = False,
) -> ListView:
    """The list beside a message too; ``open_place`` is then the message's."""
    uses, summary = _known(request, mailbox)
    use = use_of(mailbox, uses)
    maker = RowMaker(
        request.account.key,
        clock,
        use,
        frozenset({request.account.address.lower()}),
        open_place,
        **search_words(text, clock),
    )
    url = mailbox_url(request.account.key, mailbox)
    group = request.GET.get("group", "")[:1]
    empty = _EMPTY.get(use, _EMPTY_OWN) if not text else _nothing_found(text)
    return ListView(
        mailbox=mailbox,
        title=label_of(summary, uses) if summary else SPECIAL[use][0] if use else mailbox,
        use=use or "",
        url=url,
        here=request.get_full_path(),
        subtitle=_subtitle(summary, page, use, text),
        groups=grouped_by_day(maker.row(row) for row in page.rows),
        range_text=_range_text(page),
        older_url=_page_url(url, text, "after", page.rows[-1], group) if page.has_older else "",
        newer_url=_page_url(url, text, "newer", page.rows[0], group) if page.has_newer else "",
        text=text,
        as_of=reader_time(page.as_of.astimezone(clock.zone), clock) if page.as_of else "",
        empty_icon=empty[0],
        empty_title=empty[1],
        empty_text=empty[2],
        filters=tuple(
            Filter(label, _page_url(url, "" if text == word else word), text == word)
            for label, word in _FILTERS
        ),
        is_grouped=grouped,
        group_url=f"{url}?group={'0' if grouped else '1'}",
    )


def _known(
    request: MailRequest, mailbox: str
) -> tuple[dict[SpecialUse, MailboxSummary], MailboxSummary | None]:
    """Uses, and the mailbox's own line; a part is drawn without asking for the others."""
    mailboxes = mailboxes_of(request)
    summary = next((m for m in mailboxes if m.name == mailbox), None)
    if summary is None and not is_part(request):
        raise MailboxNotFound(f"There is no folder {mailbox}.")
    return special_mailboxes(mailboxes), summary


def _nothing_found(text: str) -> tuple[str, str, str]:
    return ("search", "Nothing found", f"No message here matches “{text}”.")


def _subtitle(
    summary: MailboxSummary | None, page: Listing, use: SpecialUse | None, text: str
) -> str:
    if text:
        found = count_text(page.total, "message found", "messages found")
        return found if page.is_exact else f"More than {found}"
    status = summary.status if summary else None
    if status is None or use is SpecialUse.DRAFTS:
        return count_text(page.total, "message", "messages") if page.total else ""
    return f"{status.unseen:,} unread" if status.unseen else ""


def _range_text(page: Listing) -> str:
    if not page.first_position:
        return ""
    last = page.first_position + len(page.rows) - 1
    places = f"{page.first_position:,}–{last:,}"
    return f"{places} of {page.total:,}" if page.total and page.is_exact else places


def _page_url(
    url: str, text: str, name: str = "", row: ListedMessage | None = None, group: str = ""
) -> str:
    """The page that begins beside ``row``."""
    place = "" if row is None else "{}.{}".format(*row.place)
    pairs = (("q", text), ("group", group), (name, place))
    query = urlencode([(key, value) for key, value in pairs if value])
    return f"{url}?{query}" if query else url


def search_words(text: str, clock: Clock) -> dict[str, tuple[str, ...]]:
    """The words of a search that a row can show as found, in what it says and in who."""
    query = parse_query(text, today=clock.today) if text else EVERYTHING
    return {
        "words": tuple(_words(query, {"text", "subject", "body"})),
        "names": tuple(_words(query, {"text", "from", "to", "cc"})),
    }


def _words(query: Query, fields: set[str]) -> list[str]:
    if hasattr(query, "operands"):
        return [word for operand in query.operands for word in _words(operand, fields)]
    if getattr(query, "field", "") in fields:
        return [str(query.value)]
    return []
