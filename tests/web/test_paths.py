"""One spelling for each mailbox and message, whoever writes the URL."""

from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from webmail.store.mailbox import MessageRef
from webmail.web.paths import (
    MailboxConverter,
    mailbox_url,
    message_url,
    parse_ref_text,
    ref_text,
)

NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\n"), min_size=1)
KEY = "abcdefghjkmn"


@given(NAMES.filter(lambda name: len(name) < 200))
def test_every_name_comes_back_from_its_url(name):
    url = mailbox_url(KEY, name)
    assert resolve(unquote(url)).kwargs == {"account": KEY, "mailbox": name}
    assert reverse("mailbox", args=[KEY, name]) == url


@given(NAMES.filter(lambda name: len(name) < 200), st.integers(0, 2**32 - 1))
def test_every_ref_comes_back_from_its_text(name, uidvalidity):
    ref = MessageRef(name, uidvalidity, 7)
    text = ref_text(KEY, ref)
    assert parse_ref_text(text) == (KEY, ref)
    assert message_url(KEY, ref) == f"/mail/{text}/"
    assert reverse("message", args=[KEY, name, (uidvalidity, 7)]) == f"/mail/{text}/"


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("INBOX", "INBOX"),
        ("Lists/Django", "Lists%252FDjango"),
        ("Möbel & Co", "M%C3%B6bel%20%2526%20Co"),
        ("50 %", "50%20%2525"),
        ("..", "%252E%252E"),
        ("a;b,c", "a%253Bb%252Cc"),
    ],
)
def test_a_name_is_spelled_so_that_browsers_and_policies_leave_it_alone(name, spelled):
    assert mailbox_url(KEY, name) == f"/mail/{KEY}/{spelled}/"


@pytest.mark.parametrize(
    "place", ["1.0", "01.5", "1", "4294967296.1", "1.4294967296", "1.x", "-1.5"]
)
def test_a_place_that_is_none_leads_nowhere(place):
    with pytest.raises(Resolver404):
        resolve(f"/mail/{KEY}/INBOX/{place}/")


@pytest.mark.parametrize(
    "text", ["", "a", "a/b", "a/INBOX/1", "a/INBOX/1.0", "a/INBOX/1.²", "a//1.2"]
)
def test_a_text_that_is_no_ref_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_ref_text(text)


def test_a_name_with_a_line_break_is_no_name():
    with pytest.raises(ValueError, match="names no mailbox"):
        MailboxConverter().to_python("INBOX%0D%0AA1 DELETE")
