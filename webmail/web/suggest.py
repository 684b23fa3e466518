"""The script of an address field asks whom it may offer, and is told whom it is not to."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from webmail.submission.models import ForgottenPerson
from webmail.web.http import signed_in
from webmail.web.people import hue_of, initials_of
from webmail.web.suggestions import Offer, offers_for


@require_GET
@signed_in
def people(request: HttpRequest) -> HttpResponse:
    offers = offers_for(request.user, request.GET.get("q", ""))
    return JsonResponse({"people": [_shown(one) for one in offers.people], "all": offers.is_all})


@require_POST
@signed_in
def forget(request: HttpRequest) -> HttpResponse:
    addr_spec = request.POST.get("address", "").strip().lower()
    if "@" not in addr_spec or len(addr_spec) > 254 or "\0" in addr_spec:
        return JsonResponse({}, status=400)
    at = int(timezone.now().timestamp())
    ForgottenPerson.objects.update_or_create(
        user=request.user, addr_spec=addr_spec, defaults={"at": at}
    )
    return JsonResponse({"forgotten": addr_spec})


def _shown(offer: Offer) -> dict[str, object]:
    return asdict(offer) | {
        "initials": initials_of(offer.name, offer.address),
        "hue": hue_of(offer.address),
    }
