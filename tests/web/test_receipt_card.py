"""Read receipts: asked for, given on a click or by a setting, and received."""

from html import unescape

import pytest

from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.message.parse import parse_message
from webmail.outbound import parse_endpoint
from webmail.store.mailbox import Flag
from webmail.submission import outbox, tasks
from webmail.submission.models import Outgoing, Step

pytestmark = pytest.mark.django_db(transaction=True)

ASKS = (
    "Return-Path: <jonas@hearth.example>\n"
    "Message-ID: <1@hearth.example>\n"
    "Disposition-Notification-To: Jonas <jonas@hearth.example>"
)
QUESTION = "Jonas asks to be told that you have seen this."


@pytest.fixture(autouse=True)
def submission(settings, monkeypatch):
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")
    monkeypatch.setattr(tasks, "ring", lambda task, outgoing_id: True)


def page(client, ref):
    return unescape(client.get(client.url_of(ref)).content.decode())


def test_nobody_is_told_until_the_reader_says_so(mara, store):
    ref = store.append("INBOX", letter(head=ASKS))
    assert QUESTION in page(mara, ref)
    assert not Outgoing.objects.exists()
    mara.post(f"{mara.url_of(ref)}receipt/", {"do": "give"})
    row = Outgoing.objects.get()
    assert (row.mail_from, row.rcpt_to) == ("", ["jonas@hearth.example"])
    assert row.sent_copy == Step.SKIPPED
    assert b"Original-Message-ID: <1@hearth.example>" in outbox.wire_bytes(row)
    assert parse_message(outbox.wire_bytes(row)).envelope.subject == "Read: Firewood"
    assert Flag("$MDNSent") in store.summary(ref).flags
    assert QUESTION not in page(mara, ref)
    assert mara.post(f"{mara.url_of(ref)}receipt/", {"do": "give"}).status_code == 404
    assert Outgoing.objects.count() == 1


def test_leaving_it_asks_no_more_and_sends_nothing(mara, store):
    ref = store.append("INBOX", letter(head=ASKS))
    mara.post(f"{mara.url_of(ref)}receipt/", {"do": "leave"})
    assert QUESTION not in page(mara, ref)
    assert not Outgoing.objects.exists()


def test_never_is_never(mara, store):
    mara.post("/settings/privacy/", {"watches_away": "", "answers_receipts": "never"})
    assert User.objects.get().answers_receipts == "never"
    assert QUESTION not in page(mara, store.append("INBOX", letter(head=ASKS)))


def test_always_is_for_people_the_reader_has_written_to(mara, store):
    mara.post("/settings/privacy/", {"watches_away": "", "answers_receipts": "contacts"})
    stranger = store.append("INBOX", letter(head=ASKS.replace("jonas@", "eve@")))
    page(mara, stranger)
    assert not Outgoing.objects.exists()
    store.append("Sent", letter(sender="mara@hearth.example", to="Jonas <jonas@hearth.example>"))
    mara.get(mara.list_url("Sent"))
    ref = store.append("INBOX", letter(head=ASKS))
    assert "Jonas was told that you have seen this." in page(mara, ref)
    page(mara, ref)
    assert Outgoing.objects.count() == 1
    assert b"MDN-sent-automatically" in outbox.wire_bytes(Outgoing.objects.get())


def test_a_choice_that_does_not_exist_is_not_kept(mara, store):
    answer = mara.post("/settings/privacy/", {"watches_away": "", "answers_receipts": "all"})
    assert answer.status_code == 422
    assert User.objects.get().answers_receipts == ""


def test_a_receipt_that_came_is_told_in_a_sentence_and_leads_to_the_mail(mara, store):
    own = letter(sender="mara@hearth.example", head="Message-ID: <7@hearth.example>")
    ref = store.append("Sent", own)
    mara.get(mara.list_url("Sent"))
    part = (
        "--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822;jonas@hearth.example\r\n"
        "Original-Message-ID: <7@hearth.example>\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--"
    )
    kind = "multipart/report; report-type=disposition-notification; boundary=b"
    shown = page(mara, store.append("INBOX", letter("Read: Firewood", part, kind=kind)))
    assert "Jonas Okafor’s mail program showed your mail." in shown
    assert f'href="{mara.url_of(ref)}"' in shown
