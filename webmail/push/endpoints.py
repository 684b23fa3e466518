"""Which push services may be spoken to: a browser names its own, and anybody can name one (T81)."""

from django.conf import settings

from webmail.outbound_address import Refused
from webmail.outbound_fetch import parse_target

MAX_CHARS = 1000
HTTPS = frozenset({443})


def check(endpoint: str) -> None:
    """Raises Refused for what is not an https address of a push service on the list."""
    if len(endpoint) > MAX_CHARS or not endpoint.isascii():
        raise Refused("the address is malformed")
    target = parse_target(endpoint, ports=HTTPS)
    if target.scheme != "https":
        raise Refused("not https")
    if not any(_is_of(target.host.lower(), each) for each in settings.WEBMAIL_PUSH_SERVICES):
        raise Refused("no push service that is allowed here")


def is_forbidden() -> bool:
    """Whether the administrator allows no push service at all."""
    return not settings.WEBMAIL_PUSH_SERVICES


def _is_of(host: str, service: str) -> bool:
    if service.startswith("*."):
        return host.endswith(service[1:]) and len(host) >= len(service)
    return host == service
