"""Writing through the browser's forms: what is typed is kept, and what is sent is sent once."""

import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.web.conftest import ADDRESS
from tests.web.forms import begin, copies_in_drafts, form_of, ref_of, upload, wire
from webmail.accounts.models import Identity, User
from webmail.attachments import storage
from webmail.attachments.models import Upload
from webmail.message.parse import parse_message
from webmail.store.mailbox import MessageRef
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

ORIGINAL = b"""From: Jonas Okafor <jonas@hearth.example>\r
To: Mara <mara@hearth.example>, Ingrid <ingrid@hearth.example>\r
Cc: elsa@hearth.example\r
Subject: Firewood\r
Message-ID: <firewood@hearth.example>\r
Date: Thu, 12 Nov 2026 10:42:00 +0000\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
Is there any?\r
--b\r
Content-Type: application/pdf; name=list.pdf\r
Content-Disposition: attachment; filename=list.pdf\r
Content-Transfer-Encoding: base64\r
\r
JVBERi0xLjQ=\r
--b--\r
"""
RICH = b"""From: Jonas <jonas@hearth.example>\r
To: mara@hearth.example\r
Subject: Formatted\r
Message-ID: <rich@hearth.example>\r
Content-Type: text/html; charset=utf-8\r
\r
<style>.h{display:none}</style><p onclick="x()">Seen</p>\r
<p class="h">Hidden</p><script>alert(1)</script>\r
"""


def put(store, raw=ORIGINAL, mailbox="INBOX"):
    return store.append(mailbox, raw)


# -- send -----------------------------------------------------------------------------------------


def test_a_message_written_in_a_plain_form_is_queued_with_an_undo(mara):
    action, fields = begin(mara, to="Jonas <jonas@hearth.example>", subject="Hej", text="Hello")
    answer = mara.post(action, fields | {"do": "send"})
    assert (answer.status_code, answer["Location"]) == (303, "/mail/")
    row = Outgoing.objects.get()
    assert (row.mail_from, row.rcpt_to, row.state) == (ADDRESS, ["jonas@hearth.example"], "held")
    assert f"/outbox/{row.key}/" in mara.get("/settings/appearance/").content.decode()
    assert parse_message(wire()).envelope.subject == "Hej"


def test_opening_the_compose_page_changes_nothing(mara, store):
    mara.get("/compose/?to=a@b.example")
    mara.get(f"/compose/?reply={ref_of(put(store))}")
    assert not StoredDraft.objects.exists()
    assert copies_in_drafts(store) == []


def test_the_same_form_sent_twice_queues_one_message(mara):
    action, fields = begin(mara, to="jonas@hearth.example", text="Once")
    answers = [mara.post(action, fields | {"do": "send"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert Outgoing.objects.count() == StoredDraft.objects.count() == 1


def test_another_tab_that_sends_a_sent_draft_is_told_and_keeps_its_text(mara):
    action, fields = begin(mara, to="jonas@hearth.example", text="First")
    mara.post(action, fields | {"do": "send"})
    answer = mara.post(action, fields | {"do": "send", "text": "Second"})
    assert answer.status_code == 409
    assert "already sent" in answer.content.decode()
    assert Outgoing.objects.count() == 1
    assert sorted(row.fields["text"] for row in StoredDraft.objects.all()) == ["First", "Second"]


def test_a_script_is_told_that_the_message_was_queued(mara):
    action, fields = begin(mara, to="jonas@hearth.example", text="Hi")
    asked = {"headers": {"accept": "application/json"}}
    answers = [mara.post(action, fields | {"do": "send"}, **asked) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["outgoing"] == answers[1].json()["outgoing"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": "jonas@"}, "“jonas@” is not a mail address"),
        ({"to": "jonas@hearth.example, nobody"}, "“nobody” is not a mail address"),
        ({"to": ""}, "Write at least one address."),
        ({"identity": "stranger"}, "You cannot send from this address."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_typed_is_lost(mara, changes, sentence):
    typed = {"to": "jonas@hearth.example", "cc": "x", "subject": "S", "text": "My long text"}
    action, fields = begin(mara, **(typed | {"cc": ""} | changes))
    answer = mara.post(action, fields | {"do": "send"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in unescape(page)
    _, again = form_of(answer)
    assert [again[name] for name in ("to", "subject", "text")] == [
        fields[name] for name in ("to", "subject", "text")
    ]
    assert not Outgoing.objects.exists()


def test_a_foreign_identity_cannot_be_written_under(mara):
    other = User.objects.create(address="ben@hearth.example")
    account = other.accounts.create(address=other.address)
    foreign = Identity.objects.create(account=account, addr_spec=other.address)
    action, fields = begin(mara, to="a@hearth.example", identity=foreign.key)
    assert mara.post(action, fields | {"do": "send"}).status_code == 422


def test_a_message_over_the_limit_is_not_sent(mara, settings):
    settings.WEBMAIL_MAX_MESSAGE_BYTES = 20_000
    action, fields = begin(mara, to="a@hearth.example", text="long " * 5000)
    answer = mara.post(action, fields | {"do": "send"})
    assert answer.status_code == 422
    assert "The limit is 20 KB" in answer.content.decode()


def test_the_user_agent_field_is_the_administrators_choice(mara, settings):
    action, fields = begin(mara, to="a@hearth.example")
    settings.WEBMAIL_USER_AGENT_FIELD = True
    mara.post(action, fields | {"do": "send"})
    assert b"\r\nUser-Agent: Hearth\r\n" in wire()


def test_undo_brings_the_message_back_to_be_sent_again(mara):
    action, fields = begin(mara, to="a@hearth.example", text="Wait")
    mara.post(action, fields | {"do": "send"})
    answer = mara.post(f"/outbox/{Outgoing.objects.get().key}/", {"do": "undo"})
    assert (answer.status_code, answer["Location"]) == (303, action)
    again, fields = form_of(mara.get(action))
    assert (again, fields["text"]) == (action, "Wait")
    assert mara.post(action, fields | {"do": "send"}).status_code == 303
    assert sorted(row.state for row in Outgoing.objects.all()) == ["cancelled", "held"]


# -- answers --------------------------------------------------------------------------------------


def test_a_reply_goes_to_the_sender_and_names_what_it_answers(mara, store):
    action, fields = begin(mara, f"?reply={ref_of(put(store))}")
    assert fields["to"] == "Jonas Okafor <jonas@hearth.example>"
    assert fields["subject"] == "Re: Firewood"
    assert "Jonas Okafor wrote:\n> Is there any?" in fields["text"]
    mara.post(action, fields | {"do": "send"})
    envelope = parse_message(wire()).envelope
    assert envelope.in_reply_to == envelope.references == ("<firewood@hearth.example>",)
    row = Outgoing.objects.get()
    assert (row.relation, row.source_mailbox, row.source_uid) == ("reply", "INBOX", 1)


def test_reply_pressed_again_goes_on_with_the_answer_that_was_begun(mara, store):
    ref = put(store)
    query = f"?reply={ref_of(ref)}"
    action, fields = begin(mara, query, text="Begun")
    mara.post(action, fields | {"do": "save"})
    again = mara.get(f"/compose/{query}")
    assert again.status_code == 302
    assert again["Location"] == action
    other, _ = form_of(mara.get(f"/compose/?reply_all={ref_of(ref)}"))
    assert other != action
    _, fields = form_of(mara.get(action))
    assert mara.post(action, fields | {"do": "send"}).status_code == 303
    fresh, _ = form_of(mara.get(f"/compose/{query}"))  # that one has left
    assert fresh != action


def test_a_reply_to_all_leaves_oneself_out(mara, store):
    _, fields = begin(mara, f"?reply_all={ref_of(put(store))}")
    assert fields["to"] == "Jonas Okafor <jonas@hearth.example>, Ingrid <ingrid@hearth.example>"
    assert fields["cc"] == "elsa@hearth.example"


def test_a_forwarded_message_takes_its_files_along_from_the_server(mara, store):
    action, fields = begin(mara, f"?forward={ref_of(put(store))}", to="elsa@hearth.example")
    assert fields["carry"] == ["0"]
    mara.post(action, fields | {"do": "send"})
    parts = {part.filename: part for part in parse_message(wire()).structure.walk()}
    assert "list.pdf" in parts
    assert storage.read(Upload.objects.get()) == b"%PDF-1.4"
    assert b"\r\nIn-Reply-To:" not in wire()


def test_a_file_of_the_original_can_be_left_behind(mara, store):
    action, fields = begin(mara, f"?forward={ref_of(put(store))}", to="elsa@hearth.example")
    fields.pop("carry")
    mara.post(action, fields | {"do": "send"})
    assert not Upload.objects.exists()


def test_a_message_forwarded_as_an_attachment_arrives_whole(mara, store):
    action, fields = begin(mara, f"?forward_attached={ref_of(put(store))}", to="e@hearth.example")
    mara.post(action, fields | {"do": "send"})
    assert storage.read(Upload.objects.get()) == ORIGINAL
    assert any(
        part.media_type == "message/rfc822" for part in parse_message(wire()).structure.walk()
    )


def test_html_is_quoted_without_what_the_reader_could_not_see(mara, store):
    page = mara.get(f"/compose/?reply={ref_of(put(store, RICH))}").content.decode()
    assert "Seen" in page
    for bad in ("Hidden", "onclick", "alert(1)"):
        assert bad not in page


def test_an_original_that_is_gone_is_said_to_be_gone(mara, store):
    gone = MessageRef("INBOX", put(store).uidvalidity, 99)
    assert mara.get(f"/compose/?reply={ref_of(gone)}").status_code == 410


def test_a_link_fills_in_words_and_addresses_but_never_a_file_or_a_hidden_copy(mara):
    mailto = "mailto:a@b.example?subject=Hi%20there&body=Text&bcc=c@d.example&attach=/etc/passwd"
    answer = mara.get("/compose/", {"to": mailto})
    _, fields = form_of(answer)
    assert (fields["to"], fields["subject"], fields["text"]) == ("a@b.example", "Hi there", "Text")
    assert fields["bcc"] == "c@d.example"
    assert 'data-line="bcc"' in answer.content.decode()
    assert "passwd" not in answer.content.decode()
    assert not StoredDraft.objects.exists()


def test_what_its_writer_would_be_sorry_for_is_asked_once(mara):
    action, fields = begin(
        mara, to="ben@hearth.example", subject="", text="The plan is attached.", do="send"
    )
    answer = mara.post(action, fields)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "The message has no subject." in page
    assert "You wrote “attached”, but no file is attached." in page
    assert "The plan is attached." in page
    assert not Outgoing.objects.exists()
    action, fields = form_of(answer)
    assert fields.pop("sure") == "1"
    told = mara.post(action, fields | {"do": "send"}, headers={"accept": "application/json"})
    assert len(told.json()["questions"]) == 2
    fields["revision"] = told.json()["revision"]
    assert mara.post(action, fields | {"do": "send", "sure": "1"}).status_code == 303
    assert Outgoing.objects.get().subject == ""


def test_many_recipients_that_see_each_other_are_asked_about(mara):
    to = ", ".join(f"p{number}@hearth.example" for number in range(20))
    action, fields = begin(mara, to=to, text="Hi", do="send")
    assert "20 people get this" in mara.post(action, fields).content.decode()
    action, fields = begin(mara, bcc=to, to="ben@hearth.example", text="Hi", do="send")
    assert mara.post(action, fields).status_code == 303


def test_a_file_that_is_there_is_not_asked_for(mara):
    action, fields = begin(mara, to="ben@hearth.example", text="attached", do="send")
    assert mara.post(action, fields | {"files": upload("a.txt", b"x")}).status_code == 303


def test_a_message_leaves_when_its_writer_says(mara):
    User.objects.filter(address=ADDRESS).update(time_zone="Asia/Tokyo")
    at = timezone.now() + timedelta(days=2)
    chosen = f"{at.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%dT%H:%M}"
    action, fields = begin(mara, to="ben@hearth.example", text="Hi", do="later", at=chosen)
    assert mara.post(action, fields).status_code == 303
    row = Outgoing.objects.get()
    assert (row.state, row.next_attempt_at) == ("held", row.send_at)
    assert row.send_at == at.replace(second=0, microsecond=0)
    assert parse_message(wire()).envelope.date == row.send_at
    shown = mara.get("/outbox/").content.decode()
    assert "Will be sent on" in shown
    assert f"{row.send_at.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M}" in shown
    mara.post(f"/outbox/{row.key}/", {"do": "undo"})
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_the_quick_choices_are_times_to_come(mara):
    page = mara.get("/compose/").content.decode()
    acts = re.findall(r'name="do" value="(later:[^"]+)"', page)
    assert len(acts) >= 2
    action, fields = begin(mara, to="ben@hearth.example", text="Hi", do=acts[-1])
    assert mara.post(action, fields).status_code == 303
    assert Outgoing.objects.get().send_at > timezone.now()


@pytest.mark.parametrize("at", ["", "tomorrow", "2001-01-01T08:00", "2999-01-01T08:00"])
def test_a_time_that_is_none_keeps_what_was_typed(at, mara):
    action, fields = begin(mara, to="ben@hearth.example", text="Keep me", do="later", at=at)
    answer = mara.post(action, fields)
    assert answer.status_code == 422
    assert "Not queued" in answer.content.decode()
    assert "Keep me" in answer.content.decode()
    assert not Outgoing.objects.exists()
