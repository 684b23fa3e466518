"""The pages for requests that lead nowhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webmail.web.typed import answer_old_form


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: usually a page that was open while its session ended."""
    answer = answer_old_form(request, reason)
    return answer or render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our bug.  The log has the traceback; the page has no request in its context."""
    return render(None, "500.html", status=500)  # type: ignore[arg-type]
