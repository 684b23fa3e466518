"""Search in all folders."""

import re

import pytest

from tests.web.letters import letter
from webmail.store.mailbox import FLAGGED


def subjects(answer):
    found = re.findall(
        r'<span class="row-subject clip" dir="auto">(.*?)</span>', answer.content.decode()
    )
    return [re.sub("<[^>]+>", "", subject) for subject in found]


@pytest.fixture
def mail(store):
    store.append("INBOX", letter("Boiler service"))
    store.append("Archive", letter("Old boiler"), flags=[FLAGGED])
    store.append("Trash", letter("Zebra"))


def test_a_word_is_found_in_every_folder(mara, mail):
    answer = mara.get("/search/?q=boiler")
    page = answer.content.decode()
    assert sorted(subjects(answer)) == ["Boiler service", "Old boiler"]
    assert "2 results" in page
    assert "in all folders" in page
    assert "<mark>Boiler</mark>" in page
    assert '<span class="tag">Archive</span>' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:flagged", ["Old boiler"]),
        ("boiler in:archive", ["Old boiler"]),
        ("boiler in:Inbox", ["Boiler service"]),
        ("subject:zebra", ["Zebra"]),
        ("in:nowhere boiler", []),
        ("unicorn", []),
    ],
)
def test_operators_narrow_it(query, found, mara, mail):
    answer = mara.get("/search/", {"q": query})
    assert subjects(answer) == found


def test_nothing_found_says_for_what(mara, mail):
    assert "Nothing found for “unicorn”" in mara.get("/search/?q=unicorn").content.decode()


def test_an_empty_search_explains_itself(mara):
    assert "has:attachment" in mara.get("/search/").content.decode()


def test_no_more_than_fifty_are_shown_and_the_rest_is_within_reach(mara, store):
    for number in range(70):
        store.append("INBOX", letter(f"Boiler {number}"))
    answer = mara.get("/search/?q=boiler")
    assert len(subjects(answer)) == 50
    assert "The newest 50 of 70 are shown." in answer.content.decode()
    assert f"{mara.list_url()}?q=boiler" in answer.content.decode()


def test_the_flagged_line_of_the_rail_is_a_search(mara, mail):
    page = mara.get("/search/?q=is%3Aflagged").content.decode()
    assert re.search(r'href="/search/\?q=is%3Aflagged" aria-current="page"', page)


def test_a_filter_can_be_taken_away_and_added(mara, mail):
    page = mara.get("/search/?q=boiler+is%3Aunread").content.decode()
    assert 'href="/search/?q=boiler" aria-label="Remove filter is: unread"' in page
    assert 'href="/search/?q=boiler+is%3Aunread+has%3Aattachment"' in page


@pytest.mark.parametrize(
    "query", ["{5}", "a)(DELETED", '"><script>alert(1)</script>', "x\r\nA1 LOGOUT", "\x00"]
)
def test_whatever_is_typed_is_only_looked_for(query, mara, mail):
    answer = mara.get("/search/", {"q": query})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_a_script_gets_the_list_alone(mara, mail):
    assert "<html" not in mara.part("/search/?q=boiler").content.decode()
