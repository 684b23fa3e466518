"""Who is signed in is what the database says at that moment (T56, T64)."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.web.conftest import ADDRESS, Reader
from webmail.accounts.belongings import find_account, find_identity
from webmail.accounts.models import Account, Identity, User
from webmail.accounts.ready import Ready


def is_let_in(reader):
    return reader.get("/settings/appearance/").status_code == 200


@pytest.mark.parametrize(
    "end",
    [
        lambda: Session.objects.all().delete(),
        lambda: Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)),
        lambda: Session.objects.update(session_data="nonsense"),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(password="!another"),
        lambda: User.objects.all().delete(),
    ],
    ids=["deleted", "expired", "damaged", "person locked", "new password hash", "person gone"],
)
def test_a_session_ends_with_the_next_request(end, mara):
    assert is_let_in(mara)
    end()
    assert not is_let_in(mara)


def test_a_cookie_copied_before_sign_out_is_worth_nothing_after(mara):
    thief = Reader()
    thief.cookies.load(mara.cookies.output(header="", sep=";"))
    assert is_let_in(thief)
    mara.post("/sign-out/")
    assert not is_let_in(thief)


@pytest.mark.parametrize("key", ["short", "x" * 32, "x" * 300, "'; DROP TABLE"])
def test_a_made_up_session_key_is_nobody(key, mara):
    mara.cookies["sid"] = key
    assert not is_let_in(mara)


def test_a_change_of_the_person_shows_at_once(mara):
    User.objects.update(theme="dark", name="Mara Lindgren")
    page = mara.get(mara.list_url()).content.decode()
    assert 'data-theme="dark"' in page
    assert "Mara Lindgren" in page


def test_a_list_that_a_script_asks_for_makes_four_queries(mara, django_assert_num_queries):
    url = mara.list_url()
    mara.part(url)  # the first of a day notes in the session that it was seen
    with django_assert_num_queries(4):  # session, person, account, identity
        mara.part(url)


def test_belongings_are_only_ones_own(mara):
    ida = User.objects.create(address="ida@hearth.example")
    hers = Account.objects.create(user=ida, address=ida.address)
    person = User.objects.get(address=ADDRESS)
    assert find_account(person, hers.key) is None
    assert find_account(person) == find_account(person, mara.key) == person.accounts.get()
    assert find_account(ida).user is ida
    assert find_account(User.objects.create(address="new@hearth.example")) is None


def test_the_first_identity_is_the_default_one(mara):
    account = Account.objects.get()
    Identity.objects.all().delete()
    assert find_identity(account) is None
    Identity.objects.create(account=account, addr_spec="second@hearth.example")
    chosen = Identity.objects.create(
        account=account, addr_spec="chosen@hearth.example", is_default=True
    )
    assert find_identity(account) == chosen == account.identities.first()


def test_a_ready_query_brings_what_the_orm_brings(mara):
    person = User.objects.get()
    found = Ready(lambda pk: User.objects.filter(pk=pk)).find(person.pk)
    columns = [field.attname for field in User._meta.concrete_fields]
    assert [getattr(found, name) for name in columns] == [getattr(person, n) for n in columns]
    found.name = "M"
    found.save(update_fields=["name"])
    assert User.objects.get().name == "M"


def test_a_ready_query_in_another_order_is_refused(mara):
    query = Ready(lambda name, pk: User.objects.filter(pk=pk).filter(name=name))
    with pytest.raises(ValueError, match="not the values in their order"):
        query.find("Mara", 1)
