"""A PostgreSQL that is away when somebody presses Send, and after the server's 250 (F22, F23)."""

import re
import time
from html import unescape
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.browser.conftest import chromium  # noqa: F401  (a fixture)
from tests.faults.front import TYPED, open_front, sign_in, timed
from tests.faults.rig import ADA, Rig
from tests.lab.cutter import Cutter
from tests.lab.smtp_sink import Act

KILLED = -9
KEPT = """() => new Promise((resolve) => {
  indexedDB.open("hearth").onsuccess = ({ target }) => {
    const all = target.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => resolve(all.result);
  };
})"""


@pytest.fixture(scope="module")
def running(tmp_path_factory, lab, postgres):
    """A rig whose database lies behind a cutter, ``rig.way``."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE away")
    with Cutter(urlsplit(postgres).port) as way:
        url = f"postgresql://hearth@127.0.0.1:{way.port}/away"
        rig = Rig(tmp_path_factory.mktemp("away"), lab, url)
        rig.way = way
        rig.start()
        yield rig
        way.refuse(refusing=False)
        rig.stop()


def come_back(rig):
    rig.way.refuse(refusing=False)
    rig.do("reconnect")


@pytest.fixture
def rig(running):
    come_back(running)
    running.reset()
    return running


@pytest.fixture(scope="module")
def port(running):
    with open_front(running) as port:
        yield port


def shown_text(page):
    found = re.search(r'<textarea[^>]* name="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return unescape(found[1])


def test_a_form_posted_while_the_database_is_away_comes_back_with_all_that_was_typed(rig, port):
    """F22: an honest answer within 5 s, the text in it, and one press sends it."""
    browser = sign_in(rig, port)
    action, fields = browser.open_form()
    fields |= TYPED | {"do": "send"}
    rig.way.refuse()
    answer, took_s = timed(browser, action, fields, by_script=False)
    assert (answer.status, took_s < 5) == (503, True)
    assert "Not sent, not saved" in answer.text
    assert shown_text(answer.text) == TYPED["text"]
    for name in ("to", "subject"):
        assert f'name="{name}" value="{TYPED[name]}"' in answer.text
    assert f'name="fresh" value="{fields["fresh"]}"' in answer.text
    assert 'name="do" value="send"' in answer.text
    come_back(rig)
    assert rig.do("rows") == []
    assert browser.press(action, fields, by_script=False).status == 303
    rig.do("catch_up")
    assert (rig.states(), len(rig.sink.taken)) == (["done"], 1)


def test_other_pages_say_that_the_database_is_away(rig, port):
    """F22: nobody is told that something broke."""
    browser = sign_in(rig, port)
    rig.way.refuse()
    answer = browser.get("/outbox/")
    assert answer.status == 503
    assert "The database of this server does not answer" in answer.text


def test_a_form_of_another_site_is_shown_to_nobody(rig, port):
    """F22, T57: the token is not looked at before the database is."""
    browser = sign_in(rig, port)
    action, fields = browser.open_form()
    rig.way.refuse()
    body = "text=Mine&to=eve%40elsewhere.test"
    headers = {"Origin": "http://evil.test", "Content-Type": "application/x-www-form-urlencoded"}
    answer = browser._ask("POST", action, headers, body.encode())
    assert answer.status == 503
    assert "Mine" not in answer.text


def test_the_window_keeps_the_text_while_the_database_is_away(rig, port, chromium):  # noqa: F811
    """F22: by script the window stays as it is, and so does the copy in this browser."""
    page = chromium.new_page()
    page.set_default_timeout(8000)
    page.goto(f"http://127.0.0.1:{port}/sign-in/")
    page.fill('[name="address"]', ADA)
    page.fill('[name="password"]', rig.lab.users[ADA])
    page.click('button[type="submit"]')
    page.wait_for_url("**/mail/**")
    page.goto(f"http://127.0.0.1:{port}/compose/")
    page.locator(".editor[contenteditable]").wait_for()
    page.fill("#to", TYPED["to"])
    page.fill('[name="subject"]', TYPED["subject"])
    page.locator(".editor[contenteditable]").fill("Bring the saw.")
    rig.way.refuse()
    began = time.monotonic()
    page.click('[name="do"][value="send"]:visible')
    notice = page.locator(".notice.bad")
    notice.wait_for(timeout=5000)
    assert time.monotonic() - began < 5
    assert (
        "Not sent. The database of this server does not answer. Your message is kept"
        in notice.inner_text()
    )
    assert "Bring the saw." in page.locator("form[data-compose]").inner_text()
    (kept,) = page.evaluate(KEPT)
    assert kept["text"].strip() == "Bring the saw."
    come_back(rig)
    page.click('[name="do"][value="send"]:visible')
    rig.wait(lambda: rig.states() != [], timeout_s=10)
    page.wait_for_url("**/mail/**")
    page.close()
    rig.do("catch_up")
    assert len(rig.sink.taken) == 1


# -- after the 250 --------------------------------------------------------------------------------


def test_a_database_away_after_the_250_hears_of_it_when_it_is_back(rig):
    """F23: the commit is tried again until it holds."""
    message = rig.queue()
    rig.sink.plan("end", Act(call=rig.way.refuse))
    sender = rig.begin("deliver", outgoing_id=message)
    rig.sink.wait_for("end")
    time.sleep(1)
    come_back(rig)
    assert rig.end_of(sender) == 0
    assert rig.row(message)["state"] == "accepted"
    rig.do("catch_up")
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)


def test_a_sender_killed_while_the_database_was_away_has_left_a_line_in_the_journal(rig):
    """F23: what the commit could not say, the journal says."""
    message = rig.queue()
    rig.sink.plan("end", Act(call=rig.way.refuse))
    sender = rig.begin("deliver", outgoing_id=message)
    rig.sink.wait_for("quit")
    time.sleep(0.5)
    rig.kill(sender)
    assert rig.end_of(sender) == KILLED
    come_back(rig)
    assert rig.row(message)["state"] == "data"
    rig.do("pass_time", seconds=20 * 60)
    rig.do("catch_up")
    assert (rig.row(message)["state"], len(rig.sink.taken)) == ("done", 1)
    assert rig.row(message)["smtp_reply"] == "250 2.0.0 taken"
