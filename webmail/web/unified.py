"""The mailboxes of all accounts as one: all inboxes, all unread, all flagged, drafts, sent."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from webmail.accounts.connect import NeedsKey, NeedsPassword, NotConfigured, password_for
from webmail.accounts.models import Account
from webmail.index import gathered, growing, mailboxes, sync
from webmail.index.gathered import Gathering
from webmail.index.models import IndexedMailbox
from webmail.index.places import NEWEST, Beside, Place
from webmail.index.tasks import wake_growth
from webmail.index.telling import lend_store
from webmail.store.mailbox import MailboxStatus, SpecialUse
from webmail.store.protocol import MailboxNotFound, MailStore, Refused, StoreError
from webmail.web.http import MailRequest, answer_to, get_account, is_part, signed_in
from webmail.web.rows import DayGroup, RowMaker, RowView, clock_of, grouped_by_day
from webmail.web.shell import SPECIAL, build_shell

PAGE_SIZE = 50
URL = "/mail/all/"

# view: (title, icon when empty, what an empty one says)
_VIEWS = {
    "inboxes": ("All inboxes", "sun", "All done", "New mail of every account appears here."),
    "unread": ("Unread", "sun", "All read", "What you have not read yet appears here."),
    "flagged": ("Flagged", "star", "Nothing flagged", "Messages that you flag appear here."),
    "drafts": ("All drafts", "file-pen", "No drafts", "What you write and do not send waits here."),
    "sent": ("All sent", "send-horizontal", "Nothing sent yet", "What you send is here."),
}
_OF_MANY = {"unread", "flagged"}  # of many folders, so that a row names its own
_CURRENT = {"flagged": "/flagged/", "inboxes": URL}


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class UnifiedView:
    """``note`` says what may be missing, and why."""

    title: str
    tabs: tuple[Tab, ...]
    groups: tuple[DayGroup, ...]
    older_url: str
    newer_url: str
    here: str
    note: str
    empty_icon: str
    empty_title: str
    empty_text: str
    is_archive: bool = False
    is_junk: bool = False
    is_trash: bool = False


@require_safe
@signed_in
def show(request: MailRequest) -> HttpResponse:
    view = request.GET.get("view", "")
    view = view if view in _VIEWS else "inboxes"
    request.account = get_account(request)
    accounts = tuple(request.user.accounts.filter(in_unified=True))
    try:
        notes = [_bring_in_step(request, account, view) for account in accounts]
        found = _gather(request, view, accounts)
    except (NeedsKey, NeedsPassword, NotConfigured) as problem:
        return answer_to(request, problem)
    context = {
        "view": _view(request, view, accounts, found, " ".join(filter(None, notes))),
        "account": request.account,
        "shell": build_shell(
            request,
            request.account,
            mailboxes.know(request.account.pk).summaries(),
            current=_CURRENT.get(view, ""),
        ),
    }
    template = "unified/_list.html" if is_part(request) else "unified/page.html"
    return render(request, template, context)


# -- in step -------------------------------------------------------------------------------------


def _bring_in_step(request: MailRequest, account: Account, view: str) -> str:
    """Asks the account's server for what is new in the mailboxes of the view.

    A sentence for the reader where that failed: what is known is shown all the same.
    """
    password_for(request, account)
    known, now = mailboxes.find_account(account.pk), timezone.now()
    there = gathered.mailboxes_for(view, [account.pk])
    if there and all(mailboxes.is_in_step(known, mailbox, now) for mailbox in there):
        return ""
    try:
        with lend_store(request, account) as store:
            _ask(store, account, view)
    except StoreError:
        return f"The mail server of {account.address} does not answer. This is what was last seen."
    return ""


def _ask(store: MailStore, account: Account, view: str) -> None:
    """One question for all mailboxes, then one for each that is not as it was."""
    told = mailboxes.count_told(account.pk)
    listed = store.mailboxes()
    mailboxes.remember(account.pk, listed, told=told)
    now = {each.name: each.status for each in listed}
    for mailbox in gathered.mailboxes_for(view, [account.pk]):
        if _is_as_it_was(mailbox, now.get(mailbox.name)):
            continue
        try:
            mailbox = sync.reconcile(store, account.pk, mailbox.name)
            if not mailbox.is_whole and not mailbox.held:
                growing.extend(store, mailbox, PAGE_SIZE)
        except (MailboxNotFound, Refused):
            continue  # gone since it was listed, or not to be read


def _is_as_it_was(mailbox: IndexedMailbox, now: MailboxStatus | None) -> bool:
    """Only HIGHESTMODSEQ tells of flags; without it the mailbox itself must be asked."""
    if now is None or not now.highestmodseq:
        return False
    counts = (now.uidvalidity, now.uidnext, now.messages, now.highestmodseq)
    held = (mailbox.uidvalidity, mailbox.uidnext, mailbox.messages, mailbox.highestmodseq)
    return counts == held


def _gather(request: MailRequest, view: str, accounts: tuple[Account, ...]) -> Gathering:
    """The page, with previews where they were not known yet."""
    there = gathered.mailboxes_for(view, [account.pk for account in accounts])
    gather = partial(gathered.gather, view, there, beside=_beside(request), size=PAGE_SIZE)
    found = gather()
    for mailbox in there:
        if not mailbox.is_whole:
            wake_growth(mailbox)
    bare = [each for each in found.rows if not each.listed.is_dressed]
    if not bare:
        return found
    for account in accounts:
        mine = [each for each in bare if each.mailbox.account_id == account.pk]
        with suppress(StoreError), lend_store(request, account) as store:
            for mailbox in {each.mailbox.pk: each.mailbox for each in mine}.values():
                uids = [each.listed.ref.uid for each in mine if each.mailbox.pk == mailbox.pk]
                growing.dress(store, mailbox, uids)
    return gather()


def _beside(request: HttpRequest) -> Beside:
    """``?after=<seconds>.<key>``, or ``?newer=``; nonsense shows the newest page."""
    older, newer = (_place(request.GET.get(name, "")) for name in ("after", "newer"))
    return Beside(older) if older else Beside(newer, is_above=True) if newer else NEWEST


def _place(text: str) -> Place | None:
    seconds, _, key = text.partition(".")
    for number in (seconds, key):
        if not number.isascii() or not number.isdecimal() or len(number) > 18:
            return None
    return int(seconds), int(key)


# -- drawing -------------------------------------------------------------------------------------


def _view(
    request: MailRequest, view: str, accounts: tuple[Account, ...], found: Gathering, note: str
) -> UnifiedView:
    title, *empty = _VIEWS[view]
    older = newer = ""
    if found.rows and found.has_older:
        older = _url(view, after="{}.{}".format(*found.rows[-1].place))
    if found.has_newer:
        newer = _url(view, newer="{}.{}".format(*found.rows[0].place)) if found.rows else _url(view)
    if not found.is_whole and not note:
        note = "Older messages are still being read in."
    return UnifiedView(
        title=title,
        tabs=tuple(Tab(words[0], _url(name), name == view) for name, words in _VIEWS.items()),
        groups=grouped_by_day(_rows(request, accounts, view, found)),
        older_url=older,
        newer_url=newer,
        here=request.get_full_path(),
        note=note,
        empty_icon=empty[0],
        empty_title=empty[1],
        empty_text=empty[2],
    )


def _url(view: str, **query: str) -> str:
    words = {"view": view, **query} if view != "inboxes" else query
    return f"{URL}?{urlencode(words)}" if words else URL


def _rows(
    request: MailRequest, accounts: tuple[Account, ...], view: str, found: Gathering
) -> Iterator[RowView]:
    """Each leads to its own account and mailbox, and says which that is where it differs."""
    clock = clock_of(request)
    by_id = {account.pk: account for account in accounts}
    makers: dict[int, RowMaker] = {}
    for each in found.rows:
        mailbox = each.mailbox
        if mailbox.pk not in makers:
            account = by_id[mailbox.account_id]
            use = SpecialUse(mailbox.special_use) if mailbox.special_use else None
            label = account.address if len(accounts) > 1 else ""
            if view in _OF_MANY:
                label = SPECIAL[use][0] if use in SPECIAL else _leaf(mailbox)
            mine = frozenset({account.address.lower()})
            makers[mailbox.pk] = RowMaker(account.key, clock, use, mine, folder=label)
        yield makers[mailbox.pk].row(each.listed)


def _leaf(mailbox: IndexedMailbox) -> str:
    return mailbox.name.rpartition(mailbox.delimiter)[2] if mailbox.delimiter else mailbox.name
