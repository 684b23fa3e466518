"""A message from a mailing list: what is offered, and leaving it by mail."""

import re
from html import unescape

import pytest

from tests.web.forms import form_of
from tests.web.letters import letter
from webmail import outbound_fetch
from webmail.message.parse import parse_message
from webmail.outbound import parse_endpoint
from webmail.outbound_fetch import FetchFailed
from webmail.submission import offers, outbox, tasks
from webmail.submission.models import Outgoing
from webmail.web.paths import ref_text

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


def compose_of(mara, ref):
    key = mara.key
    return mara.get(f"/compose/?reply_list={ref_text(key, ref).replace('%', '%25')}")


def test_an_answer_to_the_list_goes_to_nobody_else_and_stays_in_the_thread(
    mara, store, monkeypatch
):
    monkeypatch.setattr(offers, "ask", lambda endpoint, tls, addresses: None)
    head = f"{HEAD}\nReply-To: eve@example.net\nCc: ben@example.net\n"
    head += "Message-ID: <second@e.example>\nReferences: <first@e.example>"
    ref = store.append("INBOX", letter(head=head))
    page = unescape(mara.get(mara.url_of(ref)).content.decode())
    assert re.search(r'href="/compose/\?reply_list=[^"]+" data-compose-link data-key="L"', page)
    answer = compose_of(mara, ref)
    assert ">Reply to list<" in answer.content.decode()
    action, fields = form_of(answer)
    assert (fields["to"], fields["cc"]) == ("wood@example.org", "")
    mara.post(action, fields | {"do": "send", "sure": "1"})
    row = Outgoing.objects.get()
    envelope = parse_message(outbox.wire_bytes(row)).envelope
    assert row.rcpt_to == ["wood@example.org"]
    assert envelope.in_reply_to == ("<second@e.example>",)
    assert envelope.references == ("<first@e.example>", "<second@e.example>")
    assert (row.relation, row.source_uid) == ("reply_list", ref.uid)


@pytest.mark.parametrize("post", ["NO", "NO (news)", "<mailto:a@b.example%0ABcc:e@e.example>"])
def test_a_list_that_takes_no_posts_is_not_answered(mara, store, post):
    head = f"List-Id: Wood <wood.example.org>\nList-Post: {post}"
    ref = store.append("INBOX", letter(head=head))
    assert "reply_list" not in mara.get(mara.url_of(ref)).content.decode()
    assert compose_of(mara, ref).status_code == 404


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


SIGNED = (
    "Authentication-Results: mx.hearth.example; dkim=pass header.d=example.org\n"
    "DKIM-Signature: d=example.org; h=list-unsubscribe:list-unsubscribe-post\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n" + HEAD
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (200, "Unsubscribed: example.org took your request."),
        (500, "Not unsubscribed: example.org answered with an error (500)."),
        (FetchFailed("x"), "Not unsubscribed: example.org did not answer."),
    ],
)
def test_one_click_asks_the_page_once_and_says_what_came_of_it(
    answer, words, mara, store, settings, monkeypatch
):
    settings.WEBMAIL_AUTHSERV_ID = "mx.hearth.example"
    asked = []

    def post_form(url, form, **_):
        asked.append((url, form))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(outbound_fetch, "post_form", post_form)
    url = mara.url_of(store.append("INBOX", letter(head=SIGNED)))
    assert 'value="one-click"' in mara.get(url).content.decode()
    assert asked == []
    page = mara.post(f"{url}unsubscribe/", {"way": "one-click"}, follow=True).content.decode()
    assert words in unescape(page)
    assert asked == [("https://example.org/leave", b"List-Unsubscribe=One-Click")]
    assert not Outgoing.objects.exists()


def test_nobody_is_asked_for_a_message_without_a_good_signature(mara, store, settings, monkeypatch):
    settings.WEBMAIL_AUTHSERV_ID = "mx.hearth.example"
    monkeypatch.setattr(outbound_fetch, "post_form", None)
    head = SIGNED.replace("dkim=pass", "dkim=fail")
    url = mara.url_of(store.append("INBOX", letter(head=head)))
    assert "one-click" not in mara.get(url).content.decode()
    assert mara.post(f"{url}unsubscribe/", {"way": "one-click"}).status_code == 404
