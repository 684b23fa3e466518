"""What every request and response passes: header policies, Fetch Metadata, session age."""

import re
import secrets
import zlib
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

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


_TAKES_GZIP = re.compile(r"\bgzip\b")
# RFC 1952: flags are the fourth octet of ten, FNAME its fourth bit.
_GZIP_FRAME, _HAS_NAME, _PADDING = 31, b"\x08", 100


class Compress(MiddlewareMixin):
    """Pages by gzip, a seventh of their size on a slow line; files go out as they are.

    Level 3 takes a quarter of the time of Django's 6 and leaves a tenth more.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not _is_worth_it(response):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if _TAKES_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            response.content = _gzipped(response.content)
            response.headers["Content-Length"] = str(len(response.content))
            response.headers["Content-Encoding"] = "gzip"
        return response


def _is_worth_it(response: HttpResponse) -> bool:
    return (
        not response.streaming
        and response.headers.get("Content-Type", "").startswith("text/html")
        and "Content-Encoding" not in response.headers
        and len(response.content) >= 200
    )


def _gzipped(page: bytes) -> bytes:
    """A gzip member with a file name of random length, as Django gives it one: so the length
    of an answer tells nothing of the secrets in it (BREACH)."""
    compressor = zlib.compressobj(3, zlib.DEFLATED, _GZIP_FRAME)
    octets = compressor.compress(page) + compressor.flush()
    name = b"a" * secrets.randbelow(_PADDING) + b"\0"
    return octets[:3] + _HAS_NAME + octets[4:10] + name + octets[10:]


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
                # Not a sign-out: nobody asked for one (push/subscriptions.py).
                request.session.flush()
                request.user = get_user(request)
            elif now - request.session.get("seen_at", 0) > _DAY_S:
                request.session["seen_at"] = now
        return respond(request)

    return middleware
