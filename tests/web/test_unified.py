"""All inboxes, all unread, all flagged, all drafts, all sent: over every account of a person."""

import itertools
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.letters import letter
from webmail.accounts import connect, vault
from webmail.accounts.models import Account, User
from webmail.index import growing, sync
from webmail.store.mailbox import FLAGGED, SEEN
from webmail.store.memory import MemoryStore
from webmail.store.protocol import Unreachable
from webmail.web.paths import ref_text


def refs_in(answer):
    assert answer.status_code == 200
    return re.findall(r'<li class="row[^"]*" data-ref="([^"]+)"', answer.content.decode())


@pytest.fixture(autouse=True)
def clock(store, monkeypatch):
    minutes = itertools.count()
    start = timezone.now() - timedelta(days=1)
    tick = lambda: start + timedelta(minutes=next(minutes))  # noqa: E731
    monkeypatch.setattr(store, "_clock", tick)
    return tick


@pytest.fixture
def second(mara, store, monkeypatch, clock):
    """Another account of Mara's, with a store of its own."""
    other = MemoryStore(clock=clock)
    monkeypatch.setattr(other, "close", lambda: None)
    user = User.objects.get()
    account = Account.objects.create(user=user, address="mara@work.example")
    monkeypatch.setattr(
        connect, "open_store", lambda which, password: other if which == account else store
    )
    monkeypatch.setattr(vault, "password_from_session", lambda request, which: vault.Secret("x"))
    other.account = account
    return other


def test_the_inboxes_of_all_accounts_are_one_list_by_date(mara, store, second):
    first = mara.text_of(store.append("INBOX", letter("One")))
    other = ref_text(second.account.key, second.append("INBOX", letter("Two")))
    last = mara.text_of(store.append("INBOX", letter("Three")))
    store.append("Archive", letter("Elsewhere"))
    answer = mara.get("/mail/all/")
    assert refs_in(answer) == [last, other, first]
    page = answer.content.decode()
    assert f'href="/mail/{other}/"' in page
    assert "mara@work.example</span>" in page


def test_an_account_that_is_not_to_be_there_is_not(mara, store, second):
    store.append("INBOX", letter("One"))
    second.append("INBOX", letter("Two"))
    Account.objects.filter(pk=second.account.pk).update(in_unified=False)
    assert len(refs_in(mara.get("/mail/all/"))) == 1


def test_another_persons_messages_are_never_there(mara, store):
    store.append("INBOX", letter("One"))
    assert len(refs_in(mara.get("/mail/all/"))) == 1
    stranger = Client()
    stranger.post("/sign-in/", {"address": "eve@hearth.example", "password": "secret"})
    eve = User.objects.get(address="eve@hearth.example")
    eve.accounts.update(in_unified=False)
    assert refs_in(stranger.get("/mail/all/")) == []


def test_unread_is_of_every_mailbox_but_trash_spam_and_drafts(mara, store):
    kept = [store.append(name, letter(name)) for name in ("INBOX", "Archive", "Sent")]
    store.create_mailbox("Family")
    kept.append(store.append("Family", letter("Family")))
    for name in ("Trash", "Junk", "Drafts"):
        store.append(name, letter(name))
    seen = store.append("INBOX", letter("Seen"))
    store.set_flags([seen], add=[SEEN])
    answer = mara.get("/mail/all/?view=unread")
    assert set(refs_in(answer)) == {mara.text_of(ref) for ref in kept}
    assert '<span class="tag">Family</span>' in answer.content.decode()


def test_what_is_read_elsewhere_is_unread_no_more(mara, store):
    ref = store.append("Archive", letter())
    assert len(refs_in(mara.get("/mail/all/?view=unread"))) == 1
    store.set_flags([ref], add=[SEEN])
    assert refs_in(mara.get("/mail/all/?view=unread")) == []


@pytest.mark.parametrize(("view", "mailbox"), [("drafts", "Drafts"), ("sent", "Sent")])
def test_drafts_and_sent_have_a_view_each(view, mailbox, mara, store):
    ref = store.append(mailbox, letter())
    store.append("INBOX", letter())
    assert refs_in(mara.get(f"/mail/all/?view={view}")) == [mara.text_of(ref)]


def test_the_rail_leads_to_all_that_is_flagged(mara, store):
    ref = store.append("Archive", letter())
    store.append("INBOX", letter())
    store.set_flags([ref], add=[FLAGGED])
    link = re.search(r'href="([^"]+)"[^>]*>\S*<svg[^>]*><use href="#i-star"', _rail(mara)).group(1)
    assert refs_in(mara.get(link)) == [mara.text_of(ref)]


def _rail(mara):
    return mara.get(mara.list_url()).content.decode()


def test_pages_follow_each_other_without_gap_or_repeat(mara, store, second):
    texts = []
    for number in range(60):
        texts.append(mara.text_of(store.append("INBOX", letter(f"{number}"))))
        texts.append(ref_text(second.account.key, second.append("INBOX", letter(f"{number}"))))
    grow(store, second)
    pages, url = [], "/mail/all/"
    while url:
        answer = mara.get(url)
        pages.append(refs_in(answer))
        url = link_in(answer, "next")
    found = [ref for page in pages for ref in page]
    assert len(found) == 120
    assert set(found) == set(texts)
    back = mara.get(link_in(answer, "prev"))
    assert refs_in(back) == pages[1]
    back = mara.get(link_in(back, "prev"))
    assert refs_in(back) == pages[0]
    assert not link_in(back, "prev")


def link_in(answer, rel):
    link = re.search(rf'rel="{rel}" href="([^"]+)"', answer.content.decode())
    return link.group(1).replace("&amp;", "&") if link else ""


def grow(*stores):
    for account, store in zip(Account.objects.order_by("pk"), stores, strict=True):
        growing.grow(store, sync.reconcile(store, account.pk, "INBOX"), for_s=60)


def test_what_is_still_read_in_is_said(mara, store):
    for number in range(60):
        store.append("INBOX", letter(f"{number}"))
    assert "still being read in" in mara.get("/mail/all/").content.decode()


def test_a_server_that_is_away_takes_nothing_from_the_page_but_freshness(mara, store, monkeypatch):
    store.append("INBOX", letter("One"))
    assert len(refs_in(mara.get("/mail/all/"))) == 1

    def away(*_args):
        raise Unreachable("no", host="mail.hearth.example")

    monkeypatch.setattr(store, "mailboxes", away)
    answer = mara.get("/mail/all/")
    assert len(refs_in(answer)) == 1
    assert "does not answer" in answer.content.decode()


@pytest.mark.parametrize("query", ["after=x", "after=1", "after=1.x", "view=secret", "after=9" * 9])
def test_nonsense_shows_the_newest_inboxes(query, mara, store):
    store.append("INBOX", letter())
    assert len(refs_in(mara.get(f"/mail/all/?{query}"))) == 1


def test_a_script_gets_the_list_alone(mara, store):
    store.append("INBOX", letter())
    part = mara.part("/mail/all/").content.decode()
    assert "<!doctype" not in part
    assert 'id="list"' in part
