"""Settings: one form for each section, saved with and without script."""

import pytest

from webmail.accounts.models import Account, Identity, User
from webmail.web.identities import is_own_address

pytestmark = pytest.mark.django_db

APPEARANCE = "/settings/appearance/"
IDENTITIES = "/settings/identities/"


def test_a_chosen_theme_and_density_are_in_the_next_page(mara):
    fields = {"theme": "dark", "density": "compact", "time_zone": "Europe/Stockholm"}
    assert mara.post(APPEARANCE, fields).status_code == 303
    page = mara.get(APPEARANCE).content.decode()
    assert 'data-theme="dark" data-density="compact"' in page
    assert "Times are shown in Europe/Stockholm now." in page


@pytest.mark.parametrize(
    "wrong", [{"theme": "neon"}, {"density": "tight"}, {"time_zone": "Mars/Olympus"}]
)
def test_a_choice_that_does_not_exist_changes_nothing(mara, wrong):
    assert mara.post(APPEARANCE, wrong).status_code == 422
    user = User.objects.get()
    assert (user.theme, user.density, user.time_zone) == ("", "", "")


def test_a_script_gets_its_answer_in_json(mara):
    asked = {"accept": "application/json"}
    assert mara.post(APPEARANCE, {"theme": "dark"}, headers=asked).json() == {"errors": {}}
    answer = mara.post(APPEARANCE, {"theme": "neon"}, headers=asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["form"])


def test_a_section_that_does_not_exist_is_not_found(mara):
    assert mara.get("/settings/nothing/").status_code == 404


def test_the_name_of_an_identity_is_the_name_of_the_person(mara):
    key = Identity.objects.get().key
    fields = {"identity": key, "name": " Mara  Lindgren "}
    mara.post(IDENTITIES, fields | {"do": "save"})
    assert Identity.objects.get().name == "Mara Lindgren"
    assert User.objects.get().name == "Mara Lindgren"


def test_an_address_of_somebody_else_is_refused_and_stays_in_the_field(mara):
    fields = {"do": "add", "name": "Jonas", "addr_spec": "jonas@hearth.example"}
    answer = mara.post(IDENTITIES, fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "You can write as mara@hearth.example only" in page
    assert 'value="jonas@hearth.example"' in page
    assert Identity.objects.count() == 1


def test_an_identity_can_be_added_made_the_default_and_removed(mara):
    mara.post(IDENTITIES, {"do": "add", "name": "M", "addr_spec": "mara+list@hearth.example"})
    key = Identity.objects.get(name="M").key
    mara.post(IDENTITIES, {"do": "default", "identity": key})
    assert Account.objects.get().identities.first().name == "M"
    mara.post(IDENTITIES, {"do": "remove", "identity": key})
    (left,) = Identity.objects.all()
    assert (left.addr_spec, left.is_default) == ("mara@hearth.example", True)


def test_the_last_identity_stays(mara):
    key = Identity.objects.get().key
    assert mara.post(IDENTITIES, {"do": "remove", "identity": key}).status_code == 422
    assert Identity.objects.count() == 1


def test_an_identity_of_somebody_else_is_unknown(mara):
    other = User.objects.create(address="ben@hearth.example")
    account = other.accounts.create(address=other.address)
    theirs = Identity.objects.create(account=account, addr_spec=other.address)
    fields = {"do": "save", "identity": theirs.key, "name": "Me"}
    assert mara.post(IDENTITIES, fields).status_code == 404


@pytest.mark.parametrize(
    ("addr_spec", "own"),
    [
        ("mara@hearth.example", True),
        ("MARA@Hearth.Example", True),
        ("mara+list@hearth.example", True),
        ("mara@other.example", False),
        ("maraa@hearth.example", False),
        ("+mara@hearth.example", False),
    ],
)
def test_ones_own_addresses_are_the_accounts_and_its_tags(addr_spec, own):
    assert is_own_address(Account(address="mara@hearth.example"), addr_spec) is own


def test_reading_says_whether_conversations_and_in_which_order(mara):
    url = "/settings/reading/"
    key = User.objects.get().accounts.get().key
    assert 'name="groups_conversations" value="1" checked' in mara.get(url).content.decode()
    assert mara.post(url, {"order": "newest"}).status_code == 303
    user = User.objects.get()
    assert (user.groups_conversations, user.newest_first) == (False, True)
    assert not user.accounts.get().in_unified
    mara.post(url, {"groups_conversations": "1", "order": "oldest", "unified": key})
    user = User.objects.get()
    assert (user.groups_conversations, user.newest_first) == (True, False)
    assert user.accounts.get().in_unified


def test_nobody_changes_the_accounts_of_another(mara):
    other = User.objects.create(address="eve@hearth.example")
    account = other.accounts.create(address=other.address, in_unified=False)
    mara.post("/settings/reading/", {"unified": account.key})
    account.refresh_from_db()
    assert not account.in_unified


def test_keeping_watch_while_away_is_off_until_somebody_wants_it(mara):
    privacy = "/settings/privacy/"
    page = mara.get(privacy).content.decode()
    assert "the server can read this mailbox while you are away" in page
    assert not User.objects.get().watches_away
    assert mara.post(privacy, {"watches_away": "1"}).status_code == 303
    assert User.objects.get().watches_away
    assert mara.post(privacy, {"watches_away": "perhaps"}).status_code == 422
    assert mara.post(privacy, {"watches_away": ""}).status_code == 303
    assert not User.objects.get().watches_away


def test_the_bare_address_leads_to_the_first_section(mara):
    answer = mara.get("/settings/")
    assert (answer.status_code, answer["location"]) == (302, "/settings/appearance/")


@pytest.mark.parametrize("page", [APPEARANCE, IDENTITIES, "/settings/privacy/"])
def test_every_form_carries_the_token_against_other_sites(mara, page):
    forms = mara.get(page).content.decode().split("<form ")[1:]
    posting = [form for form in forms if 'method="post"' in form.partition(">")[0]]
    assert posting
    assert all('name="csrfmiddlewaretoken"' in form for form in posting)


def test_what_was_answered_about_photos_can_be_changed(mara):
    User.objects.update(photo_place="remove", photo_size="whole")
    page = mara.get("/settings/privacy/").content.decode()
    assert '<option value="remove" selected>Remove it</option>' in page
    assert '<option value="whole" selected>As it is</option>' in page
    mara.post("/settings/privacy/", {"photo_place": "", "photo_size": "medium"})
    user = User.objects.get()
    assert (user.photo_place, user.photo_size) == ("", "medium")
    assert mara.post("/settings/privacy/", {"photo_size": "huge"}).status_code == 422
    assert User.objects.get().photo_size == "medium"
