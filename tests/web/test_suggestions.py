"""Whom an address field offers, by what was typed and by use."""

import time

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.index.rows import facts, save
from webmail.accounts.models import Account, Identity, User
from webmail.index.correspondents import forget_correspondents
from webmail.index.models import IndexedMailbox
from webmail.message.address import Address
from webmail.submission.models import ForgottenPerson, Group
from webmail.web.suggestions import forget_known, is_machine_address, offers_for

pytestmark = pytest.mark.django_db(transaction=True)
ANNA, BEN, EVE = "anna@lindgren.example", "ben@okafor.example", "eve@berg.example"


@pytest.fixture(autouse=True)
def nothing_is_kept():
    forget_correspondents()
    forget_known()
    yield
    forget_correspondents()
    forget_known()


@pytest.fixture
def user(mara):
    mara.get("/compose/")  # the index learns what mailboxes there are
    forget_known()
    return User.objects.get(address="mara@hearth.example")


def fill(user, use, *arrived, account=None):
    account = account or user.accounts.get()
    found = {"account_id": account.pk, "special_use": use}
    where = IndexedMailbox.objects.filter(**found).first()
    where = where or IndexedMailbox.objects.create(name=use.title(), uidvalidity=1, **found)
    rows = save(where, *arrived)
    IndexedMailbox.objects.filter(pk=where.pk).update(held=where.held + len(rows), uidnext=99)
    forget_known()


def named(uid, name, addr_spec, *, to=True, days=0.0):
    """A message to or from somebody of this name."""
    one = facts(uid, days=days)
    field = {"to" if to else "from_": (Address(name, addr_spec),)}
    for key, value in field.items():
        object.__setattr__(one.envelope, key, value)
    return one


def offered(user, query=""):
    return [each.address for each in offers_for(user, query).people]


def test_those_written_to_often_and_lately_come_first_then_those_who_wrote(user):
    fill(
        user,
        "sent",
        *[facts(uid, to=(BEN,), days=-400) for uid in (1, 2, 3)],
        *[facts(uid, to=(ANNA,), days=-3) for uid in (4, 5)],
        facts(6, to=("once@lately.example",), days=-3),
    )
    fill(user, "inbox", *[facts(uid, sender=EVE) for uid in (1, 2, 3, 4)])
    found = offered(user)
    assert found[:4] == [ANNA, "once@lately.example", BEN, EVE]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("é", True),
        ("elodie", True),
        ("ÉLO", True),
        ("dup", True),
        ("dupré élo", True),
        ("e.d", True),
        ("mont", True),
        ("montreal.ex", True),
        ("e.dupre@mon", True),
        ("lodi", True),  # within a word, by three letters or more
        ("lo", False),
        ("example", False),  # the end of everybody's domain
        ("elodie ben", False),
        ("dupre@x", False),
        ("@", False),
        ("%", False),
    ],
)
def test_any_word_of_the_name_and_the_address_is_met_at_its_start(user, query, expected):
    fill(user, "sent", named(1, "Élodie Dupré", "e.dupre@montreal.example"))
    assert ("e.dupre@montreal.example" in offered(user, query)) is expected


def test_the_start_of_a_word_comes_before_the_middle_of_one(user):
    fill(
        user,
        "sent",
        *[named(uid, "Johanna", "jo@berg.example") for uid in (1, 2, 3)],
        named(4, "Anna", ANNA),
    )
    assert offered(user, "anna") == [ANNA, "jo@berg.example"]


def test_a_language_without_spaces_is_met_within(user):
    fill(user, "sent", named(1, "山本結衣", "yui@nihon.example"))
    assert offered(user, "結衣") == ["yui@nihon.example"]
    assert offered(user, "山") == ["yui@nihon.example"]


def test_machines_stand_below_people_and_oneself_is_last(user):
    fill(user, "sent", facts(1, to=("no-reply@shop.example", "mara@hearth.example")))
    fill(user, "inbox", facts(1, sender="ms.mar@shop.example"))
    assert offered(user, "shop") == ["ms.mar@shop.example", "no-reply@shop.example"]
    assert offered(user, "mar") == ["ms.mar@shop.example", "mara@hearth.example"]


@pytest.mark.parametrize(
    ("addr_spec", "expected"),
    [
        ("no-reply@a.example", True),
        ("noreply+55@a.example", True),
        ("do_not_reply@a.example", True),
        ("orders-noreply@a.example", True),
        ("news@a.example", True),
        ("newsome@a.example", False),
        ("reply@a.example", False),
    ],
)
def test_a_machine_is_told_by_its_address(addr_spec, expected):
    assert is_machine_address(addr_spec) is expected


def test_who_came_as_junk_is_never_offered_unless_written_to(user):
    """T94: suggestions come only from own mail."""
    fill(user, "inbox", facts(1, sender=EVE), facts(2, sender=BEN))
    fill(user, "junk", facts(1, sender=EVE.upper()), facts(2, sender="x@junk.example"))
    fill(user, "junk", facts(3, sender=BEN))
    fill(user, "sent", facts(1, to=(BEN,)))
    assert offered(user, "berg") == []
    assert offered(user, "junk") == []
    assert offered(user, "ben") == [BEN]


def test_the_name_is_the_one_that_was_written_not_the_one_they_claim(user):
    fill(user, "sent", named(1, "Anna", ANNA, days=-9))
    fill(user, "inbox", named(1, "Your Bank", ANNA, to=False))
    assert offers_for(user, "anna").people[0].text == f"Anna <{ANNA}>"
    assert offered(user, "bank") == []


def test_mail_of_all_own_accounts_counts_and_nobody_elses(user):
    second = Account.objects.create(user=user, address="mara@work.example")
    other = Account.objects.create(user=other_user(), address="jonas@hearth.example")
    fill(user, "sent", facts(1, to=(BEN,)), account=second)
    fill(user, "sent", facts(1, to=(EVE,)), account=other)
    assert offered(user, "ben") == [BEN]
    assert offered(user, "eve") == []


def other_user():
    return User.objects.create(address="jonas@hearth.example", name="Jonas Okafor")


def test_the_household_is_offered_and_every_own_address_at_the_end(user):
    other_user()
    account = user.accounts.get()
    Identity.objects.create(account=account, addr_spec="jo.mara@hearth.example", name="Jo")
    Identity.objects.create(account=account, addr_spec="*@jo.example")
    assert offered(user, "jo") == ["jonas@hearth.example", "jo.mara@hearth.example"]


def test_a_list_of_people_is_offered_by_its_name_with_its_members(user):
    Group.objects.create(user=user, name="Family", members=f"Anna <{ANNA}>, {BEN}")
    first = offers_for(user, "fam").people[0]
    assert (first.name, first.members) == ("Family", (f"Anna <{ANNA}>", BEN))
    assert offered(user, "anna") == []


def test_a_list_stands_first_where_its_name_begins_so_else_below_people(user):
    Group.objects.create(user=user, name="Anna and Ben", members=f"{ANNA}, {BEN}")
    Group.objects.create(user=user, name="A choir of Annas", members=ANNA)
    fill(user, "sent", facts(1, to=(ANNA, BEN)))
    names = [each.name or each.address for each in offers_for(user, "an").people]
    assert names == ["Anna and Ben", ANNA, "A choir of Annas"]
    names = [each.name or each.address for each in offers_for(user, "ben").people]
    assert names == [BEN, "Anna and Ben"]


def test_who_was_forgotten_comes_back_by_being_written_to(mara, user):
    fill(user, "sent", facts(1, to=(ANNA,)))
    answer = mara.post("/compose/people/forget/", {"address": ANNA.upper()})
    assert answer.json() == {"forgotten": ANNA}
    assert offered(user, "anna") == []
    at = ForgottenPerson.objects.get().at
    fill(user, "sent", facts(2, to=(ANNA,)))
    ForgottenPerson.objects.update(at=at - 10**9)
    assert offered(user, "anna") == [ANNA]


def test_what_is_no_address_is_not_forgotten(mara):
    assert mara.post("/compose/people/forget/", {"address": "anna"}).status_code == 400


def test_the_script_is_told_all_it_shows(mara, user):
    fill(user, "sent", named(1, "Anna, Lind", ANNA))
    answer = mara.get("/compose/people/?q=li").json()
    assert answer["all"] is True
    (anna,) = answer["people"]
    assert anna["text"] == f'"Anna, Lind" <{ANNA}>'
    assert (anna["name"], anna["initials"], anna["kind"]) == ("Anna, Lind", "AL", 0)
    assert mara.get("/compose/people/?q=%00%ED%A0%80").json()["people"] == []


def test_an_answer_among_5000_people_takes_one_question_and_no_time(user):
    many = [f"p{number}.person@house{number % 900}.example" for number in range(5000)]
    tens = [tuple(many[at : at + 10]) for at in range(0, 5000, 10)]
    fill(user, "sent", *[facts(uid, to=ten) for uid, ten in enumerate(tens, 1)])
    assert len(offered(user)) == 20
    spent = []
    for query in ("p", "pe", "person", "house77", "erson", "p4321.person@h", "zzz"):
        captured = [CaptureQueriesContext(each) for each in connections.all()]
        for each in captured:
            each.__enter__()
        offers_for(user, query)
        for each in captured:
            each.__exit__(None, None, None)
        assert sum(len(each) for each in captured) == 1
        start = time.thread_time()
        offers_for(user, query)
        spent.append(time.thread_time() - start)
    assert max(spent) < 0.010
