"""Several messages passed on as one."""

import email
import email.policy

import pytest

from tests.web.forms import form_of, wire
from tests.web.letters import letter
from webmail.accounts.models import User
from webmail.attachments.models import Upload
from webmail.submission.models import Outgoing, StoredDraft
from webmail.web import forward
from webmail.web.paths import ref_text
from webmail.web.quoting import read_quotable

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]


@pytest.fixture
def refs(store):
    subjects = ("Firewood", "Sauna/1", "Bread")
    return [store.append("INBOX", letter(each, head="Bcc: eve@e.example")) for each in subjects]


def choose(mara, *refs, **more):
    return mara.post("/forward/", {"ref": [mara.text_of(ref) for ref in refs], **more})


def test_the_list_offers_it_for_selected_messages(mara, refs):
    assert 'formaction="/forward/"' in mara.get(mara.list_url()).content.decode()


def test_selected_messages_go_out_attached_to_one(mara, store, refs):
    answer = choose(mara, *refs)
    assert answer.status_code == 200
    assert not StoredDraft.objects.exists()
    action, fields = form_of(answer)
    assert fields["subject"] == "Fwd: Firewood and 2 more"
    assert fields["carry"] == ["0", "1", "2"]
    mara.post(action, fields | {"to": "ben@hearth.test", "do": "send"})
    message = email.message_from_bytes(wire(), policy=email.policy.default)
    files = list(message.iter_attachments())
    assert [each.get_content_type() for each in files] == ["message/rfc822"] * 3
    assert [each.get_filename() for each in files] == ["Firewood.eml", "Sauna-1.eml", "Bread.eml"]
    inside = [each.get_content() for each in files]
    assert [each["Subject"] for each in inside] == ["Firewood", "Sauna/1", "Bread"]
    assert not any(each["Bcc"] for each in inside)
    assert Outgoing.objects.get().relation == "forward"
    assert Upload.objects.count() == 3


def test_a_message_whose_box_was_unticked_stays_behind(mara, refs):
    action, fields = form_of(choose(mara, *refs))
    mara.post(action, fields | {"to": "ben@hearth.test", "carry": ["0", "2"], "do": "send"})
    assert b"Sauna" not in wire()


def test_of_one_message_its_flag_is_set_too(mara, refs):
    action, fields = form_of(choose(mara, refs[0]))
    assert fields["subject"] == "Fwd: Firewood"
    mara.post(action, fields | {"to": "ben@hearth.test", "do": "send"})
    assert Outgoing.objects.get().source_uid == refs[0].uid


def test_what_is_gone_meanwhile_is_left_out(mara, store, refs):
    store.expunge(refs[:1])
    assert form_of(choose(mara, *refs))[1]["subject"] == "Fwd: Sauna/1 and 1 more"
    store.expunge(refs[1:])
    choose(mara, *refs, next=mara.list_url())
    assert forward.GONE in mara.get(mara.list_url()).content.decode()


@pytest.mark.parametrize(("count", "sentence"), [(0, forward.NONE), (3, "2 messages at most")])
def test_none_and_too_many_are_told(mara, refs, monkeypatch, count, sentence):
    monkeypatch.setattr(forward, "MOST", 2)
    monkeypatch.setattr(forward, "TOO_MANY", "Select 2 messages at most.")
    answer = choose(mara, *refs[:count], next=mara.list_url())
    assert (answer.status_code, answer["Location"]) == (303, mara.list_url())
    assert sentence in mara.get(mara.list_url()).content.decode()


def test_messages_of_two_accounts_are_not_mixed(mara, refs):
    second = User.objects.get().accounts.create(address="m@other.example")
    texts = [mara.text_of(refs[0]), ref_text(second.key, refs[1])]
    mara.post("/forward/", {"ref": texts, "next": mara.list_url()})
    assert "one account only" in mara.get(mara.list_url()).content.decode()


def test_messages_of_somebody_else_are_unknown(mara, refs):
    other = User.objects.create(address="eve@hearth.example")
    theirs = other.accounts.create(address=other.address)
    assert mara.post("/forward/", {"ref": [ref_text(theirs.key, refs[0])]}).status_code == 404
    assert mara.post("/forward/", {"ref": ["nonsense"]}).status_code == 404


def test_a_picture_named_by_its_place_goes_along_as_a_file(store):
    """RFC 2557: a draft could only name it by an identifier, and it has none."""
    raw = (
        b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b"<p>Hi <img src='http://a.example/x.png'></p>\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Location: http://a.example/x.png\r\n\r\nx\r\n--b--\r\n"
    )
    quotable = read_quotable(store, store.summary(store.append("INBOX", raw)))
    assert quotable.pictures == ()
    assert [part.content_location for part in quotable.attachments] == ["http://a.example/x.png"]
