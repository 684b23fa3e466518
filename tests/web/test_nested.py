"""A message in a message is a page of its own, with its own files."""

import pytest

from tests.message.test_inside import attached, mixed
from tests.message.test_msg import LETTER as SAVED
from tests.message.test_tnef import LETTER

INNER = (
    b"From: Cid <cid@x.example>\r\nSubject: The inner one\r\nTo: ann@x.example\r\n"
    b"Date: Tue, 3 Mar 2026 10:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n"
    b"--C\r\nContent-Type: text/html\r\n\r\n<p>Inner <script>alert(1)</script>text</p>\r\n"
    b"--C\r\nContent-Type: text/plain; name=deep.txt\r\nContent-Disposition: attachment\r\n\r\n"
    b"deep\r\n--C--\r\n"
)
RFC822 = b"Content-Type: message/rfc822\r\n\r\n"


@pytest.fixture
def at(mara, store):
    """The URL of part 2 of a message with this attachment."""

    def append(part):
        ref = store.append("INBOX", mixed(b"\r\nSee below.", part))
        return mara.url_of(ref), f"{mara.url_of(ref)}part/2/"

    return append


def test_a_nested_message_opens_as_a_page(mara, at):
    outer, url = at(RFC822 + INNER)
    assert f"{url}?as=message" in mara.get(outer).content.decode()
    page = mara.get(f"{url}?as=message").content.decode()
    assert "The inner one" in page
    assert "cid@x.example" in page
    assert f'src="{url}?as=body"' in page
    assert f'href="{outer}"' in page


def test_its_text_is_cleaned_in_its_frame(mara, at):
    _, url = at(RFC822 + INNER)
    answer = mara.get(f"{url}?as=body")
    assert "<p>Inner text</p>" in answer.content.decode()
    assert "alert" not in answer.content.decode()
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]


def test_its_own_files_can_be_saved(mara, at):
    outer, url = at(RFC822 + INNER)
    page = mara.get(f"{url}?as=message").content.decode()
    inside = f"{outer}part/2:2/"
    assert inside in page
    answer = mara.download(inside)
    assert answer.octets == b"deep"
    assert "deep.txt" in answer.headers["Content-Disposition"]


def test_a_message_in_base64_opens_too(mara, at):
    _, url = at(attached(INNER, b"application/octet-stream; name=fwd.eml"))
    assert "The inner one" in mara.get(f"{url}?as=message").content.decode()


def test_a_saved_outlook_message_opens(mara, at):
    outer, url = at(attached(SAVED, b"application/vnd.ms-outlook; name=x.msg"))
    page = mara.get(f"{url}?as=message").content.decode()
    assert "Grüße" in page
    assert "bob@x.example" in page
    assert mara.download(f"{outer}part/2:2/").octets == b"x" * 5000
    within = mara.get(f"{outer}part/2:3/?as=message").content.decode()
    assert "inner text" in within
    assert f'href="{url}?as=message"' in within


def test_winmail_dat_is_shown_as_what_is_in_it(mara, at):
    outer, url = at(attached(LETTER))
    page = mara.get(outer).content.decode()
    assert "Long näme.txt" in page
    assert "Download the original" in page
    assert mara.download(f"{outer}part/2:2/").octets == b"content"
    assert mara.download(url).octets == LETTER


def test_what_cannot_be_opened_says_so_and_can_be_saved(mara, at):
    _, url = at(attached(b"no message file", b"application/vnd.ms-outlook; name=x.msg"))
    page = mara.get(f"{url}?as=message").content.decode()
    assert "could not be opened" in page
    assert f'href="{url}"' in page


@pytest.mark.parametrize("tail", ["part/2:9/", "part/2:/", "part/9:1/", "part/:1/", "part/2::1/"])
def test_a_part_that_is_not_there_is_gone(mara, at, tail):
    outer, _ = at(RFC822 + INNER)
    assert mara.get(f"{outer}{tail}").status_code == 410


FRAUD = (
    b"From: ben@hearth.test <prize@elsewhere.example>\r\nTo: mara@hearth.test\r\n"
    b"Reply-To: cash@third.example\r\nSubject: Your account will be closed, verify your password"
    b"\r\nAuthentication-Results: hearth.test; dmarc=pass header.from=elsewhere.example\r\n"
    b"Content-Type: text/html\r\n\r\n"
    b'<p>Immediately: <a href="https://login.third.example/">https://www.paypal.com/</a></p>\r\n'
)


def test_a_fraud_in_a_message_is_warned_of_and_leads_nowhere(mara, at):
    """T87: what is passed on "for you to see" is as dangerous as what comes by itself."""
    _, url = at(RFC822 + FRAUD)
    page = mara.get(f"{url}?as=message").content.decode()
    assert 'class="notice trust bad"' in page
    assert "Confirmed" not in page
    assert "href=" not in mara.get(f"{url}?as=body").content.decode()


def test_an_honest_message_in_a_message_gets_no_warning(mara, at):
    _, url = at(RFC822 + INNER)
    assert 'class="notice trust' not in mara.get(f"{url}?as=message").content.decode()
