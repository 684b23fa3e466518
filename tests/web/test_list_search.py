"""A search within one list."""

import re

import pytest

from tests.web.letters import letter
from tests.web.test_search import account_of
from webmail.accounts import connect
from webmail.index import growing, sync
from webmail.store.mailbox import FLAGGED
from webmail.store.protocol import Unreachable
from webmail.web import list_search


def refs_in(answer):
    return re.findall(r'<li class="row[^"]*" data-ref="([^"]+)"', answer.content.decode())


def link(answer, rel):
    found = re.search(rf'<a class="btn" rel="{rel}" href="([^"]+)"', answer.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


@pytest.fixture
def flagged(mara, store):
    """A hundred and twenty, every one flagged, all in the index; newest first."""
    refs = [store.append("INBOX", letter(f"Tile {n}"), flags=[FLAGGED]) for n in range(120)]
    mara.get(mara.list_url())
    growing.extend(store, sync.reconcile(store, account_of(mara).pk, "INBOX"), 200)
    return [mara.text_of(ref) for ref in reversed(refs)]


def test_the_index_answers_and_its_pages_lead_both_ways(mara, store, flagged, monkeypatch):
    monkeypatch.setattr(store, "page", lambda *_, **__: pytest.fail("the server was asked"))
    first = mara.get(f"{mara.list_url()}?q=is:flagged")
    second = mara.get(link(first, "next"))
    third = mara.get(link(second, "next"))
    assert refs_in(first) + refs_in(second) + refs_in(third) == flagged
    assert "120 messages found" in third.content.decode()
    assert not link(first, "prev")
    assert not link(third, "next")
    assert refs_in(mara.get(link(third, "prev"))) == refs_in(second)
    back = mara.get(link(second, "prev"))
    assert refs_in(back) == refs_in(first)
    assert not link(back, "prev")


def test_what_only_the_server_knows_it_is_asked(mara, store, flagged):
    ref = store.append("INBOX", letter("Lunch", text="The boiler is warm."))
    assert refs_in(mara.get(f"{mara.list_url()}?q=boiler")) == [mara.text_of(ref)]


def test_the_text_of_many_messages_is_looked_through_elsewhere(mara, store, flagged, monkeypatch):
    monkeypatch.setattr(list_search, "_MOST_WAITED_FOR", 100)
    answer = mara.get(f"{mara.list_url()}?q=boiler")
    assert answer.headers["Location"] == "/search/?q=boiler+in%3AINBOX"
    assert len(refs_in(mara.get(f"{mara.list_url()}?q=subject:tile"))) == 50


def test_what_is_known_is_shown_while_the_mail_server_is_away(mara, store, flagged, monkeypatch):
    def refuse(*_):
        raise Unreachable("no answer")

    monkeypatch.setattr(connect, "open_store", refuse)
    connect.pool.close()
    answer = mara.get(f"{mara.list_url()}?q=is:flagged")
    assert len(refs_in(answer)) == 50
    assert "as of" in answer.content.decode().lower()
    assert mara.get(f"{mara.list_url()}?q=boiler").status_code == 503
