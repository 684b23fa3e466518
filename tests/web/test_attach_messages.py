"""Messages attached to a message: chosen from a list, fetched by this server."""

from email import message_from_bytes, policy

import pytest
from django.test import Client

from tests.web.forms import begin, ref_of, wire
from webmail.attachments import storage
from webmail.attachments.models import Upload
from webmail.submission import offers
from webmail.submission.models import StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
JSON = {"accept": "application/json"}


def letter(subject="Firewood", text="Is there any?", head=""):
    return (
        f"From: Jonas <jonas@hearth.example>\r\nSubject: {subject}\r\n{head}"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        f"\r\n{text}\r\n"
    ).encode()


@pytest.fixture
def draft(mara):
    action, fields = begin(mara, to="jonas@hearth.example", subject="See", text="These")
    answer = mara.post(f"{action}messages/", fields)
    assert answer["Location"] == f"{action}messages/"  # what was written is kept first
    return action


def attach(client, action, *refs, **more):
    return client.post(f"{action}messages/", {"ref": [ref_of(ref) for ref in refs]}, **more)


def sent(mara, action):
    row = StoredDraft.objects.get()
    fields = {name: row.fields[name] for name in ("to", "subject", "text")}
    mara.post(action, fields | {"revision": row.revision, "do": "send"})
    return message_from_bytes(wire(), policy=policy.SMTP)


def test_messages_are_chosen_from_a_list_and_travel_as_messages(mara, store, draft):
    refs = [store.append("INBOX", letter(subject=each)) for each in ("Oak", "Äppel/träd", "Oak")]
    page = mara.get(f"{draft}messages/").content.decode()
    assert "Äppel/träd" in page
    assert attach(mara, draft, *refs)["Location"] == f"{draft}#files"
    files = list(sent(mara, draft).iter_attachments())
    assert [each.get_content_type() for each in files] == ["message/rfc822"] * 2
    assert [each.get_filename() for each in files] == ["Oak.eml", "Äppel-träd.eml"]
    assert [each.get_content()["Subject"] for each in files] == ["Oak", "Äppel/träd"]


def test_two_messages_of_one_subject_have_two_names(mara, store, draft):
    refs = [store.append("INBOX", letter(text=each)) for each in ("one", "two")]
    attach(mara, draft, *refs)
    names = [each.get_filename() for each in sent(mara, draft).iter_attachments()]
    assert names == ["Firewood.eml", "Firewood (2).eml"]


def test_a_message_is_found_by_its_words_and_in_its_folder(mara, store, draft):
    store.append("INBOX", letter(subject="Oak"))
    store.append("INBOX", letter(subject="Birch"))
    store.create_mailbox("Wood")
    store.append("Wood", letter(subject="Larch"))
    page = mara.get(f"{draft}messages/?q=Birch").content.decode()
    assert ("Birch" in page, "Oak" in page) == (True, False)
    page = mara.get(f"{draft}messages/?in=Wood").content.decode()
    assert ("Larch" in page, "Oak" in page) == (True, False)


@pytest.mark.parametrize("eight_bits", [True, False])
def test_a_message_of_eight_bits_stays_valid_where_the_server_takes_seven(
    mara, store, draft, monkeypatch, eight_bits
):
    said = offers.Offers(None, False, False, eight_bits=eight_bits)
    monkeypatch.setattr(offers, "known_offers", lambda endpoint: said)
    raw = letter(text="Åska")
    attach(mara, draft, store.append("INBOX", raw))
    (file,) = sent(mara, draft).iter_attachments()
    assert wire().isascii() is not eight_bits
    if eight_bits:  # RFC 2046, 5.2.1: no other encoding for a message
        assert (file.get_content_type(), file["Content-Transfer-Encoding"]) == (
            "message/rfc822",
            "8bit",
        )
    else:
        assert (file.get_content_type(), file.get_content()) == ("application/octet-stream", raw)


def test_nobody_learns_who_else_got_a_message_of_ones_own(mara, store, draft):
    attach(mara, draft, store.append("INBOX", letter(head="Bcc: secret@hearth.example\r\n")))
    assert b"secret@" not in sent(mara, draft).as_bytes()  # T73


def test_a_script_that_drops_rows_is_told_the_files(mara, store, draft):
    answer = attach(mara, draft, store.append("INBOX", letter()), headers=JSON)
    assert answer.status_code == 201
    assert [file["name"] for file in answer.json()["files"]] == ["Firewood.eml"]


@pytest.mark.parametrize("content", [b"", b"x" * 9000])
def test_nothing_chosen_and_too_much_are_said(mara, store, draft, settings, content):
    settings.WEBMAIL_MAX_MESSAGE_BYTES = 8000
    refs = [store.append("INBOX", letter() + content)] if content else []
    answer = attach(mara, draft, *refs)
    assert answer.status_code == 422
    sentence = "Not all of these messages fit." if content else "Select one or more messages"
    assert sentence in answer.content.decode()
    assert not Upload.objects.exists()


def test_a_stranger_attaches_nothing_and_takes_nothing(mara, store, draft):
    ref = store.append("INBOX", letter())
    jonas = Client()
    jonas.post("/sign-in/", {"address": "jonas@hearth.example", "password": "secret"})
    assert attach(jonas, draft, ref).status_code == 404  # T69
    assert jonas.get(f"{draft}messages/").status_code == 404
    assert storage.uploads_of(StoredDraft.objects.get().user, draft.split("/")[2]) == []
