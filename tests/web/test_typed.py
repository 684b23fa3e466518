"""A compose form that comes after its session has ended: nothing typed is lost (F33)."""

import re
from html import unescape

import pytest
from django.test import Client

from tests.web.conftest import ADDRESS
from tests.web.forms import begin, copies_in_drafts, form_of, upload
from webmail.attachments.models import Upload
from webmail.submission.models import Outgoing, StoredDraft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("submission")]
TEXT = "Dear <b>Jonas</b>,\n\n  the “big” saw & the axe"
TYPED = {
    "to": "jonas@hearth.example",
    "cc": "nobody yet",
    "subject": 'Fire"wood',
    "text": TEXT,
}


def end_session(client):
    for name in [name for name in client.cookies if name.endswith("sid")]:
        del client.cookies[name]


def shown_again(answer):
    """The fields of the page that shows what was typed, as a browser would post them."""
    page = answer.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    for name in ("to", "cc", "bcc", "subject"):
        found = re.search(rf'name="{name}" value="([^"]*)" readonly', page)
        fields |= {name: unescape(found.group(1))} if found else {}
    for name in ("text", "html"):
        found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
        fields |= {name: unescape(found.group(1))} if found else {}
    fields["carry"] = re.findall(r'name="carry" value="(\d+)"', page)
    return fields


@pytest.mark.parametrize("do", ["send", "save", "discard"])
def test_without_a_session_what_was_typed_is_shown_and_nothing_is_kept(mara, do):
    """F33: nothing typed is lost with the session."""
    action, fields = begin(mara, **TYPED)
    end_session(mara)
    answer = mara.post(action, fields | {"do": do})
    assert answer.status_code == 401
    assert shown_again(answer).items() >= {**TYPED, "fresh": fields["fresh"]}.items()
    page = answer.content.decode()
    assert "<b>Jonas" not in page
    assert re.search(r'href="/sign-in/" target="_blank" rel="noopener"', page)
    assert not StoredDraft.objects.exists()
    assert not Outgoing.objects.exists()


def test_files_of_a_form_without_a_session_are_not_kept_and_that_is_said(mara):
    action, fields = begin(mara, **TYPED)
    end_session(mara)
    answer = mara.post(f"{action}files/", fields | {"files": upload("a.txt", b"abc")})
    assert answer.status_code == 401
    assert "Attach its files again" in answer.content.decode()
    assert f'action="{action}"' in answer.content.decode()
    assert not Upload.objects.exists()


def test_a_script_is_sent_to_sign_in_as_before(mara):
    action, fields = begin(mara, **TYPED)
    end_session(mara)
    answer = mara.post(action, fields | {"do": "save"}, headers={"accept": "application/json"})
    assert answer.status_code == 302


class Strict(Client):
    """A browser whose tokens are checked, as all are outside tests."""

    def __init__(self):
        super().__init__(enforce_csrf_checks=True)

    def sign_in(self, address=ADDRESS):
        page = self.get("/sign-in/?again=1").content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)
        fields = {"address": address, "password": "secret", "csrfmiddlewaretoken": token}
        assert self.post("/sign-in/", fields).status_code == 303

    def press(self, action, fields, **more):
        return self.post(action, fields | more)


@pytest.mark.parametrize("is_stored", [False, True], ids=["fresh", "stored"])
def test_after_signing_in_again_the_window_is_as_it_was_and_sends(store, is_stored):
    """F33: log in in place, then send."""
    browser = Strict()
    browser.sign_in()
    action, fields = begin(browser, subject="Old", text="Old")
    if is_stored:
        assert browser.press(action, fields, do="save").status_code == 303
        _, fields = form_of(browser.get(action))
    end_session(browser)
    answer = browser.press(action, fields | TYPED, do="send")
    assert answer.status_code == 401
    fields = shown_again(answer)
    browser.sign_in()  # in the other tab: the token of this page is now too old
    answer = browser.press(action, fields, do="save")
    assert answer.status_code == 403
    assert "look it over" in answer.content.decode()
    window, fields = form_of(answer)
    assert window == action
    assert fields.items() >= (TYPED | {"text": TEXT}).items()
    assert not Outgoing.objects.exists()
    assert browser.press(action, fields, cc="", do="send").status_code == 303
    assert Outgoing.objects.get().rcpt_to == ["jonas@hearth.example"]
    assert StoredDraft.objects.get().fields["text"] == TEXT


def test_the_formatting_of_a_late_form_survives_cleaned(store):
    browser = Strict()
    browser.sign_in()
    action, fields = begin(browser)
    rich = {"format": "html", "html": "<b>Bold</b><script>x()</script>", "text": "Bold"}
    end_session(browser)
    fields = shown_again(browser.press(action, fields | rich, do="send"))
    browser.sign_in()
    page = browser.press(action, fields, do="save").content.decode()
    assert unescape(page).count("<b>Bold</b>") == 1
    assert "x()" not in page


def test_another_version_saved_meanwhile_is_not_overwritten(store):
    browser = Strict()
    browser.sign_in()
    action, fields = begin(browser, text="One")
    browser.press(action, fields, do="save")
    _, old = form_of(browser.get(action))
    browser.press(action, old, text="Two", do="save")
    end_session(browser)
    late = shown_again(browser.press(action, old, text="Three", do="save"))
    browser.sign_in()
    _, fields = form_of(browser.press(action, late, do="save"))
    assert browser.press(action, fields, do="save").status_code == 409
    assert sorted(row.fields["text"] for row in StoredDraft.objects.all()) == ["Three", "Two"]
    assert len(copies_in_drafts(store)) == 2


def test_somebody_else_who_signs_in_sees_no_draft_but_the_form_itself(store):
    browser = Strict()
    browser.sign_in()
    action, fields = begin(browser, text="One")
    browser.press(action, fields, do="save")
    _, fields = form_of(browser.get(action))
    end_session(browser)
    fields = shown_again(browser.press(action, fields, text="Mine", do="save"))
    browser.sign_in("ben@hearth.example")
    answer = browser.press(action, fields, do="save")
    assert answer.status_code == 403
    assert "data-compose" not in answer.content.decode()
    assert shown_again(answer)["text"] == "Mine"


def test_a_form_of_another_site_is_shown_to_nobody(store):
    browser = Strict()
    browser.sign_in()
    action, fields = begin(browser, **TYPED)
    answer = browser.post(action, fields, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert b"big" not in answer.content
