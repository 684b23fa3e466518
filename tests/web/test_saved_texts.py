"""Templates: kept, put into a message, filled from its recipient, and never sent half filled."""

from html import unescape

import pytest
from django.test import Client

from tests.web.forms import begin, form_of
from webmail.submission.models import Outgoing, SavedText, StoredDraft
from webmail.web.saved_texts import first_name

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]

ANNA = "Anna Weber <anna@example.org>"
TEXT = {"text_key": "new", "do": "save", "name": "Invoice", "subject": "Invoice of {date}"}


def add(mara, **more):
    fields = TEXT | {"text": "Dear {first name},\nhere it is.\n{my name}"} | more
    return mara.post("/settings/templates/", fields)


def templates_url(mara, **written):
    action, fields = begin(mara, **written)
    fields |= {"subject": written.get("subject", "")}
    return mara.post(action, fields | {"do": "go:templates"})["Location"]


def insert(mara, url):
    return mara.post(url, {"do": f"insert:{SavedText.objects.get().key}"}, follow=True)


def test_one_is_added_changed_and_removed_in_the_settings(mara):
    assert add(mara).status_code == 303
    saved = SavedText.objects.get()
    page = unescape(mara.get("/settings/templates/").content.decode())
    assert "Invoice" in page
    assert "<code>{first name}</code>" in page
    fields = {"text_key": saved.key, "do": "save", "name": "Bill", "text": "Pay."}
    mara.post("/settings/templates/", fields)
    assert (SavedText.objects.get().name, SavedText.objects.get().text) == ("Bill", "Pay.")
    mara.post("/settings/templates/", fields | {"do": "remove"})
    assert not SavedText.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": " "}, "Give it a name"),
        ({"text": " "}, "Write what"),
        ({"text": "x" * 100_001}, "too long"),
    ],
)
def test_what_cannot_be_kept_says_why_and_stays_in_the_form(mara, more, words):
    answer = add(mara, **more)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SavedText.objects.exists()


def test_its_html_is_cleaned_as_what_is_written(mara):
    """T11"""
    add(mara, html="<p onclick=x>Dear <b>{name}</b><script>alert(1)</script></p>")
    assert "<b>{name}</b>" in SavedText.objects.get().html
    assert "script" not in SavedText.objects.get().html
    assert "onclick" not in SavedText.objects.get().html


def test_one_is_put_into_a_message_and_filled_from_its_recipient(mara):
    add(mara)
    _, fields = form_of(insert(mara, templates_url(mara, to=ANNA, text="")))
    assert fields["text"].startswith("Dear Anna,\nhere it is.\n")
    assert "{date}" not in fields["subject"]
    assert fields["subject"].startswith("Invoice of ")
    assert fields["to"] == ANNA


def test_what_is_written_already_stays_below_with_its_subject(mara):
    add(mara)
    url = templates_url(mara, to=ANNA, subject="Mine", text="P.S. Hello")
    _, fields = form_of(insert(mara, url))
    assert fields["subject"] == "Mine"
    assert fields["text"].endswith("\n\nP.S. Hello")


def test_a_recipient_without_a_name_leaves_it_open_and_sending_asks(mara):
    add(mara)
    action, fields = form_of(insert(mara, templates_url(mara, to="anna@example.org", text="")))
    said = mara.post(action, fields | {"do": "send"})
    assert said.status_code == 422
    assert "“{first name}” is still to be filled in." in unescape(said.content.decode())
    assert not Outgoing.objects.exists()
    mara.post(action, form_of(said)[1] | {"do": "send", "sure": "1"})
    assert Outgoing.objects.count() == 1


def test_what_is_open_can_be_filled_once_the_recipient_is_known(mara):
    add(mara)
    action, fields = form_of(insert(mara, templates_url(mara, to="", text="")))
    url = mara.post(action, fields | {"to": ANNA, "do": "go:templates"})["Location"]
    assert "Still to be filled in: {first name}" in unescape(mara.get(url).content.decode())
    _, fields = form_of(mara.post(url, {"do": "fill"}, follow=True))
    assert fields["text"].startswith("Dear Anna,")


def test_of_several_recipients_nobody_is_named(mara):
    add(mara)
    url = templates_url(mara, to=f"{ANNA}, bo@example.net", text="")
    assert form_of(insert(mara, url))[1]["text"].startswith("Dear {first name},")


def test_a_subject_longer_than_one_of_a_template_is_cut(mara):
    mara.post(templates_url(mara, subject="s" * 995, text="Hi"), {"do": "keep", "name": "Long"})
    assert len(SavedText.objects.get().subject) == 990


def test_a_message_is_kept_as_a_template(mara):
    url = templates_url(mara, to=ANNA, subject="Thanks", text="Thank you, {first name}.")
    assert "Give it a name" in mara.post(url, {"do": "keep", "name": ""}).content.decode()
    mara.post(url, {"do": "keep", "name": "Thanks"})
    saved = SavedText.objects.get()
    assert (saved.name, saved.subject, saved.text) == (
        "Thanks",
        "Thanks",
        "Thank you, {first name}.",
    )


def test_a_formatted_one_makes_an_empty_message_formatted_and_a_name_no_tag(mara):
    """T11"""
    add(mara, html="<p>Dear <b>{name}</b></p>", text="")
    insert(mara, templates_url(mara, to='"<i>Anna</i>" <anna@example.org>', text=""))
    fields = StoredDraft.objects.get().fields
    assert fields["format"] == "html"
    assert "&lt;i&gt;Anna&lt;/i&gt;" in fields["html"]


def test_somebody_elses_is_unknown(mara):
    add(mara)
    ben = Client()
    ben.post("/sign-in/", {"address": "ben@hearth.example", "password": "x"})
    fields = TEXT | {"text_key": SavedText.objects.get().key, "text": "Mine now"}
    assert ben.post("/settings/templates/", fields).status_code == 404
    assert "Invoice" not in ben.get("/settings/templates/").content.decode()


@pytest.mark.parametrize(
    ("name", "first"), [("Anna Weber", "Anna"), ("Weber, Anna", "Anna"), ("", ""), ("Anna", "Anna")]
)
def test_the_first_name(name, first):
    assert first_name(name) == first
