"""Drafts and their files: saved by revision, copied to the server, never half there."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.forms import begin, copies_in_drafts, form_of, ref_of, upload, wire
from webmail.attachments import storage
from webmail.attachments.models import Upload
from webmail.message.bodystructure import decode_part
from webmail.message.parse import parse_message
from webmail.store.protocol import Refused, Unreachable
from webmail.submission import drafts, offers
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


# -- drafts ---------------------------------------------------------------------------------------


def test_a_saved_draft_is_in_drafts_on_the_server_once(mara, store):
    action, fields = begin(mara, to="nobody yet", subject="One", text="Begun")
    assert mara.post(action, fields | {"do": "save"}).status_code == 303
    _, fields = form_of(mara.get(action))
    assert fields["to"] == "nobody yet"
    mara.post(action, fields | {"do": "save", "text": "Begun and more"})
    (copy,) = copies_in_drafts(store)
    assert b"Begun and more" in copy
    assert parse_message(copy).envelope.subject == "One"


def test_two_windows_of_one_draft_both_keep_their_text(mara, store):
    """F34: a revision that is not the newest overwrites nothing."""
    action, fields = begin(mara, text="Zero")
    mara.post(action, fields | {"do": "save"})
    _, old = form_of(mara.get(action))
    mara.post(action, old | {"do": "save", "text": "One"})
    answer = mara.post(action, old | {"do": "save", "text": "Two"})
    assert answer.status_code == 409
    assert sorted(row.fields["text"] for row in StoredDraft.objects.all()) == ["One", "Two"]
    assert len(copies_in_drafts(store)) == 2  # the window may be gone that this is said to
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


def taken_back(mara, do):
    """A message sent as soon as it was written, so that nothing had saved it before."""
    action, fields = begin(mara, to="jonas@hearth.example", text="Wait")
    assert mara.post(action, fields | {"do": "send"}).status_code == 303
    row = Outgoing.objects.get()
    if do == "discard":
        Outgoing.objects.update(state=Outgoing.State.FAILED)
    return mara.post(f"/outbox/{row.key}/", {"do": do})


@pytest.mark.parametrize("do", ["undo", "edit", "discard"])
def test_what_is_taken_back_is_in_drafts(mara, store, do):
    assert taken_back(mara, do).status_code == 303
    (copy,) = copies_in_drafts(store)
    assert b"Wait" in copy


def test_what_could_not_be_copied_is_in_drafts_once_somebody_looks(mara, store, monkeypatch):
    def away(*_, **__):
        raise Unreachable("no route", host="mail.hearth.example")

    with monkeypatch.context() as gone:
        gone.setattr(store, "append", away)
        assert taken_back(mara, "undo").status_code == 303
    assert copies_in_drafts(store) == []
    mara.get(mara.list_url("Drafts"))
    assert copies_in_drafts(store) == []  # somebody may be writing in it
    StoredDraft.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    page = mara.get(mara.list_url("Drafts")).content.decode()
    assert "Wait" in page
    mara.get(mara.list_url("Drafts"))
    (copy,) = copies_in_drafts(store)
    assert b"Wait" in copy


def test_a_copy_is_never_removed_before_the_next_is_there(mara, store, monkeypatch):
    """F35: APPEND, then UID EXPUNGE."""
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


@pytest.mark.parametrize("is_there", [True, False])
def test_a_server_that_can_replaces_the_copy_in_one_step(mara, store, monkeypatch, is_there):
    """RFC 8508; a copy that somebody took away is appended anew."""
    action, fields = begin(mara, text="One")
    mara.post(action, fields | {"do": "save"})
    (old,) = [row.ref for row in store.page("Drafts").rows]
    features, append, expunge = replace(store.features, replace=True), store.append, store.expunge
    calls = []

    def in_one_step(ref, message, *, flags):
        calls.append(ref)
        if not is_there:
            raise Refused("no such message", code="NONEXISTENT")
        expunge([ref])
        return append(ref.mailbox, message, flags=flags)

    monkeypatch.setattr(type(store), "features", features)
    monkeypatch.setattr(store, "replace", in_one_step)
    if is_there:
        monkeypatch.setattr(store, "append", None)
        monkeypatch.setattr(store, "expunge", None)
    _, fields = form_of(mara.get(action))
    answer = mara.post(action, fields | {"do": "save", "text": "Two"})
    assert answer.status_code == 303
    assert calls == [old]
    (copy,) = copies_in_drafts(store)
    assert b"Two" in copy


def test_a_draft_of_the_server_is_opened_with_its_files_and_replaced(mara, store):
    ref = store.append("Drafts", ORIGINAL)
    action, fields = begin(mara, f"?draft_of={ref_of(ref)}")
    assert fields["subject"] == "Firewood"
    mara.post(action, fields | {"do": "save", "text": "Changed"})
    (copy,) = copies_in_drafts(store)
    assert b"Changed" in copy
    assert b"list.pdf" in copy
    newest = store.page("Drafts").rows[0].ref
    assert mara.get(f"/compose/?draft_of={ref_of(newest)}")["Location"] == action


def test_discarding_asks_first_and_then_removes_every_trace(mara, store):
    action, fields = begin(mara, text="Away with it")
    fields |= {"files": upload("a.txt", b"abc")}
    mara.post(action, fields | {"do": "save"})
    _, fields = form_of(mara.get(action))
    assert "Discard this draft?" in mara.post(action, fields | {"do": "discard"}).content.decode()
    assert mara.post(action, {"do": "discard", "sure": "1"}).status_code == 303
    assert not StoredDraft.objects.exists()
    assert not Upload.objects.exists()
    assert copies_in_drafts(store) == []


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


def test_a_file_sent_with_the_form_arrives_byte_for_byte(mara):
    content = bytes(range(256)) * 500
    action, fields = begin(mara, to="a@hearth.example", text="See file")
    mara.post(action, fields | {"do": "send", "files": upload("../../etc/Plan.ods", content)})
    message = parse_message(wire())
    part = next(p for p in message.structure.walk() if p.filename)
    assert part.filename == "Plan.ods"
    assert decode_part(message.part_bytes(part.section), part.encoding) == content


def test_a_form_with_a_file_sent_twice_attaches_it_once(mara):
    action, fields = begin(mara, to="a@hearth.example", text="See file")
    for _ in range(2):
        mara.post(action, fields | {"do": "save", "files": upload("a.txt", b"abc")})
    assert Upload.objects.count() == 1


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
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "“big.bin”" in page
    assert "The limit of a message is 49 KB" in page
    assert "Typed" in page
    assert not Upload.objects.exists()
    assert not Outgoing.objects.exists()


def test_the_submission_servers_own_limit_counts_too(mara, monkeypatch):
    monkeypatch.setattr(offers, "known_limit", lambda endpoint: 30_000)
    action, fields = begin(mara, to="a@hearth.example", text="Typed")
    answer = mara.post(f"{action}files/", fields | {"files": upload("big.bin", b"x" * 40_000)})
    assert answer.status_code == 422
    assert "The limit of a message is 29 KB" in answer.content.decode()


@pytest.mark.parametrize("damage", ["changed", "deleted"])
def test_a_damaged_file_is_never_sent_without(mara, damage):
    """F36: size and hash are looked at before anything is frozen."""
    action, fields = begin(mara, to="a@hearth.example", text="Typed")
    mara.post(action, fields | {"do": "save", "files": upload("a.txt", b"abc")})
    path = storage.path_of(Upload.objects.get().key)
    path.write_bytes(b"abX") if damage == "changed" else path.unlink()
    _, fields = form_of(mara.get(action))
    answer = mara.post(action, fields | {"do": "send"})
    assert answer.status_code == 422
    assert "“a.txt” is damaged" in unescape(answer.content.decode())
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


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"GIF89a" + bytes(20), "image/gif"),
        (b"<svg onload='x()'/>", "application/octet-stream"),
        (b"<script>x()</script>", "application/octet-stream"),
    ],
)
def test_a_file_of_a_draft_is_a_picture_by_its_octets_or_a_download(mara, content, kind):
    action, fields = begin(mara, text="See file")
    mara.post(action, fields | {"do": "save", "files": upload("oak.gif", content)})
    answer = mara.get(f"{action}files/{Upload.objects.get().key}/")
    assert (answer.content, answer["Content-Type"]) == (content, kind)
    assert answer["Content-Disposition"] == 'attachment; filename="oak.gif"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_every_draft_key_that_is_gone_is_known_to_be_gone(mara):
    action, fields = begin(mara, text="Mine")
    mara.post(action, fields | {"do": "save"})
    key = StoredDraft.objects.get().key
    assert drafts.existing_keys([key, "nothing"]) == {key}
