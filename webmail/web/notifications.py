"""Settings, Notifications: which browsers hear of news while no page is open, and of what."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from webmail.outbound_address import Refused
from webmail.push import endpoints, subscriptions, vapid
from webmail.push.encrypted import BadKey
from webmail.web.templatetags.assets import script

# It speaks to nobody, and keeps nothing.
_POLICY = "default-src 'none'"


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    """The key of this Hearth is made when somebody first opens the page."""
    forbidden, here = endpoints.is_forbidden(), subscriptions.key_here(request)
    public_key = "" if forbidden else vapid.public_key()  # first: with a new one none is on
    browsers = list(request.user.push_subscriptions.all())
    return {
        "choice": subscriptions.choice_of(request.user),
        "browsers": browsers,
        "here": here,
        "is_stale": not subscriptions.is_anybodys(request),
        "is_here": any(each.key == here for each in browsers),
        "public_key": public_key,
        "worker_url": reverse("service-worker"),
        "forbidden": forbidden,
    }


def save(request: HttpRequest) -> dict[str, str]:
    post = request.POST
    if post.get("do") == "turn-on":
        return _turn_on(request)
    if post.get("do") == "remove":
        gone = subscriptions.remove(request.user, post.get("browser", ""))
        return {} if gone else {"form": "This browser is not on the list any more."}
    chosen = {kind: post.get(kind) == "1" for kind in ("failed", "due", "mail")}
    subscriptions.choose(request.user, **chosen)
    return {}


def finish(request: HttpRequest, response: HttpResponse) -> None:
    if subscriptions.key_here(request):
        subscriptions.keep_here(request, response)


def _turn_on(request: HttpRequest) -> dict[str, str]:
    given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    try:
        subscriptions.turn_on(request, **given)
    except Refused:
        return {
            "form": "The push service of this browser is not allowed here. "
            "The administrator can add it with WEBMAIL_PUSH_SERVICES."
        }
    except BadKey:
        return {"form": "This browser gave no key to encrypt with."}
    except subscriptions.TooMany:
        return {"form": f"{subscriptions.MOST} browsers are on already. Remove one first."}
    return {}


@require_safe
def service_worker(_request: HttpRequest) -> HttpResponse:
    """At the root, so that it may open any page of ours; the same for everybody."""
    text = script("service_worker.js")
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer
