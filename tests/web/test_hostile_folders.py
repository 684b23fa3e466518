"""A folder's name stands in the policy of its messages' frames; it must stay one word of it."""

import re

import pytest

from tests.web.letters import letter

NAMES = [
    "a; script-src *",
    "a, default-src *",
    "a *",
    "a 'unsafe-inline' data: https:",
    "a\u00a0b\u2028c",
    "旅行; img-src *",
    "a/b//c",
    "..",
    "%3B%2C%0d%0a",
    "a?b#c",
    'a"b<c>',
    "e\u0301\U0001f4a9",
    "x" * 900,
    "%" * 300,
    "*",
    "https://e.example/",
    "@e.example",
]
DIRECTIVES = [
    *("default-src", "script-src", "style-src", "img-src", "font-src", "connect-src"),
    *("form-action", "base-uri", "frame-ancestors", "sandbox"),
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_of_a_folder_adds_a_word_to_the_policy(name, mara, store):
    store.create_mailbox(name)
    raw = letter(text='<p>x</p><img src="cid:a@e">', kind="text/html")
    ref = store.append(name, raw)
    answer = mara.get(f"{mara.url_of(ref)}body/")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert re.fullmatch(r"[ -~]+", policy)
    (pictures,) = re.findall(r"img-src ([^;]*);", policy)
    source, data = pictures.split(" ")
    assert data == "data:"
    assert re.fullmatch(r"http://testserver/mail/[A-Za-z0-9%._~/-]+/part/", source)
    assert source == f"http://testserver{mara.url_of(ref)}part/"
    assert "," not in policy
    assert [each.partition(" ")[0] for each in policy.split("; ")] == DIRECTIVES
