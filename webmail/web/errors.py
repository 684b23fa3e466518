"""The pages for requests that lead nowhere."""

import sys

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from webmail.accounts.disk import DiskFull
from webmail.web.http import wants_json
from webmail.web.typed import answer_not_stored, answer_old_form

AWAY = "The database of this server does not answer."
BUSY = "The database of this server is busy with something else."
FULL = "The disk of this server is full."
_SQLITE_WORDS = {"locked": BUSY, "disk is full": FULL}


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
    error = sys.exc_info()[1]
    if isinstance(error, DiskFull):
        return _not_stored(request, str(error))
    if isinstance(error, (DatabaseError, InterfaceError)):
        words = (words for said, words in _SQLITE_WORDS.items() if said in str(error))
        return _not_stored(request, next(words, AWAY))
    return render(None, "500.html", status=500)  # type: ignore[arg-type]


def _not_stored(request: HttpRequest, why: str) -> HttpResponse:
    """Nothing was stored, and that is said; a form keeps what was typed into it (F22, F24, F25)."""
    if wants_json(request):
        is_sent = request.POST.get("do", "").startswith(("send", "later"))
        kept = " Your message is kept here; try again." if is_sent else " Try again."
        told = f"{'Not sent' if is_sent else 'Not saved'}. {why}{kept}"
        return JsonResponse({"errors": {"form": told}}, status=503)
    typed = answer_not_stored(request, why)
    return typed or render(None, "503.html", {"why": why}, status=503)  # type: ignore[arg-type]
