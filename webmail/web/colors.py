"""Remembering whose designed mail keeps its own colours on dark pages."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webmail.accounts.models import SenderShownAsSent
from webmail.web.http import next_url, signed_in
from webmail.web.notices import notice

_MOST_SENDERS = 2000


@require_POST
@signed_in
def remember(request: HttpRequest) -> HttpResponse:
    """``sent`` or ``dark`` names the sender; anything else changes nothing."""
    sent, dark = (_address(request, name) for name in ("sent", "dark"))
    kept = request.user.shown_as_sent
    if dark:
        kept.filter(addr_spec=dark).delete()
        notice(request, f"Mail from {dark} is shown in dark colours.")
    elif sent and kept.count() < _MOST_SENDERS:
        SenderShownAsSent.objects.get_or_create(user=request.user, addr_spec=sent)
        notice(request, f"Mail from {sent} is shown as it was sent.")
    return HttpResponseRedirect(next_url(request, reverse("mail")), status=303)


def _address(request: HttpRequest, name: str) -> str:
    address = request.POST.get(name, "").strip().lower()
    return address if len(address) <= 254 and address.isprintable() else ""
