"""Is everything alive?  For a monitor on the same machine (F62)."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from webmail.outbound import is_loopback
from webmail.submission import clock
from webmail.submission.models import Outgoing, State


@require_safe
def show(request: HttpRequest) -> JsonResponse:
    """200 or 503; the figures only for this machine, and none of them about anybody's mail."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        figures = _outbox_figures()
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    answer = {"status": "ok"}
    if is_loopback(request.META.get("REMOTE_ADDR", "")):
        answer |= figures
    return JsonResponse(answer)


def _outbox_figures() -> dict[str, int]:
    """How long the oldest due row has waited, and how many nobody knows the fate of."""
    now = clock.now()
    oldest = Outgoing.objects.due(now).first()
    waited = (now - oldest.next_attempt_at).total_seconds() if oldest else 0
    unclear = Outgoing.objects.filter(state=State.UNCERTAIN).count()
    return {"oldest_due_s": int(waited), "uncertain": unclear}
