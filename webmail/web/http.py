"""What the views of mail share: who asks, a store lent for the view, errors into answers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from urllib.parse import urlencode

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from webmail.accounts.belongings import find_account
from webmail.accounts.connect import NeedsKey, NeedsPassword, NotConfigured, password_for
from webmail.accounts.models import Account
from webmail.index import mailboxes as index
from webmail.index.telling import lend_store
from webmail.store.mailbox import MailboxStatus, MailboxSummary, SpecialUse
from webmail.store.protocol import (
    MailboxNotFound,
    MailStore,
    MessageGone,
    Refused,
    SignInRefused,
    StoreError,
    Unreachable,
)
from webmail.web.events import keep_watching
from webmail.web.shell import build_shell, special_mailboxes

View = Callable[..., HttpResponseBase]


class MailRequest(HttpRequest):
    """A request inside ``with_store``: its account, and a session with the account's server."""

    account: Account
    store: MailStore
    is_second_try: bool


# -- who asks ----------------------------------------------------------------------------------


def signed_in(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return checked


def with_store(view: View) -> View:
    """Finds the account in the URL, or the default one, and lends its store to the view.

    The session is lent when the view first asks it for something; the key cookie is opened
    at once, so that nothing remembered is shown to somebody who has lost the right to it.
    Somebody else's account is as unknown as none (T69).
    """

    @signed_in
    @wraps(view)
    def lent(request: MailRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        request.account = get_account(request, kwargs.pop("account", ""))
        request.is_second_try = False
        try:
            return _with_store(view, request, *args, **kwargs)
        except (StoreError, NeedsKey, NeedsPassword, NotConfigured) as problem:
            if not _may_try_again(request, problem):
                with _lent(request):
                    return answer_to(request, problem)
        for remembered in ("_in_step", "_known", "_mailboxes", "_listed_now"):
            request.__dict__.pop(remembered, None)
        request.is_second_try = True
        try:
            return _with_store(view, request, *args, **kwargs)
        except (StoreError, NeedsKey, NeedsPassword, NotConfigured) as problem:
            with _lent(request):
                return answer_to(request, problem)

    return lent


def _with_store(
    view: View, request: MailRequest, *args: object, **kwargs: object
) -> HttpResponseBase:
    password_for(request, request.account)
    with _lent(request):
        keep_watching(request, request.account)
        return view(request, *args, **kwargs)


@contextmanager
def _lent(request: MailRequest) -> Iterator[None]:
    """``request.store`` for one block; a page that says what went wrong has a block of its own,
    or the session it asks for its rail would never be given back."""
    with ExitStack() as stack:
        request.store = SimpleLazyObject(
            lambda: stack.enter_context(lend_store(request, request.account))
        )
        yield


def _may_try_again(request: HttpRequest, problem: Exception) -> bool:
    """A page to read whose session broke is read once more on a new one (F42).

    All that it may change is \\Seen, and that by the state it finds.
    """
    is_cut = isinstance(problem, Unreachable) and problem.reason == "cut"
    return is_cut and request.method in {"GET", "HEAD"}


def get_account(request: HttpRequest, key: object = "") -> Account:
    """The account of this key, or the person's first; 404 when it is not theirs."""
    account = find_account(request.user, str(key))
    if account is None:
        raise Http404("no such account")
    return account


# -- pages -------------------------------------------------------------------------------------


def page_or_part(
    request: MailRequest,
    page: str,
    part: str,
    context: dict[str, object],
    *,
    current: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or for a script only the part of it that changes."""
    context = context | shell_context(request, current)
    return render(request, part if is_part(request) else page, context, status=status)


def is_part(request: HttpRequest) -> bool:
    """Asked by htmx for a piece of the page, not to restore or follow a whole one."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def wants_json(request: HttpRequest) -> bool:
    """Whether the compose window's script asks, rather than a form."""
    return request.headers.get("Accept", "").startswith("application/json")


def shell_context(request: HttpRequest, current: str = "") -> dict[str, object]:
    """``shell``, with the folders when a store is at hand."""
    account = getattr(request, "account", None) or get_account(request)
    mailboxes = mailboxes_of(request) if hasattr(request, "store") else ()
    return {"shell": build_shell(request, account, mailboxes, current=current)}


def mailboxes_of(request: MailRequest) -> tuple[MailboxSummary, ...]:
    """The account's mailboxes, looked up once for each request.

    From the index while it is in step; as they were last listed while their server is away.
    """
    found: dict[int, tuple[MailboxSummary, ...]] = request.__dict__.setdefault("_mailboxes", {})
    if request.account.pk not in found:
        found[request.account.pk] = _folders(request)
    return found[request.account.pk]


def known_mailboxes(request: MailRequest) -> tuple[MailboxSummary, ...]:
    """The mailboxes as last listed, for what hardly ever changes; asked for if never listed."""
    return known_of(request).summaries() or mailboxes_of(request)


def uses_of(request: MailRequest) -> dict[SpecialUse, MailboxSummary]:
    """The mailbox of each use, as last listed."""
    return special_mailboxes(known_mailboxes(request))


def forget_mailboxes(request: MailRequest) -> None:
    """After a change of what they count."""
    request.__dict__.pop("_mailboxes", None)
    request.__dict__.pop("_known", None)
    request.__dict__.pop("_listed_now", None)


def _folders(request: MailRequest) -> tuple[MailboxSummary, ...]:
    account_id, known = request.account.pk, known_of(request)
    if (found := known.list_in_step(timezone.now())) is not None:
        return found
    told = index.count_told(account_id)
    try:
        found = request.store.mailboxes()
    except Unreachable:
        if found := known.summaries():
            return found
        raise
    index.remember(account_id, found, told=told)
    request.__dict__["_listed_now"] = {mailbox.name: mailbox.status for mailbox in found}
    return found


def told_now(request: MailRequest, name: str) -> MailboxStatus | None:
    """What the server told of the mailbox when this request asked it for its folders; None
    where it was not asked, as the list of folders is in step."""
    mailboxes_of(request)
    return request.__dict__.get("_listed_now", {}).get(name)


def known_of(request: MailRequest) -> index.Known:
    """What is remembered of the account's mailboxes, read once for each request."""
    known: dict[int, index.Known] = request.__dict__.setdefault("_known", {})
    account_id = request.account.pk
    if account_id not in known:
        known[account_id] = index.know(account_id)
    return known[account_id]


def next_url(request: HttpRequest, default: str) -> str:
    """Where a form wants to go afterwards: only ever a page of ours (T67)."""
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return default


def to_sign_in(request: HttpRequest, *, again: bool = False) -> HttpResponse:
    """To the sign-in page and back here; a script is told to go there itself."""
    here = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    if is_part(request):
        here = request.htmx.current_url_abs_path or ""
    query = ([("again", "1")] if again else []) + ([("next", here)] if here else [])
    url = f"{reverse('sign-in')}?{urlencode(query)}" if query else reverse("sign-in")
    if is_part(request):
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


# -- StoreError → answer -----------------------------------------------------------------------

_ANSWERS: dict[type[Exception], tuple[int, str]] = {
    Unreachable: (503, "unreachable"),
    NotConfigured: (503, "not_configured"),
    MailboxNotFound: (404, "mailbox_not_found"),
    MessageGone: (410, "message_gone"),
    Refused: (409, "refused"),
}


def answer_to(request: HttpRequest, problem: Exception) -> HttpResponse:
    """What the person sees of an error.  An error without a line in the table is our bug."""
    if isinstance(problem, NeedsKey):
        return render(request, "errors/continue.html", {"url": request.get_full_path()})
    if isinstance(problem, (NeedsPassword, SignInRefused)):
        return to_sign_in(request, again=True)
    if type(problem) not in _ANSWERS:
        raise problem
    status, template = _ANSWERS[type(problem)]
    context = {
        "problem": problem,
        "host": getattr(problem, "host", "") or "The mail server",
        "words": str(problem).rstrip(". "),
        "error": f"errors/_{template}.html",
        "back": next_url(request, reverse("mail")),
        "can_retry": request.method in {"GET", "HEAD"},
        "url": request.get_full_path(),
    }
    if is_part(request):
        return render(request, "errors/_part.html", context, status=status)
    return render(request, "errors/page.html", context | _error_shell(request), status=status)


def _error_shell(request: HttpRequest) -> dict[str, object]:
    """The rail as far as it can still be drawn."""
    try:
        return shell_context(request)
    except StoreError:
        del request.store
        return shell_context(request)


# -- header policies (security.md 4.2) ---------------------------------------------------------

_SANDBOX = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"


def body_headers(
    part_prefix: str, picture_prefix: str = "", *, can_print: bool = False
) -> dict[str, str]:
    """For the frame that shows a sender's HTML: pictures only out of this message.

    With ``picture_prefix`` also those that this server fetches; never from another host.
    ``can_print`` lets our page around it ask for printing; it still runs no script itself.
    """
    sources = " ".join(filter(None, (part_prefix, picture_prefix, "data:")))
    sandbox = f"{_SANDBOX} allow-modals" if can_print else _SANDBOX
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; "
            f"img-src {sources}; font-src 'none'; connect-src 'none'; "
            f"form-action 'none'; base-uri 'none'; frame-ancestors 'self'; {sandbox}"
        ),
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
        "X-Frame-Options": "SAMEORIGIN",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store, private",
    }


PART_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store, private",
}
