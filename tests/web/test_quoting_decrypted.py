"""Drafts that quote what their writer decrypted, on the server's side (T91)."""

import pytest

from tests.web.forms import begin, copies_in_drafts, wire
from webmail.submission.models import Outgoing, StoredDraft
from webmail.web.second_thoughts import BARES

pytestmark = pytest.mark.django_db(transaction=True)
QUOTES = "quotes-decrypted"


@pytest.fixture
def writer(mara, submission):
    mara.post("/settings/encryption/", {"do": "on"})
    return mara


def post(client, do, *protect, **more):
    """A message with the quotation, as the browser posts it."""
    text = "Yes.\n\nOn Monday, Jonas wrote:\n> The secret is seven.\n"
    action, fields = begin(client, to="jonas@hearth.example", text=text)
    more = {"do": do, "protect": ["", *protect], **more}
    return action, client.post(action, fields | more)


def test_leaving_unencrypted_is_asked_about_and_whoever_is_sure_sends_t91(writer):
    _, answer = post(writer, "send", QUOTES)
    assert (answer.status_code, BARES in answer.content.decode()) == (422, True)
    assert not Outgoing.objects.exists()
    _, answer = post(writer, "send", QUOTES, sure="1")
    assert answer.status_code == 303
    assert b"seven" in wire()


def test_what_quotes_nothing_decrypted_is_not_asked_about(writer):
    _, answer = post(writer, "send")
    assert answer.status_code == 303


def test_its_copy_in_the_mailbox_is_bare_even_when_encrypt_is_off_t91(writer, store):
    action, _ = post(writer, "save", QUOTES)
    (copy,) = copies_in_drafts(store)
    assert b"seven" not in copy
    assert "seven" in StoredDraft.objects.get().fields["text"]
    # Reopened anywhere, the draft still knows it.
    assert b"data-quotes-decrypted checked" in writer.get(action).content
