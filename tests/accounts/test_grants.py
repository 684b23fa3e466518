from datetime import timedelta

import pytest
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from webmail.accounts import grants, vault
from webmail.accounts.models import Account, ReadingGrant, User
from webmail.accounts.vault import Sealed, Secret

pytestmark = pytest.mark.django_db
PASSWORD = Secret("correct horse battery staple")


@pytest.fixture
def mara():
    user = User.objects.create(address="mara@example.org")
    return Account.objects.create(user=user, address="mara@example.org")


@pytest.fixture
def visit(mara, settings):
    """Signs Mara in once more; the request of a page of that session."""

    def sign_in():
        request = RequestFactory().get("/")
        request.session, request.user = SessionStore(), mara.user
        dek = vault.open_at_sign_in(mara.user, mara, PASSWORD)
        login(request, mara.user, "django.contrib.auth.backends.ModelBackend")
        request.COOKIES[settings.KEY_COOKIE_NAME] = vault.make_session_copy(request, dek)
        request.session.save()
        return request

    return sign_in


def pass_time(by):
    for grant in ReadingGrant.objects.all():
        ReadingGrant.objects.filter(pk=grant.pk).update(expires_at=grant.expires_at - by)


def test_a_page_of_mail_lets_our_processes_read_for_an_hour(mara, visit):
    assert grants.renew(visit(), mara)
    assert grants.password_of(mara).reveal() == PASSWORD.reveal()
    pass_time(timedelta(minutes=61))
    assert grants.password_of(mara) is None


def test_a_grant_is_written_once_in_five_minutes(mara, visit, django_assert_num_queries):
    request = visit()
    grants.renew(request, mara)
    with django_assert_num_queries(0):
        assert not grants.renew(request, mara)


def test_a_page_without_the_key_cookie_grants_nothing(mara, visit, settings):
    request = visit()
    del request.COOKIES[settings.KEY_COOKIE_NAME]
    assert not grants.renew(request, mara)
    assert grants.password_of(mara) is None


def test_an_open_stream_moves_a_living_grant_on_and_wakes_no_dead_one(mara):
    grants.give(mara, PASSWORD)
    pass_time(timedelta(minutes=30))
    grants.prolong(mara.user)
    assert ReadingGrant.objects.get().expires_at > timezone.now() + timedelta(minutes=59)
    pass_time(timedelta(minutes=61))
    grants.prolong(mara.user)
    assert grants.password_of(mara) is None


def test_only_the_last_session_to_sign_out_ends_the_grant(mara, visit):
    first, second = visit(), visit()
    grants.renew(first, mara)
    grants.erase_at_sign_out(first, [mara])
    assert ReadingGrant.objects.count() == 1
    first.session.flush()
    grants.erase_at_sign_out(second, [mara])
    assert ReadingGrant.objects.count() == 0


def test_another_persons_session_keeps_nobodys_grant_alive(mara, visit):
    mine = visit()
    grants.renew(mine, mara)
    other = SessionStore()
    other["_auth_user_id"] = str(mara.user.pk + 1)
    other.save()
    grants.erase_at_sign_out(mine, [mara])
    assert ReadingGrant.objects.count() == 0


def test_who_wants_to_be_watched_for_when_away_is(mara, visit):
    mara.user.watches_away = True
    mara.user.save()
    request = visit()
    grants.renew(request, mara)
    grants.erase_at_sign_out(request, [mara])
    pass_time(timedelta(days=30))
    grants.sweep()
    assert grants.password_of(mara).reveal() == PASSWORD.reveal()


def test_the_sweep_deletes_what_is_past_its_time(mara):
    grants.give(mara, PASSWORD)
    grants.sweep()
    assert ReadingGrant.objects.count() == 1
    pass_time(timedelta(minutes=61))
    grants.sweep()
    assert ReadingGrant.objects.count() == 0


def test_a_refused_password_ends_its_grant_but_not_a_newer_one(mara):
    grants.give(mara, PASSWORD)
    grants.erase_refused(mara, Secret("an older one"))
    assert grants.password_of(mara) is not None
    grants.erase_refused(mara, PASSWORD)
    assert ReadingGrant.objects.count() == 0


def test_a_grant_opens_for_its_own_account_only_and_not_without_the_key_file(mara, monkeypatch):
    grants.give(mara, PASSWORD)
    sealed = ReadingGrant.objects.get().sealed
    other = Account.objects.create(user=mara.user, address="other@example.org")
    with pytest.raises(Sealed):
        vault.open_reading_grant(other, sealed)
    with pytest.raises(Sealed):
        vault.open_grant(str(mara.pk), sealed)
    monkeypatch.setattr(vault, "_keys", lambda: {1: b"\1" * 32})
    assert grants.password_of(mara) is None


def test_the_row_holds_no_readable_password(mara):
    grants.give(mara, PASSWORD)
    assert PASSWORD.reveal().encode() not in bytes(ReadingGrant.objects.get().sealed)
