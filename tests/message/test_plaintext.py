import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.message.reading import read_fixture
from webmail.message.links import remote_host, safe_link
from webmail.message.plaintext import html_from_text, linkify, unflow

LINK = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'


@pytest.mark.parametrize(
    ("text", "link", "shown"),
    [
        ("see https://a.example/b.", "https://a.example/b", "https://a.example/b"),
        ("(https://a.example/b_(c))", "https://a.example/b_(c)", "https://a.example/b_(c)"),
        ("<HTTP://A.example>", "http://a.example", "HTTP://A.example"),
        ("www.a.example, then", "http://www.a.example", "www.a.example"),
        ("mail ann@a.example!", "mailto:ann@a.example", "ann@a.example"),
        ("https://a.example/ü?b=c&d", "https://a.example/%C3%BC?b=c&amp;d", None),
    ],
)
def test_links_are_found(text: str, link: str, shown: str | None) -> None:
    html = linkify(text)
    assert f'<a href="{link}"' in html
    if shown is not None:
        assert LINK.format(link, shown) in html


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "http://",
        "data:text/html,x",
        "a@b",
        "@example.org",
        "xhttp://a.example",
        "ftp://a.example",
    ],
)
def test_what_is_no_link_stays_text(text: str) -> None:
    assert "<a" not in linkify(text)


@pytest.mark.parametrize(
    "text",
    [
        "a@a.co?]<img/src=x onerror=alert(1)>",
        "http://a.example/\"onmouseover='alert(1)'",
        "http://a.example/<script>alert(1)</script>",
        "www.a.example/'><svg onload=alert(1)>",
        'mailto:a@a.example?"><img src=x>',
    ],
)
def test_a_link_cannot_bring_markup(text: str) -> None:
    html = linkify(text)
    without_links = re.sub(r'<a href="[^"<>]*" target="_blank" rel="[a-z ]*">|</a>', "", html)
    assert "<" not in without_links
    assert unescape(without_links) == text


WORDS = st.sampled_from(
    [
        "http://",
        "www.",
        "a@b.example",
        "a.example",
        "<",
        ">",
        '"',
        "&amp;",
        "&",
        "'",
        ".",
        ")",
        "(",
        " ",
        "\n",
    ]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=20).map("".join))
def test_taking_the_links_off_gives_the_text_back(text: str) -> None:
    without_links = re.sub(r"<a [^<>]*>|</a>", "", linkify(text))
    assert "<" not in without_links
    assert unescape(without_links) == text


def test_flowed_lines_are_joined_at_their_own_depth() -> None:
    _, body = read_fixture("flowed.eml")
    assert body.text == (
        "I walked all the way home.\n> You said it was far.\n>> It is.\n> not a quote\n-- \nAnn"
    )
    assert "<blockquote>You said it was far.<blockquote>It is.</blockquote></blockquote>" in (
        body.text_html
    )
    assert "&gt; not a quote" in body.text_html


def test_delsp_joins_without_a_space() -> None:
    assert unflow("日本 \n語", delsp=True) == "日本語"
    assert read_fixture("flowed-delsp.eml")[1].text == "日本語の文章です。"


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("mine\nmore\n> theirs", False),
        ("mine\n> theirs", True),
        ("> theirs\nmine\nmore", True),
        ("> theirs", True),
    ],
)
def test_a_quote_folds_when_enough_of_ones_own_stands_before_it(text: str, is_open: bool) -> None:
    html = html_from_text(text)
    assert ('<details class="quoted" open>' in html) is is_open


def test_controls_do_not_reach_the_page() -> None:
    assert html_from_text("a\x00b\x1b[0m\x85c\td") == '<div class="plain">ab[0mc\td</div>'


@given(st.text(alphabet="> a\n\r<&", max_size=60), st.booleans())
def test_every_tag_is_closed(text: str, flowed: bool) -> None:
    html = html_from_text(text, flowed=flowed)
    for tag in ("div", "details", "blockquote", "summary"):
        assert len(re.findall(f"<{tag}[ >]", html)) == html.count(f"</{tag}>")


@pytest.mark.parametrize(
    ("target", "link"),
    [
        ("https://a.example/b", "https://a.example/b"),
        ("  HTTPS://A.Example:8443/b#c ", "https://a.example:8443/b#c"),
        ("ht\ntps://a.example/", "https://a.example/"),
        ("http://user:pass@a.example/", "http://a.example/"),
        ("https://[::1]/", "https://[::1]/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://a.example/%41%zz\"'", "https://a.example/%41%zz%22'"),
        ("mailto:a@b?subject=c d", "mailto:a@b?subject=c%20d"),
        ("tel:+1234", "tel:+1234"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        ("java\tscript:alert(1)", None),
        ("\x01javascript:alert(1)", None),
        ("\u2028javascript:alert(1)", None),
        ("vbscript:x", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("//a.example/", None),
        ("/path", None),
        ("#top", None),
        ("https:a.example", None),
        ("https://", None),
        ("https:///a.example", None),
        ("https://a.example:port/", None),
        ("https://a b.example/", None),
        ("https://a.example\\@b.example/", None),
        ("http://[broken/", None),
        ("blob:https://a.example/x", None),
        ("", None),
        ("https://a.example/" + "x" * 9000, None),
    ],
)
def test_a_link_is_rebuilt_or_refused(target: str, link: str | None) -> None:
    assert safe_link(target) == link


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://a.example/b", "a.example"),
        ("//A.example:80/b", "a.example"),
        ("\\\\a.example\\b", "a.example"),
        ("/\\a.example", "a.example"),
        ("http:a.example", "a.example"),
        ("cid:a@b", None),
        ("data:image/png;base64,", None),
        ("/local.gif", None),
        ("local.gif", None),
        ("", None),
    ],
)
def test_the_host_a_browser_would_ask(target: str, host: str | None) -> None:
    assert remote_host(target) == host


def test_a_long_text_is_looked_through_in_pieces_and_loses_no_link():
    """Each begins behind a space, so that no link is cut in two."""
    words = [f"{'x' * (n % 97)} https://example.org/{n}" for n in range(1, 400)]
    html = linkify("\n".join(words))
    assert len(html) > 20_000
    assert [f'"https://example.org/{n}"' in html for n in range(1, 400)] == [True] * 399


def test_a_word_that_is_no_address_holds_up_nobody_and_hides_no_link():
    html = linkify(f"see https://one.example/ {'a.a@' * 50_000} and https://two.example/ too")
    assert '"https://one.example/"' in html
    assert '"https://two.example/"' in html
    assert "a.a@a.a@" in html
