"""The password is asked for again before what a stolen session must not do (security.md T61).

The refused form goes along sealed, for this session alone, and is done when the password is
right.  A download cannot be done in passing: its page is shown again, to press the button.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from webmail.accounts import connect, proof, vault
from webmail.accounts.throttle import TooManyAttempts
from webmail.accounts.vault import Secret
from webmail.store.protocol import SignInRefused, StoreError
from webmail.web.http import View, get_account, signed_in, to_sign_in, wants_json
from webmail.web.notices import notice
from webmail.web.sign_in import error_text, wait_text

ASKED = "Not done: your password was asked for more than five minutes ago. Sign in again first."
PROVEN = "Your password was right. For the next five minutes you can save what you wanted to."
ENDED = "Your session has ended since. Go back, and do it once more."
WAITED = "This has waited too long, and nothing was changed. Go back, and do it once more."
TOO_LARGE = (
    "What you typed is too large to wait while your password is asked for, so nothing was saved. "
    "Enter your password, then go back in your browser to what you typed, and save it again."
)

_BACK = ("encryption", "identities")
_BESIDE_CHARS = 10_000  # of the form around it: the token and the password
_WAITS_S = 900  # as long as it takes to find a password, not until somebody finds the page
_Needs = Callable[..., bool]


def proven_first(needs: _Needs, *, given_up: str = "") -> Callable[[View], View]:
    """For a view with forms; ``needs`` says of a request, as the view gets it, whether to ask.

    ``given_up`` is the section of the settings to go back to, where it is not the view's own page.
    """

    def around(view: View) -> View:
        @sensitive_post_parameters("proof", "password")
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and "held" in request.POST:
                held = request.POST["held"]
                refused = _open_held(request)
                if refused is not None:
                    return _ask(request, held=held, given_up=given_up, error=refused, status=422)
            must_ask = request.user.is_authenticated and needs(request, *args, **kwargs)
            if not must_ask or proof.is_fresh(request):
                return view(request, *args, **kwargs)
            if wants_json(request):
                return JsonResponse({"errors": {"form": ASKED}}, status=403)
            try:
                held = _held(request)
            except vault.Sealed:
                return to_sign_in(request, again=True)
            if len(held) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE - _BESIDE_CHARS:
                back = given_up or str(kwargs.get("section", ""))
                return _ask(request, back=back, error=TOO_LARGE, status=413)
            return _ask(request, held=held, given_up=given_up)

        return guarded

    return around


def proven_for_download(back: str, needs: _Needs = lambda *_, **__: True) -> Callable[[View], View]:
    """For a file; ``back`` is the section of the settings that it is saved from."""

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            must_ask = request.user.is_authenticated and needs(request, *args, **kwargs)
            if must_ask and not proof.is_fresh(request):
                return _ask(request, back=back)
            return view(request, *args, **kwargs)

        return guarded

    return around


@require_POST
@sensitive_post_parameters("proof")
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    """The answer of somebody who wanted a file."""
    back = request.POST.get("back", "")
    back = back if back in _BACK else _BACK[0]
    refused = _prove(request)
    if refused:
        return _ask(request, back=back, error=refused, status=422)
    notice(request, PROVEN)
    return HttpResponseRedirect(reverse("settings", args=[back]), status=303)


@sensitive_variables("password")
def _prove(request: HttpRequest) -> str:
    """Why it is not proven, in words; empty when it is."""
    password = Secret(request.POST.get("proof", "")[:1000])
    if not password.reveal() or "\0" in password.reveal():
        return "Enter the password of your mail address."
    try:
        proof.prove(request, get_account(request), password)
    except TooManyAttempts as problem:
        return wait_text(problem)
    except connect.NotConfigured:
        return "No mail server is set up."
    except SignInRefused as problem:
        host = problem.host or "The mail server"
        return f"{host} did not accept this password. Check for capital letters."
    except StoreError as problem:
        return error_text(problem)
    return ""


# -- the form that waits --------------------------------------------------------------------------


def _held(request: HttpRequest) -> str:
    """Raises Sealed where the vault does not open."""
    fields = [(name, each) for name, some in request.POST.lists() for each in some]
    kept = [each for each in fields if each[0] != "csrfmiddlewaretoken"]
    form = Secret(json.dumps([int(time.time()), kept], ensure_ascii=False))
    return base64.urlsafe_b64encode(vault.seal_in_session(request, form, _label(request))).decode()


def _open_held(request: HttpRequest) -> str | None:
    """The form that was refused takes the place of the one that asked; else why not."""
    try:
        box = base64.b64decode(request.POST["held"], altchars=b"-_", validate=True)
        since, fields = json.loads(vault.open_in_session(request, box, _label(request)).reveal())
    except (vault.Sealed, ValueError):
        return ENDED
    if time.time() - since > _WAITS_S:
        return WAITED
    refused = _prove(request)
    if refused:
        return refused
    post = QueryDict(mutable=True)
    for name, value in fields:
        post.appendlist(name, value)
    request.POST = post  # type: ignore[misc]  # read by the view as if it had come so
    return None


def _label(request: HttpRequest) -> bytes:
    """Opens for this form's address and in this session only: all of a person's have one DEK."""
    session = hashlib.sha256(str(request.session.session_key).encode()).hexdigest()
    return f"user:{request.user.pk}|held:{request.path}|{session}|2".encode()


def _ask(
    request: HttpRequest,
    *,
    held: str = "",
    back: str = "",
    given_up: str = "",
    error: str = "",
    status: int = 403,
) -> HttpResponse:
    section = back or given_up
    context = {
        "action": reverse("proof") if back else request.path,
        "held": held,
        "back": back,
        "address": get_account(request).address,
        "error": error,
        "back_url": reverse("settings", args=[section]) if section else request.path,
    }
    return render(request, "settings/proof.html", context, status=status)
