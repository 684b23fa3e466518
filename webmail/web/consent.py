"""A provider's permission to send, in three pages that work without script.

We ask the person, the provider asks them, and our page takes its answer.  The answer comes by a
link of another site, which cannot open the vault (SameSite=Strict, security.md 4.2): so our own
form brings it in.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webmail.accounts import connect, consent, identity_servers
from webmail.submission import granting, proving
from webmail.submission.endings import SubmissionError
from webmail.web.http import get_account, signed_in, to_sign_in
from webmail.web.notices import notice
from webmail.web.proof import proven_first

_MOST_CHARS = 4000


@require_http_methods(["GET", "POST"])
@signed_in
@proven_first(
    lambda request: request.method == "POST" and "ask" in request.POST, given_up="identities"
)
def show(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _answered(request)
    return _ask(request) if "ask" in request.POST else _accept(request)


def redirect_uri() -> str:
    return f"{settings.WEBMAIL_BASE_URL}{reverse('consent')}"


def _ask(request: HttpRequest) -> HttpResponse:
    """A page with the link: a form of ours may lead nowhere else (form-action)."""
    identity = get_account(request).identities.filter(key=request.POST["ask"]).first()
    provider = settings.WEBMAIL_OAUTH.get(request.POST.get("provider", ""))
    if identity is None or provider is None:
        raise Http404
    url = consent.ask(request, identity, provider, redirect_uri())
    context = {"provider": provider, "identity": identity, "url": url}
    context["host"] = urlsplit(provider.authorization_endpoint).hostname
    return render(request, "settings/consent_ask.html", context)


def _answered(request: HttpRequest) -> HttpResponse:
    """The provider sends the person here."""
    said = {name: request.GET.get(name, "")[:_MOST_CHARS] for name in ("code", "state", "iss")}
    if not consent.is_asked(request, said["state"]):
        return _failed(request, "This answer belongs to no question of yours, or came too late.")
    return render(request, "settings/consent_answer.html", {"said": said})


def _accept(request: HttpRequest) -> HttpResponse:
    account = get_account(request)
    try:
        connect.password_for(request, account)  # else nothing could be sealed
    except (connect.NeedsPassword, connect.NeedsKey):
        return to_sign_in(request, again=True)
    said = {name: request.POST.get(name, "")[:_MOST_CHARS] for name in ("code", "state", "iss")}
    try:
        given = consent.accept(request, account, **said)
        proving.prove_token(given.access, given.token)
    except (consent.NoConsent, SubmissionError) as problem:
        return _failed(request, str(problem))
    identity_servers.keep(request, given.identity, given.access)
    granting.give_access(given.identity, given.access)
    notice(request, "Saved.")
    return HttpResponseRedirect(reverse("settings", args=["identities"]), status=303)


def _failed(request: HttpRequest, words: str) -> HttpResponse:
    return render(request, "settings/consent_failed.html", {"words": words}, status=422)
