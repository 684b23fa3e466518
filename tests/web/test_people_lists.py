"""Lists of people: kept in the settings, written to by name, without a script."""

import re
import time
from html import unescape

import pytest

from tests.web.forms import begin, form_of
from webmail.accounts.models import User
from webmail.submission.models import ForgottenPerson, Group, Outgoing, StoredDraft
from webmail.web.people_lists import filled_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
MEMBERS = "Anna <anna@lindgren.example>, ben@okafor.example"


def save(client, **fields):
    return client.post("/settings/people/", {"do": "save", "group": "new"} | fields)


@pytest.fixture
def family(mara):
    user = User.objects.get(address="mara@hearth.example")
    return Group.objects.create(user=user, name="Family", members=MEMBERS)


@pytest.mark.parametrize(
    "pasted",
    [
        "Anna <anna@lindgren.example>\r\nben@okafor.example\r\n",
        "Anna <anna@lindgren.example>; ben@okafor.example, BEN@okafor.example",
        "Name\tMail\nAnna\tanna@lindgren.example\n\tben@okafor.example",
    ],
)
def test_a_list_is_pasted_in_any_shape_and_shown_as_text(mara, pasted):
    assert save(mara, name=" Family ", members=pasted).status_code == 303
    group = Group.objects.get()
    assert (group.name, group.members) == ("Family", MEMBERS)
    page = unescape(mara.get("/settings/people/").content.decode())
    assert "Anna <anna@lindgren.example>\nben@okafor.example</textarea>" in page


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "", "members": "a@b.example"}, "Give it a name"),
        ({"name": "a, b", "members": "a@b.example"}, "it must differ from an address"),
        ({"name": "FAMILY", "members": "a@b.example"}, "There is a list called “FAMILY” already"),
        ({"name": "New", "members": " "}, "Write or paste who is in it"),
        ({"name": "New", "members": "a@b.example, Ann"}, "“Ann” is not a mail address"),
        ({"name": "New", "members": "a@b@c.example, d@e.example"}, "is not a mail address"),
        (
            {"name": "New", "members": "\n".join(f"a{n}@b.example" for n in range(501))},
            "500 people",
        ),
    ],
)
def test_what_cannot_be_kept_says_why_and_stays_as_typed(mara, family, fields, expected):
    answer = save(mara, **fields)
    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    assert expected in page
    assert fields["members"].strip() in page
    assert Group.objects.count() == 1


def test_a_list_is_changed_and_removed_by_its_owner_alone(mara, family):
    save(mara, group=family.key, name="Kin", members="a@b.example")
    family.refresh_from_db()
    assert (family.name, family.members) == ("Kin", "a@b.example")
    other = User.objects.create(address="other@hearth.example")
    theirs = Group.objects.create(user=other, name="Theirs", members="a@b.example")
    assert save(mara, group=theirs.key, name="x", members="a@b.example").status_code == 404
    assert save(mara, group=theirs.key, do="remove").status_code == 404
    assert save(mara, group=family.key, do="remove").status_code == 303
    assert list(Group.objects.all()) == [theirs]


def test_its_name_alone_becomes_its_people_when_saved_and_that_is_said(mara, family):
    action, fields = begin(mara, to='Zoe <z@far.example>, FAMILY; "Family" <x@y.example>')
    answer = mara.post(action, fields | {"do": "save"}, follow=True)
    to = StoredDraft.objects.get().fields["to"]
    assert to == f'Zoe <z@far.example>, {MEMBERS}; "Family" <x@y.example>'
    assert "“Family” is now its 2 people." in answer.content.decode()
    assert form_of(answer)[1]["to"] == to


def test_its_name_alone_is_sent_to_its_people_and_that_is_said(mara, family):
    action, fields = begin(mara, to="family", text="Hello")
    answer = mara.post(action, fields | {"do": "send"}, follow=True)
    assert sorted(Outgoing.objects.get().rcpt_to) == ["anna@lindgren.example", "ben@okafor.example"]
    assert "“Family” is now its 2 people." in answer.content.decode()


def test_a_name_that_is_no_list_is_refused_as_ever(mara, family):
    action, fields = begin(mara, to="Families, Famil")
    answer = mara.post(action, fields | {"do": "send"})
    assert "“Families” is not a mail address" in answer.content.decode()


def test_a_field_full_of_open_quotation_marks_is_read_in_a_moment(family):
    typed = {"to": '"' + '\\"' * 20_000 + ", Family"}
    before = time.process_time()
    fields, _ = filled_in(family.user, typed)
    assert fields["to"].endswith(f", {MEMBERS}")
    assert time.process_time() - before < 4


def test_who_was_forgotten_is_brought_back(mara):
    user = User.objects.get(address="mara@hearth.example")
    ForgottenPerson.objects.create(user=user, addr_spec="anna@lindgren.example", at=1)
    page = mara.get("/settings/people/").content.decode()
    assert "Suggest anna@lindgren.example again" in page
    save(mara, do="suggest", address="anna@lindgren.example")
    assert not ForgottenPerson.objects.exists()


def test_a_field_without_script_lists_whom_one_may_choose(mara, family):
    page = mara.get("/compose/").content.decode()
    assert re.search(r'<input id="to" name="to" value="" list="people-offered"', page)
    listed = re.search(r"<noscript><datalist id=\"people-offered\">(.*?)</datalist>", page)[1]
    assert '<option value="Family"></option>' in listed
    assert mara.part("/compose/").content.decode().count("people-offered") == 0
