"""When the password was last proven in this session (security.md T61).

Some acts want more than a session, which somebody may have taken over or left open: the mail
password, given at most five minutes ago.  The mail server judges it, as at the sign-in, and
guesses are counted together with those of the sign-in.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from webmail.accounts import connect, throttle
from webmail.accounts.models import Account
from webmail.accounts.vault import Secret
from webmail.store.protocol import SignInRefused

HOLDS = timedelta(minutes=5)
_AT = "proven_at"


def note(request: HttpRequest) -> None:
    """The password was right just now."""
    request.session[_AT] = int(timezone.now().timestamp())


def is_fresh(request: HttpRequest) -> bool:
    age_s = timezone.now().timestamp() - request.session.get(_AT, 0)
    return age_s <= HOLDS.total_seconds()


@sensitive_variables("password")
def prove(request: HttpRequest, account: Account, password: Secret) -> None:
    """Raises the StoreError tree, NotConfigured, or TooManyAttempts, before which nothing was
    sent."""
    address = account.address.lower()
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    wait = throttle.wait_for(address, network)
    if wait > timedelta(0):
        raise throttle.TooManyAttempts(wait)
    try:
        connect.open_store(account, password).close()
    except SignInRefused:
        throttle.note_failure(address, network)
        raise
    throttle.forget_failures(address)
    note(request)
