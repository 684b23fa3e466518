import json
import re
from typing import Any

import pytest

from tests.message.harm import Seen
from tests.message.hostile_documents import VECTORS
from tests.message.reading import SHARED_CORPUS
from webmail.message import sanitize_job
from webmail.message.html_source import shape_of
from webmail.message.safe_html import Allowed, Blocked, RemotePicture, SafeHtml
from webmail.message.sanitize import (
    sanitize_for_compose,
    sanitize_for_reading,
    text_from_html,
)


def reading(html: str) -> str:
    return sanitize_for_reading(html, cid_url=lambda _: None)[0]


def vectors(folder: str) -> list[Any]:
    return [
        pytest.param(vector["html"], id=vector["id"])
        for path in sorted(SHARED_CORPUS.glob(f"{folder}/*.json"))
        for vector in json.loads(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("html", [*vectors("xss"), *vectors("remote"), *VECTORS])
def test_nothing_of_a_vector_is_left(html: str) -> None:
    for cleaned in (reading(html), sanitize_for_compose(html)):
        assert not Seen(cleaned).harm
    assert reading(reading(html)) == reading(html)
    assert sanitize_for_compose(sanitize_for_compose(html)) == sanitize_for_compose(html)


@pytest.mark.parametrize("html", vectors("remote"))
def test_a_remote_vector_leaves_links_at_most(html: str) -> None:
    without_links = re.sub(r'<a href="[^"]*"', "", reading(html))
    without_text = re.sub(r">[^<]*<", "><", f">{without_links}<")
    assert "tracker.example.test" not in without_text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<script>a()</script>b", "b"),
        ("<p onclick=a()>b</p>", "<p>b</p>"),
        ("<svg><a href=//e>b</a></svg>c", "c"),
        ("<math><mi>b</mi></math>c", "c"),
        ("<form action=//e><input name=a>b</form>", "b"),
        ("<meta http-equiv=refresh content='0;//e'>b", "b"),
        ("<base href=//e>b", "b"),
        ("<p id=a name=b for=c data-d=e aria-label=f>g</p>", "<p>g</p>"),
        ("<p class=row>a</p>", "<p>a</p>"),
        ("<img src=//e/x.gif alt=A>", '<img alt="A">'),
        ("<td background=//e/x.gif>a", "a"),
        ("<p align='//e/x'>a</p>", "<p>a</p>"),
        ("<font color='url(https://e/x)' size='2:3' face='\\65'>a</font>", "<font>a</font>"),
        (
            "<font color='rgb(1,2)' face='A,B'>c</font>",
            '<font color="rgb(1,2)" face="A,B">c</font>',
        ),
        ("<img alt='//e/x: a' width='1px'>", '<img alt="//e/x: a" width="1px">'),
        ("<p style='background:url(//e/x);color:red'>a</p>", '<p style="color:red">a</p>'),
        ("<p style='background:red url(//e/x)'>a</p>", '<p style="background-color:red">a</p>'),
        ("<p style='width:9px!important'>a</p>", '<p style="width:9px!important">a</p>'),
        ("<p style='color:red!important'>a</p>", '<p style="color:red">a</p>'),
        ("<webversion style=color:red>a</webversion>", '<span style="color:red">a</span>'),
        (
            "<style>#a b,[class*=c]{color:red}</style><p id=a class='xcx d'><b id=z>e</b></p>",
            '<style>.m-id-a.m-id-a.m-id-a b,[class*="c"]{color:red}</style>'
            '<p class="m-id-a m-xcx"><b>e</b></p>',
        ),
        (
            "<body text=blue leftmargin=0 link=red>a",
            "<style>a:link{color:red}\nbody{margin-left:0px;color:blue}</style>a",
        ),
        ("<p style='position:fixed;top:0;z-index:9'>a</p>", "<p>a</p>"),
        ("<p title='a&lt;b'>c</p>", '<p title="ab">c</p>'),
        ("<body bgcolor=red>a</body>", "<style>body{background-color:red}</style>a"),
    ],
)
def test_the_reading_profile(html: str, expected: str) -> None:
    assert reading(html) == expected


def test_a_link_is_rebuilt_and_opens_apart() -> None:
    assert reading('<a href="HTTPS://ex.org/a b?c=<d>" target=_top rel=opener>x</a>') == (
        '<a href="https://ex.org/a%20b?c=%3Cd%3E" target="_blank"'
        ' rel="noopener noreferrer nofollow">x</a>'
    )


def test_remote_pictures_are_withheld_and_counted_with_their_hosts() -> None:
    html = (
        '<img src="https://a.example/1.gif"><img src="//b.example/2.gif">'
        '<table background="http://a.example/3.gif"></table>'
        "<p style=\"background:url('https://c.example/4.gif')\">x</p>"
        "<style>p{background-image:url(https://d.example/5.gif)}</style>"
    )
    cleaned, blocked = sanitize_for_reading(html, cid_url=lambda _: None)
    assert "example" not in cleaned
    assert blocked.remote == 5
    assert set(blocked.hosts) == {"a.example", "b.example", "c.example", "d.example"}


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("data:image/png;base64,aGk=", True),
        ("DATA:image/jpeg;base64,aGk=", True),
        ("data:image/svg+xml;base64,aGk=", False),
        ("data:text/html,<b>", False),
        ("/relative.gif", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
    ],
)
def test_only_pictures_that_are_inside_the_message_are_shown(source: str, kept: bool) -> None:
    assert ("src=" in reading(f'<img src="{source}">')) is kept


def test_a_cid_picture_gets_the_url_of_its_part() -> None:
    cleaned, blocked = sanitize_for_reading(
        '<img src="cid:a@b"><img src="CID:lost">',
        cid_url={"a@b": "/part/2/"}.get,
    )
    assert cleaned == '<img src="/part/2/"><img>'
    assert not blocked


def test_a_style_sheet_is_kept_with_class_names_of_its_own() -> None:
    html = (
        "<!-- <style>.x{color:red}</style> --><style media=screen>.row>td, #id td{color:red}"
        "@media (max-width:600px){.row{width:100% !important}}</style><p class='row other'>a</p>"
    )
    assert reading(html) == (
        "<style>.m-row>td,.m-id-id.m-id-id.m-id-id td{color:red}\n"
        "@media (max-width:600px){.m-row{width:100%!important}}</style>"
        '<p class="m-row">a</p>'
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p style="background:#123;color:#fff">a</p>', "background-color:#123;color:#fff"),
        (
            '<p style="background:linear-gradient(90deg,#123 0%,#456);color:#fff">a</p>',
            "background-color:#123;color:#fff",
        ),
        ('<table><tr><td bgcolor="#123456" style="color:#fff">a</table>', 'bgcolor="#123456"'),
    ],
)
def test_a_quotation_keeps_the_ground_that_its_text_stands_out_from(html, expected) -> None:
    assert expected in sanitize_for_compose(html)


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display:none">secret</span>',
        '<span style="DISPLAY : none !important">secret</span>',
        '<div style="visibility:hidden"><b>secret</b></div>',
        '<div style="opacity:0">secret</div>',
        '<div style="font-size:0">secret</div>',
        '<div style="max-height:0;overflow:hidden">secret</div>',
        '<div style="text-indent:-9999px">secret</div>',
        '<style>.k{display:none}</style><p class="k">secret</p>',
    ],
)
def test_what_the_reader_could_not_see_is_not_quoted(hidden: str) -> None:
    assert "secret" not in sanitize_for_compose(f"<p>seen</p>{hidden}")


def test_a_wrapper_with_no_font_size_does_not_hide_what_sets_its_own() -> None:
    html = '<div style="font-size:0"><p style="font-size:14px">seen</p></div>'
    assert "seen" in sanitize_for_compose(html)


def test_the_compose_profile_keeps_little() -> None:
    html = (
        '<p class="a" style="color:red;margin:9px;text-align:center">a <b>b</b></p>'
        '<center>c</center><img src="https://e/x.gif"><img src="cid:a@b">'
    )
    assert sanitize_for_compose(html) == (
        '<p style="color:red;text-align:center">a <b>b</b></p>c<img src="cid:a@b">'
    )


def test_safe_html_becomes_str_when_edited() -> None:
    cleaned = SafeHtml("<b>a</b>")
    assert cleaned.__html__() == "<b>a</b>"
    assert type(cleaned + "<script>") is str
    assert type(cleaned.replace("a", "<script>")) is str


BOMBS = {
    "formatting": "<a><b>" * 32_000 + "</a>" * 32_000,
    "reopened": "".join(f"<b c={n}>" for n in range(600)) + "<p>" * 600,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(80_000)) + ">",
    "names": "<p " + " ".join(f"a{n}" for n in range(80_000)) + ">",
    "rules": "<style>" + "a{color:red}" * 50_000 + "</style>",
    "depth": "<div>" * 40_000,
    "lists": "<ul><li>" * 20_000,
    "brackets": '<p style="' + "(" * 400_000 + '">',
    "comments": "<!--" * 200_000,
    "less-than": "<" * 900_000,
    "undone by an unknown end": "<div></x>" * 22_000,
    "never self-closing": "<div/>" * 30_000,
    "undone behind a table": "<div><table></div></table>" * 7_000,
    "undone across a paragraph": "<span><p></span></p>" * 9_000,
    "undone in a value": "<div title='></div>'>" * 9_000,
    "undone in a comment": "".join(f"<p><b c={n}><!--</b>--></p>" for n in range(2000))
    + "<p>x" * 999,
    "styles": "".join(f'<p style="width:{n}px">' for n in range(25_000)),
    "size": "a" * 2_000_000,
}


TRAPS = [name for name in BOMBS if name.startswith(("undone", "never"))]


@pytest.mark.parametrize("name", TRAPS)
@pytest.mark.parametrize("times", [0.2, 1])
def test_tags_that_close_nothing_do_not_hide_how_deep_it_is(name: str, times: float) -> None:
    shape = shape_of(BOMBS[name][: int(len(BOMBS[name]) * times)])
    assert shape.is_odd or shape.is_too_large


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(60)
def test_a_bomb_comes_to_an_end(name: str) -> None:
    cleaned, blocked = sanitize_for_reading(BOMBS[name], cid_url=lambda _: None)
    assert len(cleaned) <= 3_000_000
    assert blocked.reason in ("", "too large", "too slow")
    assert len(sanitize_for_compose(BOMBS[name])) <= 3_000_000
    text_from_html(BOMBS[name])


def test_large_html_is_cleaned_in_a_child_with_its_pictures() -> None:
    html = '<img src="cid:a&amp;b"><img src="//e.example/x">' + "<p>word</p>" * 20_000
    cleaned, blocked = sanitize_for_reading(html, cid_url={"a&b": "/part/2/"}.get)
    assert cleaned.startswith('<img src="/part/2/"><img><p>word</p>')
    picture = RemotePicture("https://e.example/x")
    assert blocked == Blocked(1, ("e.example",), pictures=(picture,))


@pytest.mark.parametrize("more", ["", "<p>word</p>" * 20_000])
def test_a_remote_picture_that_is_allowed_is_shown_by_a_url_of_ours(more: str) -> None:
    html = (
        '<img src=" HTTPS://A.example/1.png?a=1&amp;b=2#x"><img src="//b.example/2.png">'
        '<img src="https://c.example/o.gif" width=1 height=1>'
    )
    allowed = Allowed({"https://a.example/1.png?a=1&b=2": "/images/one/"})
    cleaned, blocked = sanitize_for_reading(html + more, cid_url=lambda _: None, allowed=allowed)
    assert cleaned.startswith('<img src="/images/one/"><img><img ')
    assert blocked == Blocked(
        2,
        ("b.example",),
        trackers=1,
        counters=("c.example",),
        pictures=(
            RemotePicture("https://b.example/2.png"),
            RemotePicture("https://c.example/o.gif", "c.example"),
        ),
    )


@pytest.mark.parametrize("source", ["http:\\\\a.example/x", "/\\a.example/x"])
def test_a_picture_at_no_plain_address_cannot_be_allowed(source: str) -> None:
    _, blocked = sanitize_for_reading(f'<img src="{source}">', cid_url=lambda _: None)
    assert (blocked.remote, blocked.pictures) == (1, ())


def test_a_link_goes_where_it_leads_and_bears_no_title_of_its_own() -> None:
    html = (
        '<a title="https://bank.example" href="https://google.com/url?q=https://e.example/">x</a>'
    )
    assert 'href="https://e.example/"' in reading(html)
    assert "bank" not in reading(html)
    kept, _ = sanitize_for_reading(
        html, cid_url=lambda _: None, allowed=Allowed(link_tracking=True)
    )
    assert 'href="https://google.com/url?q=https://e.example/"' in kept
    assert "bank" not in kept


def test_what_was_too_slow_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(sanitize_job, "_ask", asked.append)
    html = "<p>never seen before</p>" * 10_000
    for _ in range(2):
        _, blocked = sanitize_for_reading(html, cid_url=lambda _: None)
        assert blocked.reason == "too slow"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ("<ul><li>a<li>b</ul><ol start=3><li>c</ol>", "- a\n- b\n\n3. c"),
        ("a<blockquote>b<blockquote>c</blockquote></blockquote>", "a\n\n> b\n>\n> > c"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>a &lt;b&gt; &amp;</p>", "a <b> &"),
        ("<style>p{}</style><script>x</script><title>t</title>a", "a"),
        ("  a \n b  <b> c </b> d", "a b c d"),
    ],
)
def test_the_text_of_html(html: str, text: str) -> None:
    assert text_from_html(html) == text


def test_the_text_of_html_can_name_where_links_lead() -> None:
    html = (
        '<a href="https://a.example/x">here</a> <a href="https://b.example/">https://b.example</a>'
    )
    assert text_from_html(html, links=True) == "here <https://a.example/x> https://b.example"


@pytest.mark.parametrize(
    ("html", "is_odd"),
    [
        (f"<p style='background:{'(' * 20_000}'>a", True),
        (f"<p style='background:linear-gradient({'red,' * 9000}red)'>a", True),
        (f"<style>p{{width:calc{'(' * 20_000}</style>a", True),
        (f"<img src='data:image/png;base64,{'A' * 20_000}'>", False),
        (f"<p style='color:red;{'width:1px;' * 30}'>a" * 99, False),
    ],
)
def test_a_style_that_takes_long_to_read_is_read_in_the_child(html: str, is_odd: bool) -> None:
    assert shape_of(html).is_odd == is_odd
