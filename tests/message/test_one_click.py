"""When a list's page is asked with one click (RFC 8058): only where a signature vouches (T82)."""

import pytest

from webmail.message.header import split_fields
from webmail.message.list_headers import read_mailing_list
from webmail.message.one_click import one_click_of

GOOD = """\
Authentication-Results: mx.hearth.test; dkim=pass header.d=shop.example header.s=one
Received: from a by mx.hearth.test; Sun, 22 Nov 2026 09:00:00 +0000
DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=one; h=from:to:
 List-Unsubscribe : list-unsubscribe-post; bh=x; b=Zm9v
List-Unsubscribe: <mailto:leave@shop.example>, <https://shop.example/leave?u=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
"""


def asked(head, authserv_id="mx.hearth.test"):
    fields = split_fields(head.replace("\n", "\r\n").encode())
    page = one_click_of(read_mailing_list(fields), fields, authserv_id)
    return page.url if page else None


def test_a_page_that_a_good_signature_covers():
    assert asked(GOOD) == "https://shop.example/leave?u=1"
    assert asked(GOOD.replace("header.s=one", "header.b=Zm9")) == "https://shop.example/leave?u=1"


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("dkim=pass", "dkim=fail"),
        ("header.d=shop.example", "header.d=other.example"),
        ("header.s=one", "header.s=two"),
        ("header.s=one", "header.b=other"),
        ("mx.hearth.test; dkim", "mx.elsewhere.test; dkim"),
        ("List-Unsubscribe : list-unsubscribe-post", "list-unsubscribe"),
        ("List-Unsubscribe : list-unsubscribe-post", "list-unsubscribe-post"),
        ("<https:", "<http:"),
        ("One-Click", "One-Click-Please"),
        (
            "List-Unsubscribe-Post: ",
            "List-Unsubscribe: <https://e.example/>\nList-Unsubscribe-Post: ",
        ),
        (
            "List-Unsubscribe-Post: ",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\nList-Unsubscribe-Post: ",
        ),
    ],
)
def test_no_page_that_anybody_may_have_named(was, is_now):
    assert was in GOOD
    assert asked(GOOD.replace(was, is_now)) is None


def test_nobody_vouches_where_no_server_of_ours_says_so():
    assert asked(GOOD, authserv_id="") is None


def test_a_result_that_came_with_the_message_is_nobodys():
    first, rest = GOOD.split("\n", 1)
    received, below = rest.split("\n", 1)
    assert asked(f"{received.replace('hearth', 'other')}\n{first}\n{below}") is None
