"""Answers to mail opened with a certificate: what was shown is what is quoted (T12, T91)."""

# ruff: noqa: F811  (fixtures of another file)

import email
import email.policy
import re
from html import unescape

import pytest

from tests.message.signing_files import OpenSSL
from tests.web.forms import copies_in_drafts, form_of, wire
from tests.web.test_certificate_encrypting import (  # noqa: F401  (fixtures)
    JONAS,
    MARA,
    authority,
    certified,
    signers,
)
from tests.web.test_certificate_reading import SPY, frame, page, sealed, show
from webmail.message.sanitize import text_from_html
from webmail.submission.models import Outgoing, StoredDraft
from webmail.web.second_thoughts import BARES, BARES_SUBJECT

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = b'Content-Type: text/plain; charset=utf-8; hp="cipher"\r\nSubject: AW: Bid for the mill\r\n'
SECRET = HEAD + b"\r\nThe secret is seven.\r\n> Which one?\r\n"


def opened(client, store, signer, content=SECRET, *, is_authenticated=True):
    return show(
        client, store.append("INBOX", sealed(content, signer, is_authenticated=is_authenticated))
    )


def form_in(answer):
    """What a browser without script would post to begin an answer."""
    shown = answer.content.decode()
    quoted = re.search(r"<textarea[^>]* data-decrypted-text>\n(.*?)</textarea>", shown, re.DOTALL)
    subject = re.search(r'name="quoted_subject" value="([^"]*)"', shown)
    return {"quoted": unescape(quoted[1]), "quoted_subject": unescape(subject[1])}


def begin(client, answer, act="reply"):
    """The compose page, by the button of the opened message."""
    (url,) = re.findall(rf'formaction="(/compose/\?{act}=[^"]+)"', answer.content.decode())
    return client.post(unescape(url), form_in(answer))


def ticked(answer):
    found = re.findall(r'name="protect" value="([\w-]+)"[^>]* checked', answer.content.decode())
    return set(found)


def test_without_script_an_answer_quotes_what_was_shown_and_is_to_be_encrypted_t91(
    mara, store, certified, tmp_path
):
    window = begin(mara, opened(mara, store, certified[MARA]))
    action, fields = form_of(window)
    assert fields["text"].endswith("wrote:\n> The secret is seven.\n>> Which one?\n")
    assert (fields["to"], fields["subject"]) == (
        f"Jonas Okafor <{JONAS}>",
        "Re: Bid for the mill",
    )
    marks = {"smime-encrypt", "quotes-decrypted", "subject-decrypted"}
    assert ticked(window) == marks
    assert not StoredDraft.objects.exists()
    answer = mara.post(action, fields | {"do": "send", "protect": ["", *marks]})
    assert answer.status_code == 303
    assert b"\r\nSubject: ...\r\n" in wire()
    assert b"Bid" not in wire()
    inner = OpenSSL(tmp_path).decrypt(wire(), certified[JONAS])
    inner = email.message_from_bytes(inner, policy=email.policy.default)
    assert inner["Subject"] == "Re: Bid for the mill"
    assert "> The secret is seven." in inner.get_body(("plain",)).get_content()


def test_passed_on_it_names_its_own_subject_and_leaves_the_envelope_behind(mara, store, certified):
    window = begin(mara, opened(mara, store, certified[MARA]), "forward")
    _, fields = form_of(window)
    assert fields["subject"] == "Fwd: AW: Bid for the mill"
    assert "\nSubject: AW: Bid for the mill\n" in fields["text"]
    assert fields["text"].endswith("\n\nThe secret is seven.\n> Which one?")
    assert fields["carry"] == []


@pytest.mark.parametrize(
    ("marks", "sentences"),
    [
        (("quotes-decrypted", "subject-decrypted"), {BARES, BARES_SUBJECT}),
        (("subject-decrypted", "smime-sign"), {BARES_SUBJECT}),
        (("quotes-decrypted",), {BARES}),
        (("quotes-decrypted", "subject-decrypted", "smime-encrypt"), set()),
    ],
)
def test_what_would_go_out_bare_is_asked_about_the_subject_too_t91(
    mara, store, certified, marks, sentences
):
    action, fields = form_of(begin(mara, opened(mara, store, certified[MARA])))
    answer = mara.post(action, fields | {"do": "send", "protect": ["", *marks]})
    shown = page(answer)
    assert {each for each in (BARES, BARES_SUBJECT) if each in shown} == sentences
    assert Outgoing.objects.exists() is not bool(sentences)


def test_its_copy_in_the_mailbox_is_bare_for_its_subject_alone_too_t91(mara, store, certified):
    action, fields = form_of(begin(mara, opened(mara, store, certified[MARA])))
    mara.post(action, fields | {"do": "save", "protect": ["", "subject-decrypted"]})
    (copy,) = copies_in_drafts(store)
    assert b"mill" not in copy


def test_nothing_that_is_quoted_was_folded_away_t12_t91(mara, store, certified):
    """Or whoever could alter it would put the secret where nobody looks."""
    text = "\r\n".join(["Shall we meet?"] * 9 + ["> The secret is seven."])
    content = HEAD + b"\r\n" + text.encode()
    answer = opened(mara, store, certified[MARA], content, is_authenticated=False)
    shown = page(answer)
    assert '<details open class="quoted">' in shown
    assert "> The secret is seven." in form_in(answer)["quoted"]


def test_html_is_quoted_as_the_text_that_its_frame_shows_t12(mara, store, certified):
    folded = b"<p style='display:none'>Seen here.</p><details>and there</details>"
    answer = opened(mara, store, certified[MARA], SPY + folded)
    quoted = form_in(answer)["quoted"]
    assert "<details open>and there" in frame(answer)
    assert quoted.split() == text_from_html(frame(answer).partition("<body>")[2]).split()
    assert "Seen here." in quoted


def test_the_subject_outside_is_taken_where_none_was_encrypted(mara, store, certified):
    content = b"Content-Type: text/plain\r\nSubject: Not its own\r\n\r\nSeven.\r\n"
    window = begin(mara, opened(mara, store, certified[MARA], content))
    assert form_of(window)[1]["subject"] == "Re: ..."
    assert "subject-decrypted" not in ticked(window)
