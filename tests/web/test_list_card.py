"""A message from a mailing list: what is offered, and leaving it by mail."""

from html import unescape

import pytest

from tests.web.letters import letter
from webmail.message.parse import parse_message
from webmail.outbound import parse_endpoint
from webmail.submission import outbox, tasks
from webmail.submission.models import Outgoing

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = (
    "List-Id: Wood <wood.example.org>\n"
    "List-Unsubscribe: <mailto:leave@example.org?subject=leave>, <https://example.org/leave>\n"
    "List-Post: <mailto:wood@example.org>"
)


@pytest.fixture(autouse=True)
def submission(settings, monkeypatch):
    settings.WEBMAIL_SUBMISSION = parse_endpoint("submissions://mail.hearth.example", "submission")
    monkeypatch.setattr(tasks, "ring", lambda task, outgoing_id: True)


def test_the_line_names_the_list_and_what_it_offers(mara, store):
    shown = unescape(
        mara.get(mara.url_of(store.append("INBOX", letter(head=HEAD)))).content.decode()
    )
    assert "Mailing list: <bdi>Wood</bdi>" in shown
    assert "Unsubscribe by mail" in shown
    assert 'href="https://example.org/leave" target="_blank" rel="noopener noreferrer"' in shown
    assert "/compose/?to=mailto%3Awood%40example.org" in shown


def test_leaving_sends_one_mail_to_the_address_the_list_names(mara, store):
    url = f"{mara.url_of(store.append('INBOX', letter(head=HEAD)))}unsubscribe/"
    mara.post(url)
    mara.post(url)
    row = Outgoing.objects.get()
    assert row.rcpt_to == ["leave@example.org"]
    assert parse_message(outbox.wire_bytes(row)).envelope.subject == "leave"


def test_a_message_of_no_list_offers_nothing(mara, store):
    ref = store.append("INBOX", letter())
    assert "Mailing list" not in mara.get(mara.url_of(ref)).content.decode()
    assert mara.post(f"{mara.url_of(ref)}unsubscribe/").status_code == 404
