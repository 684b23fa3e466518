"""What was typed into a compose form that came too late is shown back, never lost (F33).

So it is when nothing can be stored because the database is away (F22).

A session that ended takes two steps: without one, the page shows what was typed and sends it
again after signing in; that form's token is then too old, and its fields open as the window
they came from.  Nothing of somebody who is not signed in is kept here.
"""

from dataclasses import replace
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from webmail.submission import drafts
from webmail.web.compose_form import written_from_post
from webmail.web.compose_window import (
    Window,
    fresh_window,
    show_window,
    stored_window,
    with_errors,
)
from webmail.web.http import View, wants_json
from webmail.web.saving import find_signed

_FORMS = frozenset(
    {"draft", "draft-files", "draft-file-remove", "draft-file-photo", "draft-messages"}
)
_CARRIED = ("fresh", "revision", "identity", "sender", "format", "signed", "signature")
SIGNED_IN_SINCE = (
    "You signed in again after this page was opened, so nothing was sent or saved yet. "
    "Here is what you wrote: look it over, then press the button once more."
)
FILES_TOO = " Attach your files again."


def keeps_typed(view: View) -> View:
    """For views that a compose form is posted to."""

    @wraps(view)
    def kept(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated and _is_form(request):
            return _show_typed(request, status=401)
        return view(request, *args, **kwargs)

    return kept


def answer_old_form(request: HttpRequest, reason: str) -> HttpResponse | None:
    """For a compose form whose token is too old; None for any other request.

    A form from another site (T57) is shown to nobody.
    """
    match = request.resolver_match
    is_foreign = reason.startswith(("Origin", "Referer"))
    if is_foreign or match is None or match.url_name not in _FORMS or not _is_form(request):
        return None
    window = _window(request, match.kwargs["draft"]) if request.user.is_authenticated else None
    if window is None:
        return _show_typed(request, status=403)
    sentence = SIGNED_IN_SINCE + (FILES_TOO if request.FILES else "")
    return show_window(request, with_errors(window, {"form": sentence}), status=403)


def answer_not_stored(request: HttpRequest, why: str) -> HttpResponse | None:
    """For a compose form that could not be stored; None for any other request.

    Not even its session could be read, so nothing is shown but what came with the request,
    and only to a page of our own: its token may not have been looked at yet (T57).
    """
    try:
        match = resolve(request.path_info)  # the request itself may not have come so far
    except Resolver404:
        return None
    if match.url_name not in _FORMS or not _is_form(request):
        return None
    origin = request.headers.get("Origin", "")
    own = {*settings.CSRF_TRUSTED_ORIGINS, f"{request.scheme}://{request.get_host()}"}
    if origin and origin not in own:
        return None
    again = {"do": request.POST.get("do", "save"), "csrf_token": get_token(request), "why": why}
    context = _typed_context(request, match, carry=(*_CARRIED, "at", "sure")) | again
    return render(None, "compose/not_stored.html", context, status=503)  # type: ignore[arg-type]


def _is_form(request: HttpRequest) -> bool:
    return request.method == "POST" and "text" in request.POST and not wants_json(request)


def _window(request: HttpRequest, key: str) -> Window | None:
    """The form's draft with the fields as they were posted, over the revision they knew."""
    draft = drafts.find(request.user, key)
    if draft is not None:
        revision = request.POST.get("revision", "")
        return replace(
            stored_window(draft),
            written=written_from_post(request, draft.fields),
            revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
        )
    signed = find_signed(request, key)
    if signed is None:
        return None
    written = written_from_post(request)
    return fresh_window(request, signed.account, signed.fresh, written, signed.carried)


def _show_typed(request: HttpRequest, *, status: int) -> HttpResponse:
    context = _typed_context(request, request.resolver_match, carry=_CARRIED)
    return render(request, "compose/typed.html", context, status=status)


def _typed_context(
    request: HttpRequest, match: ResolverMatch, *, carry: tuple[str, ...]
) -> dict[str, object]:
    """``carry`` names the fields that go along unseen."""
    post = request.POST
    return {
        "action": reverse("draft", args=[match.kwargs["draft"]]),
        "typed": post,
        "carried": [(name, post[name]) for name in carry if name in post]
        + [(name, each) for name in ("carry", "wishes", "protect") for each in post.getlist(name)],
        "had_files": bool(request.FILES),
    }
