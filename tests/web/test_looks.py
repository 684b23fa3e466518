"""How a message is shown, remembered and printed; each way without script."""

import re

import pytest
from django.test import Client

from tests.web.letters import letter
from webmail.accounts.models import SenderShownAsSent, User

pytestmark = pytest.mark.django_db

DRAWN = "<table bgcolor=#ffffff><tr><td><h1>Sale</h1><p style='color:#333333'>Words</p></table>"
BOTH = (
    "--b\r\nContent-Type: text/plain\r\n\r\nJust the words\r\n"
    f"--b\r\nContent-Type: text/html\r\n\r\n{DRAWN}\r\n--b--"
)


@pytest.fixture
def drawn(mara, store):
    return mara.url_of(store.append("INBOX", letter(text=DRAWN, kind="text/html")))


@pytest.fixture
def both(mara, store):
    kind = "multipart/alternative; boundary=b"
    return mara.url_of(store.append("INBOX", letter(text=BOTH, kind=kind)))


def text_of(mara, url):
    return mara.get(url).content.decode()


def frame_of(mara, page_url):
    """The document the page's frame asks for."""
    source = re.search(r'<iframe[^>]* src="([^"]*)"', text_of(mara, page_url))[1]
    return text_of(mara, source.replace("&amp;", "&"))


def test_designed_mail_is_dark_where_the_system_is(mara, drawn):
    assert "@layer dark{@media screen and (prefers-color-scheme: dark)" in frame_of(mara, drawn)
    assert "is-dark" in text_of(mara, drawn)


@pytest.mark.parametrize(
    ("theme", "expected"), [("dark", "@layer dark{@media screen{"), ("light", "")]
)
def test_a_chosen_theme_decides(mara, drawn, theme, expected):
    User.objects.update(theme=theme)
    frame = frame_of(mara, drawn)
    assert (expected or "<h1>Sale") in frame
    assert ("@layer dark" in frame) is bool(expected)


@pytest.mark.parametrize("query", ["?colours=sent", "print/", "dark"])
def test_its_own_rules_for_the_dark_apply_only_where_hearth_has_none(mara, store, query):
    """A dark system would let them apply, and write white on white."""
    html = f"<style>@media (prefers-color-scheme:dark){{p{{color:#fff}}}}</style>{DRAWN}"
    url = mara.url_of(store.append("INBOX", letter(text=html, kind="text/html")))
    shown = {"print/": lambda: text_of(mara, f"{url}print/"), "dark": lambda: frame_of(mara, url)}
    page = shown.get(query, lambda: frame_of(mara, f"{url}{query}"))()
    assert "(prefers-color-scheme:dark){p{color:#fff}}" not in page
    assert "{p{color:#fff}}" in page


def test_one_message_can_be_shown_as_sent(mara, drawn):
    assert "@layer dark" not in frame_of(mara, f"{drawn}?colours=sent")
    assert "@layer dark" in frame_of(mara, drawn)


def test_a_sender_is_remembered_listed_and_forgotten(mara, drawn):
    mara.post("/mail/colours/", {"sent": "Jonas@hearth.example", "next": drawn})
    assert "@layer dark" not in frame_of(mara, drawn)
    assert "@layer dark" in frame_of(mara, f"{drawn}?colours=dark")
    assert "jonas@hearth.example" in text_of(mara, "/settings/reading/")
    mara.post("/mail/colours/", {"dark": "jonas@hearth.example"})
    assert not SenderShownAsSent.objects.exists()
    assert "@layer dark" in frame_of(mara, drawn)


def test_what_one_person_remembers_is_their_own(mara, drawn):
    other = User.objects.create(address="other@hearth.example")
    SenderShownAsSent.objects.create(user=other, addr_spec="jonas@hearth.example")
    mara.post("/mail/colours/", {"dark": "jonas@hearth.example"})
    assert SenderShownAsSent.objects.get().user == other
    assert "@layer dark" in frame_of(mara, drawn)


def test_the_reader_view_has_no_design(mara, drawn):
    frame = frame_of(mara, f"{drawn}?view=reader")
    assert "<h1>Sale</h1>" in frame
    assert "bgcolor" not in frame
    assert "<table" not in frame


def test_plain_text_can_be_asked_for_and_preferred(mara, both):
    assert "<iframe" in text_of(mara, both)
    assert "<iframe" not in text_of(mara, f"{both}?view=text")
    mara.post("/settings/reading/", {"prefers_text": "1"})
    assert "<iframe" not in text_of(mara, both)
    assert "<iframe" in text_of(mara, f"{both}?view=mail")


def test_html_alone_is_shown_to_those_who_prefer_text(mara, drawn):
    User.objects.update(prefers_text=True)
    assert "<iframe" in text_of(mara, drawn)


def test_a_message_is_printed_as_sent_with_its_header(mara, drawn, store):
    User.objects.update(theme="dark")
    page = text_of(mara, f"{drawn}print/")
    assert "Jonas Okafor" in page
    assert '<template shadowrootmode="open">' in page
    assert "@layer dark" not in page
    assert "<script" not in page
    assert r"\Seen" not in str(store.page("INBOX", size=1).rows[0].flags)


def test_a_conversation_is_printed_oldest_first(mara, store):
    first = store.append("INBOX", letter("Keys", "First words", head="Message-ID: <k1@x>"))
    head = "Message-ID: <k2@x>\nReferences: <k1@x>"
    store.append("INBOX", letter("Re: Keys", "Second words", head=head))
    page = text_of(mara, f"{mara.url_of(first)}print/?open=all")
    assert page.index("First words") < page.index("Second words")
    assert "Second words" not in text_of(mara, f"{mara.url_of(first)}print/")


def test_a_stranger_gets_nothing_to_print(drawn):
    assert Client().get(f"{drawn}print/").status_code == 302
