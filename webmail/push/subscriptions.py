"""The browsers of a person that hear of news: turned on, removed, and gone when they sign out."""

import re
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from webmail.accounts.models import User
from webmail.push import encrypted, endpoints
from webmail.push.models import Kind, PushChoice, PushSubscription

MOST = 20  # browsers of one person
_KEPT_S = 400 * 24 * 3600  # as long as browsers keep a cookie
_HERE = "push"  # in the session: the key of this browser's row
# The first that is named: browsers name those they descend from as well.
_BROWSERS = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
_SYSTEM_NAMES = {"Mac OS X": "Mac", "CrOS": "ChromeOS"}


class TooMany(Exception):
    """Somebody has turned on as many browsers as one may have."""


def turn_on(request: HttpRequest, *, endpoint: str, p256dh: str, auth: str) -> PushSubscription:
    """For the browser that asks.  Raises Refused, BadKey and TooMany.

    Whoever turns it on in a browser of somebody else takes it over: only that browser knows
    its endpoint.
    """
    endpoints.check(endpoint)
    encrypted.read_keys(p256dh, auth)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=request.user.pk)
        others = request.user.push_subscriptions.exclude(endpoint=endpoint)
        if others.count() >= MOST:
            raise TooMany
        keys = {"p256dh": p256dh.rstrip("="), "auth": auth.rstrip("=")}
        row, _ = PushSubscription.objects.update_or_create(
            endpoint=endpoint,
            defaults={
                "user": request.user,
                "name": browser_name(request.headers.get("User-Agent", "")),
                **keys,
            },
        )
    request.session[_HERE] = row.key
    return row


def remove(user: User, key: str) -> bool:
    return bool(user.push_subscriptions.filter(key=key).delete()[0])


def remove_here(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    """A browser that signs out hears nothing more, whoever ends its session."""
    key = request.session.get(_HERE) if request is not None else None
    if key and user is not None:
        remove(user, key)


def take_over_here(request: HttpRequest, user: User, **_: Any) -> None:
    """A browser whose session only ran out is still on for who turned it on, and nobody else."""
    key = request.COOKIES.get(settings.PUSH_COOKIE_NAME, "")
    if key and user.push_subscriptions.filter(key=key).exists():
        request.session[_HERE] = key


def keep_here(request: HttpRequest, response: HttpResponse) -> None:
    """Lets the browser say which it is when it comes with another session."""
    response.set_cookie(
        settings.PUSH_COOKIE_NAME,
        key_here(request),
        max_age=_KEPT_S,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Strict",
    )


def is_anybodys(request: HttpRequest) -> bool:
    """Whether this browser is on for somebody, perhaps not for who is signed in."""
    key = request.COOKIES.get(settings.PUSH_COOKIE_NAME, "")
    return bool(key) and PushSubscription.objects.filter(key=key).exists()


def key_here(request: HttpRequest) -> str:
    return str(request.session.get(_HERE, ""))


def choice_of(user: User) -> PushChoice:
    return PushChoice.objects.filter(user=user).first() or PushChoice(user=user)


def choose(user: User, *, failed: bool, due: bool, mail: bool) -> None:
    chosen = {Kind.FAILED: failed, Kind.DUE: due, Kind.MAIL: mail}
    PushChoice.objects.update_or_create(
        user=user, defaults={kind.value: wanted for kind, wanted in chosen.items()}
    )


def wants_mail(user_id: int) -> bool:
    mine = PushChoice.objects.filter(user=user_id, mail=True)
    return mine.exists() and PushSubscription.objects.filter(user=user_id).exists()


def browser_name(user_agent: str) -> str:
    """Like “Firefox on Windows”, for the list of them."""
    browser = next((b for b in _BROWSERS if re.search(rf"\b{b}\w*/", user_agent)), "")
    system = next((s for s in _SYSTEMS if s in user_agent), "")
    named = _NAMES.get(browser, browser) or "A browser"
    return f"{named} on {_SYSTEM_NAMES.get(system, system)}" if system else named
