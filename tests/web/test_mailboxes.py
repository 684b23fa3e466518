"""The list of a mailbox."""

import re

import pytest

from tests.web.conftest import ADDRESS
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.store.mailbox import FLAGGED, SEEN, SpecialUse
from webmail.store.protocol import Unreachable


def refs_in(answer):
    return re.findall(r'<li class="row[^"]*" data-ref="([^"]+)"', answer.content.decode())


def fill(store, count, mailbox="INBOX"):
    return [store.append(mailbox, letter(f"Letter {n}")) for n in range(1, count + 1)]


def test_the_door_leads_to_the_inbox(mara):
    assert mara.get("/")["Location"] == mara.list_url()
    assert mara.get("/mail/")["Location"] == mara.list_url()


def test_a_row_links_to_what_its_data_ref_says(mara, store):
    ref = store.append("INBOX", letter())
    answer = mara.get(mara.list_url())
    assert refs_in(answer) == [mara.text_of(ref)]
    assert f'href="/mail/{mara.text_of(ref)}/"' in answer.content.decode()
    assert mara.get(f"/mail/{refs_in(answer)[0]}/").status_code == 200


def test_a_row_says_all_of_its_message(mara, store):
    kind = "multipart/mixed; boundary=b"
    body = "--b\r\n\r\nHello there\r\n--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--"
    store.append("INBOX", letter("Cabin", body, kind=kind), flags=[FLAGGED])
    page = mara.get(mara.list_url()).content.decode()
    for words in (
        ">Unread.<",
        ">Jonas Okafor<",
        ">Cabin<",
        "Hello there",
        "Has attachment",
        "Flagged",
    ):
        assert words in page


def test_pages_are_of_fifty_newest_first_and_lead_to_each_other(mara, store):
    User.objects.update(groups_conversations=False)
    refs = [mara.text_of(ref) for ref in reversed(fill(store, 120))]
    first = mara.get(mara.list_url())
    assert refs_in(first) == refs[:50]
    assert "1–50 of 120" in first.content.decode()
    second = mara.get(_link(first, "next"))
    assert refs_in(second) == refs[50:100]
    third = mara.get(_link(second, "next"))
    assert refs_in(third) == refs[100:]
    assert "101–120 of 120" in third.content.decode()
    assert refs_in(mara.get(_link(third, "prev"))) == refs[50:100]
    assert not _link(third, "next")


def _link(answer, rel):
    found = re.search(rf'<a class="btn" rel="{rel}" href="([^"]+)"', answer.content.decode())
    return found.group(1).replace("&amp;", "&") if found else ""


def test_a_filter_and_its_pages_keep_together(mara, store):
    for ref in fill(store, 60):
        store.set_flags([ref], add=[FLAGGED])
    fill(store, 5)
    answer = mara.get(f"{mara.list_url()}?q=is%3Aflagged")
    assert len(refs_in(answer)) == 50
    assert "60 messages found" in answer.content.decode()
    assert len(refs_in(mara.get(_link(answer, "next")))) == 10


@pytest.mark.parametrize(
    "nonsense", ["after=x", "after=-1", "newer=1.x", "after=99999999999", "q="]
)
def test_nonsense_in_the_query_shows_the_newest_page(nonsense, mara, store):
    fill(store, 2)
    assert len(refs_in(mara.get(f"{mara.list_url()}?{nonsense}"))) == 2


def test_an_empty_inbox_says_all_done(mara):
    assert "All done" in mara.get(mara.list_url()).content.decode()


def test_a_search_without_a_match_offers_all_folders(mara, store):
    fill(store, 1)
    page = mara.get(f"{mara.list_url()}?q=zebra").content.decode()
    assert "Nothing found" in page
    assert "/search/?q=zebra" in page


def test_sent_rows_name_their_recipients(mara, store):
    store.append("Sent", letter(to="Ingrid Lindgren <ingrid@hearth.example>"))
    assert ">To Ingrid Lindgren<" in mara.get(mara.list_url("Sent")).content.decode()


def test_draft_rows_open_the_composer(mara, store):
    ref = store.append("Drafts", letter())
    page = mara.get(mara.list_url("Drafts")).content.decode()
    assert f'href="/compose/?draft_of={mara.text_of(ref)}"' in page


def test_a_mailbox_that_is_not_there_is_said_so_with_the_rail(mara):
    answer = mara.get(mara.list_url("Nowhere"))
    assert answer.status_code == 404
    assert "There is no such folder" in answer.content.decode()
    assert mara.list_url("Archive") in answer.content.decode()


def test_a_hostile_name_of_a_mailbox_stays_text(mara, store):
    name = '<img src=x onerror=alert(1)>"'
    store.create_mailbox(name)
    page = mara.get(mara.list_url(name)).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_script_gets_the_list_alone(mara, store):
    fill(store, 1)
    part = mara.part(mara.list_url()).content.decode()
    assert "<section" in part
    assert "<html" not in part


def test_the_rail_counts_unread_and_drafts(mara, store):
    fill(store, 3)
    store.set_flags([store.append("INBOX", letter())], add=[SEEN])
    fill(store, 2, "Drafts")
    page = mara.get(mara.list_url()).content.decode()
    counts = re.findall(r'class="n">(\d+)<span class="sr"> (unread|drafts)', page)
    assert counts == [("3", "unread"), ("2", "drafts")]


def test_the_rail_shows_own_folders_as_a_tree(mara, store):
    for name in ("Family", "Family/School", "Archive/2024"):
        store.create_mailbox(name)
    page = mara.get(mara.list_url()).content.decode()
    labels = re.findall(r'<span class="label clip" dir="auto">([^<]+)', page)
    assert labels[:7] == ["Inbox", "Flagged", "Drafts", "Sent", "Archive", "Spam", "Trash"]
    assert labels[7:10] == ["Archive / 2024", "Family", "School"]


def test_without_the_server_the_page_names_it_and_offers_to_try_again(mara, monkeypatch):
    def fail(self):
        raise Unreachable("The connection timed out.", host="mail.hearth.example", reason="timeout")

    monkeypatch.setattr("webmail.store.memory.MemoryStore.mailboxes", fail)
    answer = mara.get(mara.list_url())
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "mail.hearth.example does not answer" in page
    assert "Try again" in page


def sign_in_from(browser, zone):
    fields = {"address": ADDRESS, "password": "any", "zone": zone}
    assert browser.post("/sign-in/", fields).status_code == 303


def test_a_person_can_say_their_zone(mara, store):
    from webmail.accounts.models import User

    store.append("INBOX", letter())
    sign_in_from(mara, "Pacific/Kiritimati")
    assert "+14:00" in mara.get(mara.list_url()).content.decode()
    User.objects.update(time_zone="Asia/Kolkata")
    assert "+05:30" in mara.get(mara.list_url()).content.decode()
    User.objects.update(time_zone="")
    sign_in_from(mara, "../../etc/passwd")
    assert "+00:00" in mara.get(mara.list_url()).content.decode()


def test_special_uses_have_the_labels_people_know(store):
    from webmail.web.shell import SPECIAL, special_mailboxes

    assert set(special_mailboxes(store.mailboxes())) <= set(SPECIAL) | {SpecialUse.ALL}
