"""Writing through the browser's forms: what is typed is kept, and what is sent is sent once."""

import re
from io import BytesIO

import pytest
from django.test import Client

from webmail.accounts import connect
from webmail.accounts.models import Identity, User
from webmail.attachments import storage
from webmail.attachments.models import Upload
from webmail.message.parse import parse_message
from webmail.store.mailbox import MessageRef
from webmail.store.memory import MemoryStore
from webmail.store.protocol import Unreachable
from webmail.submission import drafts, outbox
from webmail.submission.models import Outgoing, StoredDraft
from webmail.web.paths import ref_text

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "mara@hearth.example"
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
<style>.h{display:none}</style><p onclick="x()">Seen</p><p class="h">Hidden</p><script>alert(1)</script>\r
"""


@pytest.fixture
def store(monkeypatch, settings, tmp_path):
    """One store for every session, in memory."""
    settings.WEBMAIL_DATA_DIR = tmp_path
    settings.WEBMAIL_IMAP = settings.WEBMAIL_SUBMISSION = _endpoint()
    memory = MemoryStore()
    monkeypatch.setattr(memory, "close", lambda: None)
    monkeypatch.setattr(connect, "open_store", lambda account, password: memory)
    yield memory
    connect.pool.close()


def _endpoint():
    from webmail.outbound import parse_endpoint

    return parse_endpoint("imaps://mail.hearth.example:993", "imap")


@pytest.fixture
def mara(store):
    client = Client()
    answer = client.post("/sign-in/", {"address": ADDRESS, "password": "secret"})
    assert answer.status_code == 303
    return client


def form_of(answer):
    """The fields of the compose form as a browser without script would send them."""
    page = answer.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    for name in ("to", "cc", "bcc", "subject"):
        value = re.search(rf'name="{name}" value="([^"]*)"', page).group(1)
        fields[name] = _unescape(value)
    text = re.search(r'<textarea class="editor"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    fields["text"] = _unescape(text.group(1))
    fields["carry"] = re.findall(r'name="carry" value="(\d+)"', page)
    fields.pop("format", None)
    return re.search(r'action="(/compose/\w+/)"', page).group(1), fields


def _unescape(text):
    from html import unescape

    return unescape(text)


def begin(client, query="", **changes):
    action, fields = form_of(client.get(f"/compose/{query}"))
    return action, fields | changes


def put(store, raw=ORIGINAL, mailbox="INBOX"):
    return store.append(mailbox, raw)


def ref_of(ref):
    return ref_text(User.objects.get().accounts.get().key, ref)


def wire():
    return outbox.wire_bytes(Outgoing.objects.get())


def drafts_copies(store):
    return [b"".join(store.source(row.ref)) for row in store.page("Drafts").rows]


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
    assert drafts_copies(store) == []


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
    assert sentence in _unescape(page)
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


# -- drafts ---------------------------------------------------------------------------------------


def test_a_saved_draft_is_in_drafts_on_the_server_once(mara, store):
    action, fields = begin(mara, to="nobody yet", subject="One", text="Begun")
    assert mara.post(action, fields | {"do": "save"}).status_code == 303
    _, fields = form_of(mara.get(action))
    assert fields["to"] == "nobody yet"
    mara.post(action, fields | {"do": "save", "text": "Begun and more"})
    (copy,) = drafts_copies(store)
    assert b"Begun and more" in copy
    assert parse_message(copy).envelope.subject == "One"


def test_two_windows_of_one_draft_both_keep_their_text(mara):
    action, fields = begin(mara, text="Zero")
    mara.post(action, fields | {"do": "save"})
    _, old = form_of(mara.get(action))
    mara.post(action, old | {"do": "save", "text": "One"})
    answer = mara.post(action, old | {"do": "save", "text": "Two"})
    assert answer.status_code == 409
    assert sorted(row.fields["text"] for row in StoredDraft.objects.all()) == ["One", "Two"]
    new_action, fields = form_of(answer)
    assert new_action != action
    assert fields["text"] == "Two"
    assert mara.post(new_action, fields | {"do": "save", "text": "Three"}).status_code == 303


def test_a_save_without_the_server_is_a_save(mara, store, monkeypatch):
    def away(*_, **__):
        raise Unreachable("no route", host="mail.hearth.example")

    action, fields = begin(mara, text="Kept")
    monkeypatch.setattr(store, "append", away)
    answer = mara.post(action, fields | {"do": "save"}, headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert "not yet in Drafts" in answer.json()["warning"]
    assert StoredDraft.objects.get().fields["text"] == "Kept"


def test_a_copy_is_never_removed_before_the_next_is_there(mara, store, monkeypatch):
    action, fields = begin(mara, text="One")
    mara.post(action, fields | {"do": "save"})
    calls = []
    for name in ("append", "expunge"):
        real = getattr(store, name)
        monkeypatch.setattr(
            store, name, lambda *a, _n=name, _r=real, **k: (calls.append(_n), _r(*a, **k))[1]
        )
    _, fields = form_of(mara.get(action))
    mara.post(action, fields | {"do": "save", "text": "Two"})
    assert calls == ["append", "expunge"]


def test_a_draft_of_the_server_is_opened_with_its_files_and_replaced(mara, store):
    ref = put(store, ORIGINAL, "Drafts")
    action, fields = begin(mara, f"?draft_of={ref_of(ref)}")
    assert fields["subject"] == "Firewood"
    mara.post(action, fields | {"do": "save", "text": "Changed"})
    (copy,) = drafts_copies(store)
    assert b"Changed" in copy
    assert b"list.pdf" in copy
    newest = store.page("Drafts").rows[0].ref
    assert mara.get(f"/compose/?draft_of={ref_of(newest)}")["Location"] == action


def test_discarding_asks_first_and_then_removes_every_trace(mara, store):
    action, fields = begin(mara, text="Away with it")
    fields |= {"files": BytesIO(b"abc")}
    mara.post(action, fields | {"do": "save"})
    _, fields = form_of(mara.get(action))
    assert "Discard this draft?" in mara.post(action, fields | {"do": "discard"}).content.decode()
    assert mara.post(action, {"do": "discard", "sure": "1"}).status_code == 303
    assert not StoredDraft.objects.exists()
    assert not Upload.objects.exists()
    assert drafts_copies(store) == []


def test_a_formatted_draft_keeps_its_looks_without_script(mara):
    action, fields = begin(mara)
    rich = {"format": "html", "html": "<b>Bold</b><script>x</script>", "text": "Bold"}
    mara.post(action, fields | rich | {"do": "save"})
    _, fields = form_of(mara.get(action))
    mara.post(action, fields | {"do": "save", "subject": "New"})
    row = StoredDraft.objects.get()
    assert (row.fields["format"], row.fields["html"]) == ("html", "<b>Bold</b>")
    _, fields = form_of(mara.get(action))
    mara.post(action, fields | {"do": "save", "text": "Plain now"})
    assert StoredDraft.objects.get().fields["format"] == "plain"


def test_a_signed_draft_is_worth_nothing_to_somebody_else(mara, store):
    action, fields = begin(mara, text="Mine")
    ben = Client()
    ben.post("/sign-in/", {"address": "ben@hearth.example", "password": "x"})
    assert ben.post(action, fields | {"do": "save"}).status_code == 404
    forged = fields | {"fresh": fields["fresh"][:-3] + "abc", "do": "save"}
    assert mara.post(action, forged).status_code == 404


# -- files ----------------------------------------------------------------------------------------


def upload(name, content):
    file = BytesIO(content)
    file.name = name
    return file


def test_a_file_sent_with_the_form_arrives_byte_for_byte(mara):
    content = bytes(range(256)) * 500
    action, fields = begin(mara, to="a@hearth.example", text="See file")
    mara.post(action, fields | {"do": "send", "files": upload("../../etc/Plan.ods", content)})
    message = parse_message(wire())
    part = next(p for p in message.structure.walk() if p.filename)
    assert part.filename == "Plan.ods"
    from webmail.message.bodystructure import decode_part

    assert decode_part(message.part_bytes(part.section), part.encoding) == content


def test_files_can_be_added_and_removed_without_losing_the_text(mara):
    action, fields = begin(mara, text="Typed")
    answer = mara.post(f"{action}files/", fields | {"files": upload("a.txt", b"abc")})
    assert answer.status_code == 303
    page = mara.get(action)
    assert "a.txt" in page.content.decode()
    _, fields = form_of(page)
    key = Upload.objects.get().key
    answer = mara.post(f"{action}files/{key}/remove/", fields | {"text": "Typed more"})
    assert answer.status_code == 303
    assert not Upload.objects.exists()
    assert form_of(mara.get(action))[1]["text"] == "Typed more"


def test_a_file_over_the_limit_is_refused_by_name_and_the_text_stays(mara, settings):
    settings.WEBMAIL_MAX_MESSAGE_BYTES = 50_000
    action, fields = begin(mara, to="a@hearth.example", text="Typed")
    answer = mara.post(action, fields | {"do": "send", "files": upload("big.bin", b"x" * 60_000)})
    page = _unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "“big.bin”" in page
    assert "The limit of a message is 49 KB" in page
    assert "Typed" in page
    assert not Upload.objects.exists()
    assert not Outgoing.objects.exists()


def test_a_damaged_file_is_never_sent_without(mara):
    action, fields = begin(mara, to="a@hearth.example", text="Typed")
    mara.post(action, fields | {"do": "save", "files": upload("a.txt", b"abc")})
    storage._path(Upload.objects.get().key).write_bytes(b"abX")
    _, fields = form_of(mara.get(action))
    answer = mara.post(action, fields | {"do": "send"})
    assert answer.status_code == 422
    assert "“a.txt” is damaged" in _unescape(answer.content.decode())
    assert not Outgoing.objects.exists()


def test_files_of_somebody_elses_draft_are_unknown(mara):
    action, fields = begin(mara, text="Mine")
    mara.post(action, fields | {"do": "save", "files": upload("a.txt", b"abc")})
    ben = Client()
    ben.post("/sign-in/", {"address": "ben@hearth.example", "password": "x"})
    key = Upload.objects.get().key
    assert ben.post(f"{action}files/", {"files": upload("b.txt", b"b")}).status_code == 404
    assert ben.post(f"{action}files/{key}/remove/").status_code == 404
    assert Upload.objects.count() == 1


def test_every_draft_key_that_is_gone_is_known_to_be_gone(mara):
    action, fields = begin(mara, text="Mine")
    mara.post(action, fields | {"do": "save"})
    key = StoredDraft.objects.get().key
    assert drafts.existing_keys([key, "nothing"]) == {key}
