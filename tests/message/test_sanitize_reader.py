import pytest

from tests.message.harm import Seen
from tests.message.hostile_documents import VECTORS
from webmail.message.cascade import hosted
from webmail.message.sanitize import sanitize_for_reading
from webmail.message.sanitize_reader import readable


def read(html: str) -> str:
    return readable(sanitize_for_reading(html, cid_url=lambda _: "/p/2/")[0])


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<table><tr><td><h1 style='color:red'>a</h1></td></tr></table>", "<h1>a</h1>"),
        ("<ol start=3><li>a</ol>", '<ol start="3"><li>a</li></ol>'),
        ("<font size=7>a</font><center>b</center>", "ab"),
        ("<div style='display:none'>hidden</div><p>a", "<p>a</p>"),
        ("<style>.h{display:none}</style><p class=h>hidden</p><p>a", "<p>a</p>"),
        ("<img src=cid:a alt=A><img src=//e/x alt=B>", '<img src="/p/2/" alt="A">'),
    ],
)
def test_only_what_is_read_is_left(html: str, expected: str) -> None:
    said = read(html)
    for box in ("<div>", "</div>"):
        said = said.replace(box, "")
    assert said.strip() == expected


@pytest.mark.parametrize("html", VECTORS)
def test_nothing_of_a_vector_is_left_to_read(html: str) -> None:
    assert not Seen(read(html).replace("/p/2/", "cid:a")).harm


def test_the_page_of_a_message_becomes_the_host_of_a_shadow_tree() -> None:
    html = "<style>body{color:red}\n.m-body{a:b}\n@media print{body{c:d}}</style><p>body{</p>"
    assert hosted(html) == (
        "<style>:host{color:red}\n.m-body{a:b}\n@media print{:host{c:d}}</style><p>body{</p>"
    )
