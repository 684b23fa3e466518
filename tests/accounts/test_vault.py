import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from webmail.accounts import vault
from webmail.accounts.models import Account, User
from webmail.accounts.vault import Sealed, Secret

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def mara():
    user = User.objects.create(address="mara@example.org")
    return user, Account.objects.create(user=user, address="mara@example.org")


def session_of(user, dek, settings):
    """A request as the browser sends it after signing in."""
    request = RequestFactory().get("/")
    request.user, request.session = user, SessionStore()
    request.COOKIES[settings.KEY_COOKIE_NAME] = vault.make_session_copy(request, dek)
    return request


def test_the_session_copy_gives_the_password_back(mara, settings):
    user, account = mara
    request = session_of(user, vault.open_at_sign_in(user, account, Secret(PASSWORD)), settings)
    assert vault.password_from_session(request, account).reveal() == PASSWORD


@pytest.mark.parametrize("missing", ["cookie", "session", "other user"])
def test_without_one_of_its_halves_the_session_copy_is_noise(mara, settings, missing):
    user, account = mara
    request = session_of(user, vault.open_at_sign_in(user, account, Secret(PASSWORD)), settings)
    if missing == "cookie":
        request.COOKIES[settings.KEY_COOKIE_NAME] = "A" * 44
    elif missing == "session":
        del request.session["vault"]
    else:
        request.user = User.objects.create(address="jonas@example.org")
    with pytest.raises(Sealed):
        vault.password_from_session(request, account)


def test_a_second_device_finds_the_same_key(mara, settings):
    user, account = mara
    first = vault.open_at_sign_in(user, account, Secret(PASSWORD))
    user.refresh_from_db()
    assert vault.open_at_sign_in(user, account, Secret(PASSWORD)) == first


def test_a_changed_password_ends_the_old_sessions(mara, settings):
    user, account = mara
    request = session_of(user, vault.open_at_sign_in(user, account, Secret(PASSWORD)), settings)
    vault.open_at_sign_in(user, account, Secret("a new one"))
    with pytest.raises(Sealed):
        vault.password_from_session(request, account)


def test_a_box_does_not_open_on_another_account(mara, settings):
    user, account = mara
    request = session_of(user, vault.open_at_sign_in(user, account, Secret(PASSWORD)), settings)
    other = Account.objects.create(
        user=user, address="second@example.org", sealed_password=account.sealed_password
    )
    with pytest.raises(Sealed):
        vault.password_from_session(request, other)


def test_a_grant_opens_for_its_own_row_only():
    sealed = vault.seal_grant("row1", Secret(PASSWORD))
    assert vault.open_grant("row1", sealed).reveal() == PASSWORD
    for row, box in (("row2", sealed), ("row1", b""), ("row1", sealed[:-1])):
        with pytest.raises(Sealed):
            vault.open_grant(row, box)


def test_nothing_at_rest_holds_the_password(mara, settings):
    user, account = mara
    request = session_of(user, vault.open_at_sign_in(user, account, Secret(PASSWORD)), settings)
    rest = [
        bytes(account.sealed_password),
        bytes(user.dek_password_copy),
        repr(dict(request.session)).encode(),
    ]
    assert not [box for box in rest if PASSWORD.encode() in box]


def test_a_secret_does_not_show_itself():
    assert PASSWORD not in f"{Secret(PASSWORD)!r} {Secret(PASSWORD)}"
