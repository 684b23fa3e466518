"""What every request and response passes: header policies, Fetch Metadata, session age."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils import timezone

Respond = Callable[[HttpRequest], HttpResponse]

# On plain HTTP (loopback only) Chromium would "upgrade" our own redirects to a port without TLS.
_UPGRADE = "; upgrade-insecure-requests" if settings.IS_HTTPS else ""
APP_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "media-src 'self' blob:; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    f"trusted-types app dompurify{_UPGRADE}"
)
APP_HEADERS = {
    "Content-Security-Policy": APP_CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store, private",
}


def headers(respond: Respond) -> Respond:
    """The policy of our own pages, unless the response brought a stricter one of its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        for name, value in APP_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return middleware


class Compress(GZipMiddleware):
    """Pages by gzip, a seventh of their size on a slow line; files go out as they are.

    Django adds random bytes to each answer, so that its length tells nothing of the secrets
    in it (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.streaming or not is_page:
            return response
        return super().process_response(request, response)


def fetch_metadata(respond: Respond) -> Respond:
    """Refuses what another site asks for, except a plain link to a page (T57, T84)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if _is_foreign(request):
            return render(request, "403.html", status=403)
        return respond(request)

    return middleware


def _is_foreign(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}:
        return False
    is_link = (
        request.method in {"GET", "HEAD"}
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") in {"document", None}
    )
    return not is_link


_DAY_S = 24 * 3600


def session_age(respond: Respond) -> Respond:
    """Ends a session after 30 days, and moves its idle limit on once a day (T56)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            if now - request.session.get("signed_in_at", 0) > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
            elif now - request.session.get("seen_at", 0) > _DAY_S:
                request.session["seen_at"] = now
        return respond(request)

    return middleware
