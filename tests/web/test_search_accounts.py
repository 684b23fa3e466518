"""Search over all accounts of a person, each with a server of its own."""

import pytest

from tests.web.letters import letter
from tests.web.test_search import account_of, mail, rung, state_of, subjects
from webmail.accounts import connect, grants, vault
from webmail.accounts.models import Account, User
from webmail.index import asking, growing, sync
from webmail.store.memory import MemoryStore
from webmail.store.protocol import Unreachable
from webmail.web.paths import ref_text

__all__ = ["mail", "rung"]


@pytest.fixture
def second(mara, mail, store, monkeypatch):
    """Mara's account at work: two messages, one of which says it only in its text."""
    other = MemoryStore()
    monkeypatch.setattr(other, "close", lambda: None)
    account = Account.objects.create(user=User.objects.get(), address="mara@work.example")
    monkeypatch.setattr(
        connect, "open_store", lambda which, password: other if which == account else store
    )
    monkeypatch.setattr(vault, "password_from_session", lambda request, which: vault.Secret("x"))
    monkeypatch.setattr(grants, "password_of", lambda which: vault.Secret("x"))
    other.account = account
    other.found = other.append("INBOX", letter("Boiler at work"))
    other.append("INBOX", letter("Canteen", text="The boiler is cold."))
    for box, name, held_by in (
        (store, "INBOX", account_of(mara)),
        (store, "Archive", account_of(mara)),
        (store, "Trash", account_of(mara)),
        (other, "INBOX", account),
    ):
        growing.extend(box, sync.reconcile(box, held_by.pk, name), 100)
    return other


def test_all_accounts_are_searched_and_each_row_leads_to_its_own(mara, second):
    answer = mara.get("/search/?q=subject:boiler")
    assert sorted(subjects(answer)) == ["Boiler at work", "Boiler service", "Old boiler"]
    page = answer.content.decode()
    assert f'href="/mail/{ref_text(second.account.key, second.found)}/"' in page
    assert '<span class="tag">Inbox, mara@work.example</span>' in page


def test_the_servers_of_all_accounts_look_through_the_text(mara, second, rung):
    answer = mara.get("/search/?q=boiler")
    state, url = state_of(answer)
    assert state == "Looking through the text of 4 folders…"
    asking.carry_out(*rung[0])
    answer = mara.part(url)
    assert "Canteen" in subjects(answer)
    assert state_of(answer) == ("", "")


def test_one_server_that_is_away_leaves_the_others_searched(mara, second, rung, monkeypatch):
    _, url = state_of(mara.get("/search/?q=boiler"))

    def refuse(*_):
        raise Unreachable("no answer")

    monkeypatch.setattr(second, "search", refuse)
    asking.carry_out(*rung[0])
    answer = mara.part(url)
    state = "Not searched in the text of messages: Inbox, mara@work.example."
    assert state_of(answer)[0] == state
    assert "Boiler at work" in subjects(answer)


def test_an_account_whose_password_is_not_at_hand_shows_nothing(mara, second, monkeypatch):
    def sealed(request, which):
        if which == second.account:
            raise vault.Sealed
        return vault.Secret("x")

    monkeypatch.setattr(vault, "password_from_session", sealed)
    assert "Boiler at work" not in subjects(mara.get("/search/?q=subject:boiler"))
