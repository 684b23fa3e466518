"""The page of all folders."""

import pytest

from tests.web.letters import letter


@pytest.fixture
def url(mara):
    return f"/mail/{mara.key}/"


def names(store):
    return {mailbox.name for mailbox in store.mailboxes()}


def test_the_page_lists_every_folder(mara, store, url):
    store.create_mailbox("Family")
    store.create_mailbox("Family/School")
    page = mara.get(url).content.decode()
    for label in ("Inbox", "Drafts", "Sent", "Archive", "Spam", "Trash", "School"):
        assert f">{label}</span>" in page


def test_a_folder_is_made_at_the_top_or_inside_another(mara, store, url):
    answer = mara.post(url, {"do": "create", "leaf": " Rezepte & Küche "})
    assert (answer.status_code, answer["Location"]) == (303, url)
    mara.post(url, {"do": "create", "leaf": "Backen", "parent": "Rezepte & Küche"})
    assert {"Rezepte & Küche", "Rezepte & Küche/Backen"} <= names(store)


@pytest.mark.parametrize(
    "leaf", ["", "  ", "a/b", "a*", "50%", 'x"', "a\\b", "a\nb", "x" * 101, "Archive"]
)
def test_a_name_that_cannot_be_is_refused_with_a_reason(leaf, mara, store, url):
    before = names(store)
    answer = mara.post(url, {"do": "create", "leaf": leaf})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert names(store) == before


def test_a_folder_is_renamed_where_it_is(mara, store, url):
    store.create_mailbox("Family/School")
    mara.post(url, {"do": "rename", "mailbox": "Family/School", "leaf": "Kindergarten"})
    assert "Family/Kindergarten" in names(store)
    assert "Family/School" not in names(store)


def test_deleting_a_folder_asks_first_and_says_what_goes_with_it(mara, store, url):
    store.create_mailbox("House")
    store.append("House", letter())
    asked = mara.post(url, {"do": "delete", "mailbox": "House"})
    assert "1 message in it will be deleted for good" in asked.content.decode()
    assert "House" in names(store)
    mara.post(url, {"do": "delete", "mailbox": "House", "confirmed": "1"})
    assert "House" not in names(store)


@pytest.mark.parametrize("do", ["rename", "delete"])
@pytest.mark.parametrize("mailbox", ["INBOX", "Trash", "Nowhere", ""])
def test_what_is_needed_or_unknown_stays(do, mailbox, mara, store, url):
    before = names(store)
    fields = {"do": do, "mailbox": mailbox, "leaf": "x", "confirmed": "1"}
    assert mara.post(url, fields).status_code == 422
    assert names(store) == before


def test_a_folder_that_holds_others_is_not_deleted(mara, store, url):
    store.create_mailbox("Family")
    store.create_mailbox("Family/School")
    answer = mara.post(url, {"do": "delete", "mailbox": "Family", "confirmed": "1"})
    assert answer.status_code == 422
    assert "holds other folders" in answer.content.decode()
