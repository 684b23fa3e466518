"""Is everything alive?  For a monitor on the same machine (F62)."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from webmail.outbound import is_loopback
from webmail.submission import outbox


@require_safe
def show(request: HttpRequest) -> JsonResponse:
    """200 or 503; the figures only for this machine, and none of them about anybody's mail."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        figures = outbox.health()
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    answer = {"status": "ok"}
    if is_loopback(request.META.get("REMOTE_ADDR", "")):
        answer |= figures
    return JsonResponse(answer)
