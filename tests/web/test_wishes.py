"""Delivery notices and receipts chosen in the form, kept with the draft, frozen in the outbox."""

import re
from html import unescape

import pytest

from tests.web.forms import begin, wire
from webmail.accounts.models import User
from webmail.outbound import parse_endpoint
from webmail.submission import offers as told
from webmail.submission.models import Outgoing, StoredDraft
from webmail.submission.offers import Offers
from webmail.submission.wishes import Wishes

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "mail.hearth.example"
JSON = {"Accept": "application/json"}


@pytest.fixture
def offers(settings, monkeypatch):
    """What the submission server says it can do."""
    settings.WEBMAIL_SUBMISSION = parse_endpoint(f"submissions://{HOST}", "submission")
    said = {"delivery_notices": True, "required_tls": True}
    monkeypatch.setattr(told, "ask", lambda endpoint, tls, addresses: None)
    monkeypatch.setattr(told, "known_offers", lambda endpoint: Offers(None, **said))
    return said


@pytest.fixture(autouse=True)
def _server(offers):
    return offers


def ticked(client, url="/compose/"):
    page = client.get(url).content.decode()
    return re.findall(r'name="wishes" value="(\w+)" checked', page)


def test_nothing_is_asked_for_unless_somebody_says_so(mara):
    assert ticked(mara) == []
    action, fields = begin(mara, to="a@hearth.example")
    mara.post(action, fields | {"do": "send"})
    assert Outgoing.objects.get().wishes == Wishes()
    assert b"Disposition-Notification-To" not in wire()


def test_what_is_ticked_is_kept_with_the_draft_and_frozen_with_the_message(mara):
    action, fields = begin(mara, to="a@hearth.example")
    asked = {"wishes": ["", "delivery", "receipt", "tls"]}
    mara.post(action, fields | asked | {"do": "save"})
    draft = StoredDraft.objects.get()
    assert draft.fields["wishes"] == ["delivery", "receipt", "tls"]
    assert ticked(mara, action) == ["delivery", "receipt", "tls"]
    mara.post(action, fields | asked | {"revision": draft.revision, "do": "send"})
    assert Outgoing.objects.get().wishes == Wishes(delivery=True, receipt=True, tls=True)
    assert b"\r\nDisposition-Notification-To: <mara@hearth.example>\r\n" in wire()


def test_a_box_without_its_tick_asks_for_nothing(mara):
    User.objects.update(asks_for_receipts=True)
    action, fields = begin(mara, to="a@hearth.example")
    mara.post(action, fields | {"wishes": "", "do": "send"})
    assert Outgoing.objects.get().wishes == Wishes()


def test_the_settings_tick_the_boxes_of_what_is_written_next(mara, store):
    mara.post("/settings/privacy/", {"asks_for_delivery": "1", "asks_for_receipts": "1"})
    assert ticked(mara) == ["delivery", "receipt"]
    page = mara.get("/settings/privacy/").content.decode()
    assert re.search(r'name="asks_for_delivery" value="1" checked', page)
    mara.post("/settings/privacy/", {"asks_for_delivery": ""})
    assert ticked(mara) == ["receipt"]


def test_only_the_writer_is_told_whatever_else_is_posted(mara):
    action, fields = begin(mara, to="a@hearth.example")
    forged = {"wishes": ["receipt", "eve@evil.example"], "Disposition-Notification-To": "eve@e"}
    mara.post(action, fields | forged | {"do": "send"})
    assert b"eve@" not in wire()


def test_that_the_server_offers_no_notices_is_said_and_stops_nothing(mara, offers):
    offers["delivery_notices"] = False
    action, fields = begin(mara, to="a@hearth.example")
    answer = mara.post(action, fields | {"wishes": "delivery", "do": "save"}, headers=JSON).json()
    assert answer["wishes_note"].startswith(f"{HOST} cannot ask for delivery notices.")
    assert answer["wishes_said"] == "Delivery notice"
    assert "cannot ask for delivery notices" in mara.get(action).content.decode()
    fields["revision"] = answer["revision"]
    mara.post(action, fields | {"wishes": "delivery", "do": "send"})
    assert Outgoing.objects.get().wants_delivery_notice


def test_required_tls_that_the_server_does_not_offer_is_refused_before_it_is_queued(mara, offers):
    offers["required_tls"] = False
    action, fields = begin(mara, to="a@hearth.example")
    answer = mara.post(action, fields | {"wishes": "tls", "do": "send"})
    assert answer.status_code == 422
    shown = unescape(answer.content.decode())
    assert f"Not sent. {HOST} cannot promise encrypted connections" in shown
    assert not Outgoing.objects.exists()
    assert StoredDraft.objects.get().fields["wishes"] == ["tls"]


def test_who_was_signed_out_does_not_lose_the_ticks(mara):
    action, fields = begin(mara, to="a@hearth.example")
    mara.logout()
    page = mara.post(action, fields | {"wishes": ["", "receipt"], "do": "send"}).content.decode()
    assert '<input type="hidden" name="wishes" value="receipt">' in page
