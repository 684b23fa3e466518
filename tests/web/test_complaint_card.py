"""Complaints that came, and reporting a message to whom the administrator named."""

import base64
import gzip
from html import unescape

import pytest

from tests.message.test_report import XML
from tests.web.letters import letter, with_files
from webmail.outbound import parse_endpoint
from webmail.submission import outbox, tasks
from webmail.submission.models import Outgoing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def submission(settings, monkeypatch):
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")
    monkeypatch.setattr(tasks, "ring", lambda task, outgoing_id: True)


def page(client, ref):
    return unescape(client.get(client.url_of(ref)).content.decode())


def test_a_complaint_is_told_in_a_sentence_with_its_facts(mara, store):
    part = (
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: fraud\r\n"
        "Source-IP: 192.0.2.1\r\n\r\n--b--"
    )
    kind = "multipart/report; report-type=feedback-report; boundary=b"
    shown = page(mara, store.append("INBOX", letter("Complaint", part, kind=kind)))
    assert "Jonas Okafor complains about a message as a fraud." in shown
    assert "192.0.2.1" in shown


def test_an_aggregate_report_is_a_table(mara, store):
    name = "example.com!hearth.example!1764000000!1764086399.xml.gz"
    head = f'Content-Type: application/gzip\r\nContent-Disposition: attachment; filename="{name}"'
    raw = with_files((head, base64.b64encode(gzip.compress(XML)).decode()))
    shown = page(mara, store.append("INBOX", raw))
    assert "What Example Inc received" in shown
    assert "7 messages in the name of hearth.example" in shown
    assert "passed (DKIM)" in shown


def test_there_is_no_report_without_somebody_to_report_to(mara, store):
    ref = store.append("INBOX", letter())
    assert "Report as abuse" not in page(mara, ref)
    assert mara.post(f"{mara.url_of(ref)}abuse/", {"to": "a@example.org"}).status_code == 404


def test_a_report_goes_out_once_it_was_confirmed(mara, store, settings):
    settings.WEBMAIL_ABUSE_REPORT_TO = "abuse@hearth.example"
    ref = store.append("INBOX", letter())
    assert "Report as abuse" in page(mara, ref)
    url = f"{mara.url_of(ref)}abuse/"
    assert 'value="abuse@hearth.example"' in mara.get(url).content.decode()
    assert not Outgoing.objects.exists()
    assert mara.post(url, {"to": "nobody"}).status_code == 422
    mara.post(url, {"to": "abuse@hearth.example"})
    mara.post(url, {"to": "abuse@hearth.example"})
    row = Outgoing.objects.get()
    assert row.rcpt_to == ["abuse@hearth.example"]
    assert b"Feedback-Type: abuse" in outbox.wire_bytes(row)
    assert b"Is there any?" in outbox.wire_bytes(row)
