"""The pages for requests that lead nowhere."""

import sys

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from webmail.web.http import wants_json
from webmail.web.typed import answer_old_form, answer_without_database

DATABASE_AWAY = "The database of this server does not answer. Your message is kept; try again."


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: usually a page that was open while its session ended."""
    answer = answer_old_form(request, reason)
    return answer or render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our bug, or a database that is away.  The log has the traceback.

    The page has no request in its context: whose it is, only the database knew.
    """
    if isinstance(sys.exc_info()[1], (DatabaseError, InterfaceError)):
        return _without_database(request)
    return render(None, "500.html", status=500)  # type: ignore[arg-type]


def _without_database(request: HttpRequest) -> HttpResponse:
    """Nothing was stored, and that is said; a form keeps what was typed into it (F22, F24)."""
    if wants_json(request):
        return JsonResponse({"errors": {"form": f"Not sent. {DATABASE_AWAY}"}}, status=503)
    typed = answer_without_database(request)
    return typed or render(None, "503.html", status=503)  # type: ignore[arg-type]
