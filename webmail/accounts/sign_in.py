"""Signing in with a mail address and its mail password (security.md 4.6.3)."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from webmail.accounts import connect, grants, proof, throttle, vault
from webmail.accounts.models import Account, Identity, User
from webmail.accounts.vault import Secret
from webmail.store.protocol import SignInRefused


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``half_key`` goes into the key cookie; ``begins_watch`` when nobody watched for them."""

    half_key: str
    account: Account
    begins_watch: bool


@sensitive_variables("password")
def sign_in(request: HttpRequest, address: str, password: Secret) -> SignedIn:
    """Signs in.

    The password goes to the configured server and nowhere else.  Raises the StoreError
    tree, NotConfigured, or TooManyAttempts, before which nothing was sent.
    """
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    wait = throttle.wait_for(address.lower(), network)
    if wait > timedelta(0):
        raise throttle.TooManyAttempts(wait)
    begun = vault.Stretch(User.objects.filter(address=address.lower()).first(), password)
    try:
        store = connect.open_store(Account(address=address), password)
    except SignInRefused:
        throttle.note_failure(address.lower(), network)
        raise
    try:
        signed_in = _start_session(request, address, password, begun)
    except BaseException:
        store.close()
        raise
    connect.adopt(signed_in.account, store)
    return signed_in


def sign_out(request: HttpRequest) -> None:
    """Ends the session: its copy of the key is dead from here on."""
    if request.user.is_authenticated:
        accounts = list(request.user.accounts.all())
        for account in accounts:
            connect.pool.discard(account.pk)
        grants.erase_at_sign_out(request, accounts)
    logout(request)


@sensitive_variables("password", "dek")
def _start_session(
    request: HttpRequest, address: str, password: Secret, begun: vault.Stretch
) -> SignedIn:
    """In one transaction: each is a wait for the disk."""
    begun.wait()
    with transaction.atomic():
        throttle.forget_failures(address.lower())
        user, account = _find_or_make_person(address)
        dek = vault.open_at_sign_in(user, account, password, begun)
        login(request, user)  # a new session key (T55)
        proof.note(request)
        request.session["signed_in_at"] = int(timezone.now().timestamp())
        half_key = vault.make_session_copy(request, dek)
        begins_watch = grants.begin(request, account, password)
    connect.pool.discard(account.pk)  # sessions opened with an older password
    return SignedIn(half_key, account, begins_watch)


def _find_or_make_person(address: str) -> tuple[User, Account]:
    """The rows of this address, made at the first sign-in."""
    user, is_new = User.objects.select_for_update().get_or_create(address=address.lower())
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    account, is_new = Account.objects.get_or_create(user=user, address=address)
    if is_new:
        Identity.objects.create(account=account, addr_spec=address, is_default=True)
    return user, account
