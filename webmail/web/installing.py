"""Hearth as a program of the device: on the home screen, for mail links, and to share to."""

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from webmail.web.templatetags.assets import asset


@require_safe
def manifest(_request: HttpRequest) -> JsonResponse:
    """The web application manifest (W3C); the same for everybody, and of no third party.

    What is shared comes as a link of GET: it fills the form in and sends nothing (T93).
    """
    compose = reverse("compose")
    words = {
        "id": "/",
        "name": "Hearth Mail",
        "short_name": "Mail",
        "start_url": reverse("mail"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#3450c4",
        "icons": [{"src": asset("icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
        "protocol_handlers": [{"protocol": "mailto", "url": f"{compose}?to=%s"}],
        "share_target": {
            "action": compose,
            "method": "GET",
            "params": {"title": "subject", "text": "body", "url": "url"},
        },
        "shortcuts": [{"name": "New message", "url": compose}],
    }
    return JsonResponse(words, content_type="application/manifest+json")
