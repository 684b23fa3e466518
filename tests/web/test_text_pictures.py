"""Pictures of the text on the server: which leave within it, beside it, or not at all."""

from email import message_from_bytes, policy

import pytest

from tests.web.forms import begin, upload, wire
from tests.web.newsletters import png
from webmail.attachments.models import Upload
from webmail.submission.models import StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
ONE, TWO = "1" * 32, "2" * 32


def html_of(*pictures):
    shown = "".join(f'<img src="cid:{each}@hearth.example" alt="Oak">' for each in pictures)
    return f"<p>See {shown}</p>"


@pytest.fixture
def draft(mara):
    """A formatted draft that shows the same picture twice, pasted at two places."""
    action, fields = begin(mara, to="jonas@hearth.example", subject="Oak")
    rich = {"format": "html", "html": html_of(ONE, TWO), "text": "See"}
    mara.post(action, fields | rich | {"do": "save"})
    for each in (ONE, TWO):
        file = {"files": upload("image.png", png()), "picture": each}
        mara.post(f"{action}files/", file, headers={"accept": "application/json"})
    return action, fields | {"format": "html", "revision": StoredDraft.objects.get().revision}


def sent(mara, draft, **changes):
    action, fields = draft
    mara.post(action, fields | changes | {"do": "send", "sure": "1"})
    return message_from_bytes(wire(), policy=policy.SMTP)


def tree(message):
    if not message.is_multipart():
        return message.get_content_type()
    return [message.get_content_subtype(), *map(tree, message.iter_parts())]


def test_the_same_picture_at_two_places_is_two_parts(mara, draft):
    message = sent(mara, draft, html=html_of(ONE, TWO), text="See")
    related = ["related", "text/html", "image/png", "image/png"]
    assert tree(message) == ["alternative", "text/plain", related]
    parts = list(message.walk())[-2:]
    assert [each["Content-ID"] for each in parts] == [f"<{n}@hearth.example>" for n in (ONE, TWO)]


def test_one_that_was_removed_from_the_text_does_not_leave(mara, draft):
    message = sent(mara, draft, html=html_of(TWO), text="See")
    assert tree(message)[2] == ["related", "text/html", "image/png"]
    assert ONE.encode() not in wire()


def test_plain_text_makes_files_of_them_and_the_form_says_so(mara, draft):
    action, fields = draft
    plain = fields | {"format": "plain", "text": "See", "do": "save"}
    page = mara.post(action, plain, follow=True).content.decode()
    assert "the 2 in it are attached as files now." in page
    assert "image (2).png" in page
    fields["revision"] = StoredDraft.objects.get().revision
    message = sent(mara, (action, fields), format="html", html="<p>See</p>")
    names = [each.get_filename() for each in message.iter_attachments()]
    assert names == ["image.png", "image (2).png"]


def test_a_page_without_script_keeps_them_as_long_as_its_text_is_not_touched(mara, draft):
    action, fields = draft
    rich = fields | {"html": html_of(ONE, TWO), "do": "save"}
    mara.post(action, rich)
    row = StoredDraft.objects.get()
    plain = {"to": fields["to"], "subject": "Oak", "revision": row.revision, "do": "send"}
    mara.post(action, plain | {"text": row.fields["text"]})
    assert tree(message_from_bytes(wire(), policy=policy.SMTP))[0] == "alternative"


def test_what_is_no_picture_is_refused_in_the_text(mara, draft):
    action, fields = draft
    file = upload("a.png", b"<svg onload=alert(1)>")
    answer = mara.post(
        f"{action}files/", {"files": file, "picture": ONE}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 413
    assert "is not a picture that a message can show" in answer.json()["errors"]["files"]
    assert Upload.objects.count() == 2
