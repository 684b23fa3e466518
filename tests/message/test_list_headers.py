"""What a mailing list says of itself."""

import pytest

from tests.message.reading import SHARED_CORPUS
from webmail.message.header import split_fields
from webmail.message.list_headers import read_mailing_list

HEAD = b"""List-Id: "Wood =?utf-8?q?f=C3=BCr?= all" <wood.example.org>
List-Unsubscribe: <mailto:leave@example.org?subject=leave%20wood&bcc=eve@example.net>,
 <https://lists.example.org/leave?u=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Help: <https://lists.example.org/help> (in English)
List-Archive: <javascript:alert(1)>
List-Post: NO
"""


def test_the_commands_of_a_list_are_read():
    found = read_mailing_list(split_fields(HEAD))
    assert (found.name, found.list_id) == ("Wood für all", "wood.example.org")
    assert (found.by_mail.address, found.by_mail.subject) == ("leave@example.org", "leave wood")
    assert found.by_page.host == "lists.example.org"
    assert found.is_one_click
    assert found.help[0].url == "https://lists.example.org/help"
    assert found.archive == ()
    assert found.takes_no_posts


@pytest.mark.parametrize(
    "value",
    [
        b"<mailto:a@b.example%0ABcc:eve@example.net>",
        b"<javascript:alert(1)>",
        b"<data:text/html,x>",
        b"<http://>",
        b"<https://[bad>",
        b"nothing, at all",
    ],
)
def test_what_is_neither_a_page_nor_an_address_is_left_out(value):
    assert read_mailing_list(split_fields(b"List-Unsubscribe: " + value + b"\n")) is None


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"<mailto:wood@example.org>", "wood@example.org"),
        (b"<mailto:wood@example.org?subject=x&bcc=eve@example.net>", "wood@example.org"),
        (b"<mailto:wood@example.org,eve@example.net>", "wood@example.org"),
        (b"<mailto:wood@example.org%2Ceve@example.net>", "wood@example.org"),
        (b"<https://example.org/post>, <mailto:wood@example.org>", "wood@example.org"),
        (b"<mailto:nobody@example.org>", "nobody@example.org"),
        (b"NO (posting not allowed on this list)", ""),
        (b"no", ""),
        (b"NO <mailto:wood@example.org>", ""),
        (b"<mailto:wood@example.org%0D%0ABcc:eve@example.net>", ""),
        (b"<mailto:?to=eve@example.net>", ""),
        (b"<mailto:a@b@c.example>", ""),
        (b"<javascript:alert(1)>", ""),
        (b"<https://example.org/post>", ""),
    ],
)
def test_an_answer_to_the_list_goes_to_one_address_that_is_one(value, address):
    head = b"List-Id: <wood.example.org>\nList-Post: " + value + b"\n"
    assert read_mailing_list(split_fields(head)).post_address == address


def test_a_subject_cannot_bring_a_field_of_its_own():
    head = b"List-Unsubscribe: <mailto:a@b.example?subject=x%0D%0ABcc:eve@example.net>\n"
    assert "\n" not in read_mailing_list(split_fields(head)).by_mail.subject


def test_one_click_needs_a_protected_page():
    head = b"List-Unsubscribe: <http://a.example/x>\n"
    head += b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
    assert not read_mailing_list(split_fields(head)).is_one_click


@pytest.mark.parametrize(
    "path", sorted(SHARED_CORPUS.glob("messages/*.eml"))[::7], ids=lambda path: path.stem
)
def test_no_list_of_the_corpus_raises(path):
    read_mailing_list(split_fields(path.read_bytes()[:100_000]))
