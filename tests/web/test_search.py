"""Search in all folders."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
import redis

from tests.web.letters import letter
from webmail.accounts import connect, grants
from webmail.accounts.models import Account
from webmail.index import asking, growing, mailboxes, sync
from webmail.index.models import IndexedMessage
from webmail.push import tasks
from webmail.push.hub import Word
from webmail.store.mailbox import FLAGGED
from webmail.store.protocol import Unreachable
from webmail.web import search

LATER = datetime(2099, 1, 1, tzinfo=UTC)


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


def test_the_senders_are_marked_too(mara, mail):
    page = mara.get("/search/?q=from:jonas").content.decode()
    assert "<mark>Jonas</mark> Okafor" in page


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


def test_a_search_of_what_is_flagged_stands_at_the_flagged_line_of_the_rail(mara, mail):
    page = mara.get("/search/?q=is%3Aflagged").content.decode()
    assert re.search(r'href="/mail/all/\?view=flagged" aria-current="page"', page)


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


def test_older_results_are_a_page_further(mara, store):
    for number in range(70):
        store.append("INBOX", letter(f"Boiler {number}"))
    mara.get(mara.list_url())
    sync.reconcile(store, account_of(mara).pk, "INBOX")
    growing.extend(store, mailboxes.find_mailbox(account_of(mara).pk, "INBOX"), 100)
    first = mara.get("/search/?q=subject:boiler")
    older = re.search(r'rel="next" href="(.*?)"', first.content.decode())[1]
    second = mara.get(unescape(older))
    assert len(subjects(first)) == 50
    assert sorted(subjects(first) + subjects(second)) == sorted(f"Boiler {n}" for n in range(70))
    assert 'rel="next"' not in second.content.decode()


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("q=boiler&on=2026-03-15", "q=boiler+before%3A2026-03-16"),
        ("q=boiler&on=2026-02", "q=boiler+before%3A2026-03-01"),
        ("q=before%3A2020-01-01+x&on=2026-12-31", "q=x+before%3A2027-01-01"),
        ("q=boiler&on=never", "q=boiler"),
        ("q=boiler&on=9999-12-31", "q=boiler"),
        ("q=boiler&on=2026-13", "q=boiler"),
    ],
)
def test_a_day_is_jumped_to_by_a_search_up_to_it(asked, led, mara):
    assert mara.get(f"/search/?{asked}").headers["Location"] == f"/search/?{led}"


@pytest.mark.parametrize("after", ["x", "1", "1.x", "-1.5", "1.2.3", "٣.٣"])
def test_a_place_that_is_none_begins_at_the_newest(after, mara, mail):
    assert len(subjects(mara.get("/search/", {"q": "boiler", "after": after}))) == 2


# -- with a worker ---------------------------------------------------------------------------------


def account_of(reader):
    return Account.objects.get(key=reader.key)


@pytest.fixture
def rung(settings, redis_server, monkeypatch):
    """The searches that a worker was told of."""
    settings.WEBMAIL_REDIS_URL = redis_server
    redis.Redis.from_url(redis_server).flushdb()
    told = []

    def wake(*numbers):
        told.append(numbers)
        return True

    monkeypatch.setattr(search, "wake_search", wake)
    return told


@pytest.fixture
def grown(mara, mail, store):
    """Every mailbox is in the index."""
    store.append("INBOX", letter("Lunch", text="The boiler is warm."), internal_date=LATER)
    for name in ("INBOX", "Archive", "Trash"):
        mara.get(mara.list_url(name))
        row = sync.reconcile(store, account_of(mara).pk, name)
        growing.extend(store, row, 100)


def state_of(answer):
    page = answer.content.decode()
    found = re.search(r'data-found="(.*?)"', page)
    state = re.search(r'id="search-state".*?>(.*?)</p>', page)[1]
    return state, unescape(found[1]) if found else ""


def test_the_index_answers_before_the_server_is_asked(mara, grown, rung, store, monkeypatch):
    monkeypatch.setattr(store, "search", lambda *_: pytest.fail("a web thread asked"))
    answer = mara.get("/search/?q=boiler")
    assert sorted(subjects(answer)) == ["Boiler service", "Old boiler"]
    assert state_of(answer)[0] == "Looking through the text of 3 folders…"
    assert len(rung) == 1


def test_what_the_server_finds_joins_the_list_by_its_date(mara, grown, rung):
    _, url = state_of(mara.get("/search/?q=boiler"))
    assert mara.part(url).status_code == 204
    asking.carry_out(*rung[0])
    answer = mara.part(url)
    assert subjects(answer)[0] == "Lunch"
    assert "3 results" in answer.content.decode()
    assert state_of(answer) == ("", "")
    assert subjects(mara.get("/search/?q=boiler")) == subjects(answer)
    assert len(rung) == 1


def test_the_open_page_is_told_of_each_folder(mara, grown, rung, monkeypatch):
    mara.get("/search/?q=boiler")
    words = []
    monkeypatch.setattr(tasks, "publish", lambda user_id, word: words.append((user_id, word)))
    tasks.search_text(*rung[0])
    assert words == [(rung[0][0], Word(search=rung[0][1]))] * 4


def test_each_folder_shows_as_it_comes(mara, grown, rung, monkeypatch):
    _, url = state_of(mara.get("/search/?q=boiler"))
    seen = []
    look = asking.look

    def look_and_show(store, sought, asked):
        seen.append(state_of(mara.part(url.replace("done=0", "done=x")))[0])
        return look(store, sought, asked)

    monkeypatch.setattr(asking, "look", look_and_show)
    asking.carry_out(*rung[0])
    assert seen == [
        "Looking through the text of 3 folders…",
        "Looking through the text of 2 folders…",
        "Looking through the text of 1 folder…",
    ]


def test_a_search_of_senders_and_subjects_alone_asks_no_server(mara, grown, rung):
    answer = mara.get("/search/?q=subject:boiler+is:unread")
    assert sorted(subjects(answer)) == ["Boiler service", "Old boiler"]
    assert not rung


def test_a_folder_that_is_not_in_the_index_is_asked_of_the_server(mara, mail, rung):
    answer = mara.get("/search/?q=subject:boiler")
    assert state_of(answer)[0] == "Looking through 3 folders…"
    asking.carry_out(*rung[0])
    assert sorted(subjects(mara.get("/search/?q=subject:boiler"))) == [
        "Boiler service",
        "Old boiler",
    ]


def test_mail_that_came_since_is_found(mara, grown, rung, store):
    store.append("INBOX", letter("Another boiler"))
    assert subjects(mara.get("/search/?q=subject:another")) == ["Another boiler"]
    assert not rung


def test_while_somebody_types_only_the_index_is_asked(mara, grown, rung):
    answer = mara.part("/search/?q=boi&typing=1")
    assert sorted(subjects(answer)) == ["Boiler service", "Old boiler"]
    assert state_of(answer)[0] == "Press Enter to look in the text of messages too."
    assert not rung


def test_what_is_found_is_nobody_elses(mara, grown, rung, store):
    _, url = state_of(mara.get("/search/?q=boiler"))
    jonas = type(mara)()
    jonas.post("/sign-in/", {"address": "jonas@hearth.example", "password": "secret"})
    assert jonas.part(url).status_code == 404
    assert jonas.part("/search/found/nonsense/").status_code == 404


def test_a_newer_search_stops_the_older(mara, grown, rung):
    _, old = state_of(mara.get("/search/?q=boiler"))
    mara.get("/search/?q=zebra")
    asking.carry_out(*rung[0])
    assert state_of(mara.part(old))[0].startswith("Not searched in the text of messages: ")


def test_a_search_that_no_worker_takes_is_carried_out_here(mara, grown, rung, monkeypatch):
    _, url = state_of(mara.get("/search/?q=boiler"))
    monkeypatch.setattr(search, "_PATIENCE_S", -1)
    assert "Lunch" in subjects(mara.part(url))
    asking.carry_out(*rung[0])
    assert "Lunch" in subjects(mara.get("/search/?q=boiler"))


def test_without_redis_small_folders_are_searched_and_the_others_named(mara, grown, monkeypatch):
    monkeypatch.setattr(search, "_MOST_AT_ONCE", 2)
    answer = mara.get("/search/?q=boiler")
    assert sorted(subjects(answer)) == ["Boiler service", "Old boiler"]
    assert state_of(answer)[0] == "Not searched in the text of messages: Inbox."


def test_without_a_reading_grant_the_worker_says_what_it_left(mara, grown, rung):
    _, url = state_of(mara.get("/search/?q=boiler"))
    grants.erase(account_of(mara))
    asking.carry_out(*rung[0])
    assert state_of(mara.part(url))[0].startswith("Not searched")


def test_without_a_script_the_page_leads_to_itself(mara, grown, rung):
    page = mara.get("/search/?q=boiler").content.decode()
    assert '<a href="/search/?q=boiler">Look again</a>' in page
    _, url = state_of(mara.get("/search/?q=boiler"))
    assert mara.get(url).headers["Location"] == "/search/?q=boiler"


def test_what_is_known_is_shown_while_the_mail_server_is_away(mara, grown, monkeypatch):
    def refuse(*_):
        raise Unreachable("no answer")

    monkeypatch.setattr(connect, "open_store", refuse)
    connect.pool.close()
    answer = mara.get("/search/?q=boiler")
    assert sorted(subjects(answer)) == ["Boiler service", "Old boiler"]
    assert state_of(answer)[0].startswith("Not searched in the text of messages: Inbox")


def test_rows_that_are_still_bare_get_their_previews(mara, grown):
    IndexedMessage.objects.update(is_dressed=False, preview="")
    typed = mara.part("/search/?q=subject:boiler&typing=1").content.decode()
    assert "Is there any?" not in typed  # no server is waited for
    assert "Is there any?" in mara.get("/search/?q=subject:boiler").content.decode()
