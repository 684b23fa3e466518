"""Signing in and out."""

import math

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from webmail.accounts import connect
from webmail.accounts import sign_in as sign_ins
from webmail.accounts.models import Account
from webmail.accounts.throttle import TooManyAttempts
from webmail.accounts.vault import Secret
from webmail.store.protocol import SignInRefused, StoreError, Unreachable
from webmail.submission import granting
from webmail.web import left_drafts
from webmail.web.events import begin_watching

# What follows the store's own sentence, by the reason it gives.
_ADVICE = {
    "dns": "Ask your administrator to check its name.",
    "certificate": "Nothing was sent. Tell your administrator.",
    "starttls": "Your password was not sent. Tell your administrator.",
    "greeting": "Nothing was sent. Tell your administrator.",
}
_TRY_AGAIN = "Your mail is safe; try again in a moment."


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _sign_in(request)
    if request.user.is_authenticated and "again" not in request.GET:
        return HttpResponseRedirect(_next(request))
    return _form(request)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_ins.sign_out(request)
    response = HttpResponseRedirect(reverse("sign-in"), status=303)
    response.delete_cookie(settings.KEY_COOKIE_NAME, samesite="Strict")
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return response


def _sign_in(request: HttpRequest) -> HttpResponse:
    address = request.POST.get("address", "").strip()
    password = request.POST.get("password", "")
    if "@" not in address or len(address) > 254 or any(ord(c) < 33 for c in address):
        return _form(request, "Enter your whole mail address, like name@example.org.", status=422)
    if not password or "\0" in password:
        return _form(request, "Enter the password of this mail address.", status=422)
    try:
        signed_in = sign_ins.sign_in(request, address, Secret(password))
    except TooManyAttempts as problem:
        return _form(request, wait_text(problem), status=429)
    except connect.NotConfigured:
        text = "No mail server is set up yet. The administrator names it in WEBMAIL_IMAP."
        return _form(request, text, status=503)
    except StoreError as problem:
        status = 401 if isinstance(problem, SignInRefused) else 503
        return _form(request, error_text(problem), status=status)
    if signed_in.begins_watch:
        begin_watching(signed_in.account)
    _use_password(signed_in.account, Secret(password))
    # Where the browser says it is; Settings can say otherwise.  rows.py checks the name.
    request.session["zone"] = request.POST.get("zone", "")[:64]
    return _signed_in(request, signed_in.half_key)


def _use_password(account: Account, password: Secret) -> None:
    """What waited for a password that is right."""
    granting.give_password(account, password)
    left_drafts.sweep(account, password)


def _signed_in(request: HttpRequest, half_key: str) -> HttpResponse:
    response = HttpResponseRedirect(_next(request), status=303)
    response.set_cookie(
        settings.KEY_COOKIE_NAME,
        half_key,
        max_age=settings.SESSION_ABSOLUTE_AGE,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


def error_text(problem: StoreError) -> str:
    """What went wrong at the door, naming the host, in words for people."""
    host = problem.host or "The mail server"
    if isinstance(problem, SignInRefused):
        return (
            f"{host} did not accept this address and password. Check for capital letters. "
            "Some providers want an app password here."
        )
    reason = problem.reason if isinstance(problem, Unreachable) else ""
    return f"{problem} {_ADVICE.get(reason, _TRY_AGAIN)}"


def wait_text(problem: TooManyAttempts) -> str:
    minutes = math.ceil(problem.wait.total_seconds() / 60)
    unit = "minute" if minutes == 1 else "minutes"
    return f"Too many attempts with a wrong password. Try again in {minutes} {unit}."


def _form(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    server = settings.WEBMAIL_IMAP
    context = {
        "form_error": error,
        "address": request.POST.get("address", request.GET.get("address", "")),
        "next": request.POST.get("next", request.GET.get("next", "")),
        "server_host": server.host if server else "",
    }
    return render(request, "sign_in/page.html", context, status=status)


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: only ever a page of ours (T67)."""
    target = request.POST.get("next", request.GET.get("next", ""))
    if url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=False):
        return target
    return reverse("mail")
