"""How often a sign-in may fail: security.md 4.3.  Counted in the database, so that a flushed
Redis forgets nothing (T53)."""

import ipaddress
import logging
from datetime import datetime, timedelta

from django.utils import timezone

from webmail.accounts.models import SignInFailure

log = logging.getLogger(__name__)

_WINDOW = timedelta(minutes=15)
_PER_ADDRESS = 5
_PER_NETWORK = 20
_PER_SITE_AND_HOUR = 300
_LONGEST_WAIT = timedelta(minutes=15)
_KEPT = timedelta(days=1)


class TooManyAttempts(Exception):
    """``wait`` says how long nothing will be tried."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


def wait_for(address: str, network: str, *, now: datetime | None = None) -> timedelta:
    """How long this sign-in has to wait; zero when it may go ahead."""
    now = now or timezone.now()
    recent = SignInFailure.objects.filter(at__gt=now - _WINDOW)
    by_address = list(recent.filter(address=address).order_by("-at").values_list("at", flat=True))
    by_network = list(recent.filter(network=network).order_by("-at").values_list("at", flat=True))
    waits = [timedelta(0)]
    if len(by_address) >= _PER_ADDRESS:
        doubled = timedelta(minutes=2 ** min(len(by_address) - _PER_ADDRESS, 8))
        waits.append(by_address[0] + min(doubled, _LONGEST_WAIT) - now)
    if len(by_network) >= _PER_NETWORK:
        waits.append(by_network[_PER_NETWORK - 1] + _WINDOW - now)
    return max(waits)


def note_failure(address: str, network: str, *, now: datetime | None = None) -> None:
    """Counts a refused password, and forgets what no limit looks at any more."""
    now = now or timezone.now()
    SignInFailure.objects.create(at=now, address=address, network=network)
    SignInFailure.objects.filter(at__lt=now - _KEPT).delete()
    last_hour = SignInFailure.objects.filter(at__gt=now - timedelta(hours=1)).count()
    if last_hour >= _PER_SITE_AND_HOUR:
        log.error("sign-in failures: %d in the last hour, somebody is guessing", last_hour)


def forget_failures(address: str) -> None:
    """A good sign-in clears the count of its address."""
    SignInFailure.objects.filter(address=address).delete()


def network_of(remote: str) -> str:
    """The /32 of an IPv4 address, the /64 of an IPv6 one: what one household usually has."""
    try:
        ip = ipaddress.ip_address(remote)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
