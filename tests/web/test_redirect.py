"""Redirecting a message: a page that asks for recipients, and the outbox."""

import re
from html import unescape

import pytest

from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.store.mailbox import DRAFT
from webmail.submission import offers, outbox, tasks
from webmail.submission.models import Outgoing, State
from webmail.submission.wishes import Wishes

pytestmark = pytest.mark.django_db(transaction=True)
ORIGINAL = letter(head="Message-ID: <wood@hearth.example>")


@pytest.fixture(autouse=True)
def submission(settings, monkeypatch):
    monkeypatch.setattr(offers, "ask", lambda endpoint, tls, addresses: None)
    monkeypatch.setattr(tasks, "ring", lambda task, outgoing_id: True)
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")


@pytest.fixture
def url(mara, store):
    return f"{mara.url_of(store.append('INBOX', ORIGINAL))}redirect/"


def form_of(answer):
    page = answer.content.decode()
    return {
        name: unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])
        for name in ("token", "identity", "to", "cc", "bcc")
    }


def test_a_message_goes_on_as_it_is_by_way_of_the_one_it_was_sent_to(mara, store, url):
    assert url in mara.get(url.removesuffix("redirect/")).content.decode()
    fields = form_of(mara.get(url)) | {"to": "Ben <ben@hearth.test>", "bcc": "chiyo@hearth.test"}
    answer = mara.post(url, fields)
    assert (answer.status_code, answer["Location"]) == (303, url.removesuffix("redirect/"))
    row = Outgoing.objects.get()
    assert (row.state, row.mail_from) == (State.HELD, "mara@hearth.example")
    assert row.rcpt_to == ["ben@hearth.test", "chiyo@hearth.test"]
    assert (row.relation, row.source_mailbox, row.draft_key) == ("redirect", "INBOX", "")
    wire = outbox.wire_bytes(row)
    assert wire.endswith(ORIGINAL)
    assert b"Resent-To: Ben <ben@hearth.test>\r\n" in wire
    assert f"Resent-Message-ID: {row.message_id}\r\n".encode() in wire
    assert b"chiyo" not in wire
    assert b"Resent-Bcc: <chiyo@hearth.test>\r\n" in outbox.sent_bytes(row)


def test_one_form_sent_twice_redirects_once(mara, url):
    fields = form_of(mara.get(url)) | {"to": "ben@hearth.test"}
    for _ in range(2):
        assert mara.post(url, fields).status_code == 303
    assert Outgoing.objects.count() == 1


def test_undo_leads_back_to_the_recipients_and_keeps_nothing(mara, url):
    fields = form_of(mara.get(url)) | {"to": "ben@hearth.test", "bcc": "chiyo@hearth.test"}
    mara.post(url, fields)
    answer = mara.post(f"/outbox/{Outgoing.objects.get().key}/", {"do": "undo"})
    row = Outgoing.objects.get()
    assert (row.state, row.wire_path, row.sent_path) == (State.CANCELLED, "", "")
    again = form_of(mara.get(answer["Location"]))
    assert (again["to"], again["bcc"]) == ("ben@hearth.test", "chiyo@hearth.test")
    stale = mara.post(url, fields)
    assert stale.status_code == 422
    assert "This was taken back" in stale.content.decode()
    fresh = form_of(stale)
    assert fresh["token"] != fields["token"]
    assert mara.post(url, fresh).status_code == 303
    assert Outgoing.objects.filter(state=State.HELD).count() == 1


def test_a_redirection_that_failed_is_discarded_without_a_question(mara, url):
    mara.post(url, form_of(mara.get(url)) | {"to": "ben@hearth.test"})
    Outgoing.objects.update(state=State.FAILED)
    shown = mara.get("/outbox/").content.decode()
    assert "Redirected: Firewood" in shown
    assert 'value="edit"' not in shown
    mara.post(f"/outbox/{Outgoing.objects.get().key}/", {"do": "discard"})
    assert Outgoing.objects.get().state == State.CANCELLED


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Write at least one address."),
        ({"to": "ben@"}, "“ben@” is not a mail address"),
        ({"to": "ben@hearth.test", "identity": "stranger"}, "You cannot send from this address."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_leaves(mara, url, changes, sentence):
    answer = mara.post(url, form_of(mara.get(url)) | changes)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Outgoing.objects.exists()


def test_nobody_redirects_as_somebody_else(mara, url):
    other = User.objects.create(address="ben@hearth.example")
    account = other.accounts.create(address=other.address)
    theirs = account.identities.create(addr_spec=other.address)
    for named in (theirs.key, f"{form_of(mara.get(url))['identity']}/ben@hearth.example"):
        fields = form_of(mara.get(url)) | {"to": "a@hearth.test", "identity": named}
        assert mara.post(url, fields).status_code == 422
    assert not Outgoing.objects.exists()


def test_a_message_that_is_too_large_stays(mara, url, settings):
    settings.WEBMAIL_MAX_MESSAGE_BYTES = 100
    answer = mara.post(url, form_of(mara.get(url)) | {"to": "ben@hearth.test"})
    assert answer.status_code == 422
    assert "The limit is 100" in answer.content.decode()


def test_a_draft_is_not_offered_to_be_redirected(mara, store):
    ref = store.append("Drafts", ORIGINAL, flags=[DRAFT])
    assert "redirect/" not in mara.get(mara.url_of(ref)).content.decode()


def ticked(answer):
    return re.findall(r'name="wishes" value="(\w+)" checked', answer.content.decode())


def test_what_can_be_asked_of_the_servers_is_offered_with_the_usual_chosen(mara, url):
    User.objects.update(asks_for_delivery=True, asks_for_receipts=True)
    page = mara.get(url)
    assert ticked(page) == ["delivery"]
    assert re.findall(r'name="wishes" value="(\w+)"', page.content.decode()) == ["delivery", "tls"]
    fields = form_of(page) | {"to": "ben@hearth.test", "wishes": ["", "delivery", "receipt", "tls"]}
    mara.post(url, fields)
    row = Outgoing.objects.get()
    assert row.wishes == Wishes(delivery=True, tls=True)
    answer = mara.post(f"/outbox/{row.key}/", {"do": "undo"})
    assert ticked(mara.get(answer["Location"])) == ["delivery", "tls"]


def test_a_wish_without_its_tick_is_none_after_undo_either(mara, url):
    User.objects.update(asks_for_delivery=True)
    mara.post(url, form_of(mara.get(url)) | {"to": "ben@hearth.test", "wishes": ""})
    row = Outgoing.objects.get()
    assert row.wishes == Wishes()
    answer = mara.post(f"/outbox/{row.key}/", {"do": "undo"})
    assert ticked(mara.get(answer["Location"])) == []


def test_required_tls_that_the_server_does_not_offer_is_refused_in_words(mara, url, monkeypatch):
    no_tls = offers.Offers(None, delivery_notices=True, required_tls=False)
    monkeypatch.setattr(offers, "known_offers", lambda endpoint: no_tls)
    fields = form_of(mara.get(url)) | {"to": "ben@hearth.test", "wishes": "tls"}
    answer = mara.post(url, fields)
    assert answer.status_code == 422
    assert "Not sent. mail.hearth.example cannot promise" in unescape(answer.content.decode())
    assert ticked(answer) == ["tls"]
    assert not Outgoing.objects.exists()
