"""What nobody sees is neither quoted nor read out; what is seen is both (T12)."""

import time

import pytest

from webmail.message.sanitize import sanitize_for_compose, sanitize_for_reading
from webmail.message.sanitize_reader import readable

UNSEEN = [
    "<style>i{display:none}</style><i>secret</i>",
    "<style>div>p i{display:none}</style><div><p><i>secret</i></p></div>",
    "<style>[class*=odd]{display:none}</style><i class=odder>secret</i>",
    "<style>#a{display:none}</style><i id=a>secret</i>",
    "<style>p:first-child{display:none}</style><div><p>secret</p><p>b</p></div>",
    "<style>p:last-child{display:none}</style><div><p>b</p><p>secret</p></div>",
    "<style>b+i,u~s{display:none}</style><b>a</b><i>secret</i><u>a</u><b>c</b><s>secret</s>",
    "<style>body>p{display:none}</style><p>secret</p>",
    "<style>:root{font-size:0}</style><p>secret</p>",
    "<style>@media screen{.a{display:none}}</style><p class=a>secret</p>",
    "<style>@media (min-width:1px){.a{display:none}}</style><p class=a>secret</p>",
    "<style media='(min-width:1px)'>.a{display:none}</style><p class=a>secret</p>",
    "<style>.a{font-size:0}</style><i class=a>secret</i>",
    "<style>.a{max-height:0}.a{overflow:hidden}</style><p class=a>secret</p>",
    "<style>.a{overflow:hidden}</style><p class=a style='max-height:0'>secret</p>",
    "<style>.a{display:none!important}</style><p class=a style='display:block'>secret</p>",
    "<p style='display:none!important;display:block'>secret</p>",
    "<i style='font-size:calc(0px)'>secret</i>",
    "<i style='font-size:calc(1px - 1px)'>secret</i>",
    "<i style='font-size:min(0px,20px)'>secret</i>",
    "<i style='font-size:calc(0px" + " + 0px" * 100 + ")'>secret</i>",
    "<i style='font-size:0e9px'>secret</i>",
    "<i style='opacity:+.0'>secret</i>",
    "<i style='opacity:calc(0)'>secret</i>",
    "<i style='font:0/0 a'>secret</i>",
    "<i style='font:italic 1px/2 Arial'>secret</i>",
    "<i style='font-size:.1em'>secret</i>",
    "<i style='font-size:30%'><b style='font-size:30%'>secret</b></i>",
    "<div style='opacity:.1'><i style='opacity:.1'>secret</i></div>",
    "<div style='margin:0 0 0 -9999px'>secret</div>",
    "<div style='margin-inline-start:-9999px'>secret</div>",
    "<div style='margin-inline:-9999px 0'>secret</div>",
    "<div style='text-indent:-99em'>secret</div>",
    "<div style='height:0;overflow-y:hidden'>secret</div>",
    "<div style='block-size:0;overflow:clip'>secret</div>",
    "<div style='max-height:calc(1px*0);overflow:hidden'>secret</div>",
    "<div style='width:0;overflow:auto'>secret</div>",
    "<p style='display:none;display:odd'>secret</p>",
    "<i style='font:14px/2 Arial;font-size:0'>secret</i>",
    "<i style='opacity:1%'>secret</i>",
    "<a style='float:left;width:0;overflow:hidden'>secret</a>",
    "<style>p:nth-child(2n){display:none}</style><div><p>a</p><p>secret</p><p>b</p></div>",
    "<style>i:not(.a){display:none}</style><i>secret</i>",
    "<style>td[align=center]{display:none}</style><table><tr><td align=center>secret</table>",
    "<style>@layer a{@supports (color:red){.a{display:none}}}</style><p class=a>secret</p>",
    "<style>:root{--a:none}.a{display:var(--a)}</style><p class=a>secret</p>",
    "<style>:root{--a:none}</style><p style='display:var(--a)'>secret</p>",
]
SEEN = [
    "<style>.body .hide{display:none}</style><table class=body><tr><td>word<p class=hide>x</table>",
    "<style>.hide{display:none}</style><p class=hide style='display:block'>word</p>",
    "<style>.hide{display:none}p.hide{display:block}</style><p class=hide>word</p>",
    "<style>.a,.b{color:red}.a .c{display:none!important}</style><p class=a>word</p>",
    "<style>p.hide{display:none}</style><div class=hide>word</div>",
    "<style>.hide:hover{display:none}</style><p class=hide>word</p>",
    "<style>p:first-child{display:none}</style><div><b>a</b><p>word</p></div>",
    "<style>@media (max-width:600px){.hide{display:none}}</style><p class=hide>word</p>",
    "<style>@media print{.hide{display:none}}</style><p class=hide>word</p>",
    "<style>td{font-size:0}</style><table><tr><td><b style='font-size:14px'>word</b></table>",
    "<p style='visibility:hidden'><b style='visibility:visible'>word</b></p>",
    "<div style='width:1px'>word</div>",
    "<div style='overflow:hidden;max-width:600px'>word</div>",
    "<div style='height:0;overflow:hidden;padding-top:40px'>word</div>",
    "<div style='margin-left:-120px;padding-left:120px'>word</div>",
    "<div style='margin:0 auto;font:bold 14px/1.2 Arial;opacity:1'>word</div>",
    "<div style='margin-left:2in;text-indent:-2in'>word</div>",
    "<span style='text-indent:-9999px;height:0;overflow:hidden'>word</span>",
    "<div style='margin-left:-100%;margin-right:-999px'>word</div>",
    "<img src=cid:a><div style='margin-top:-250px'>word</div>",
    "<table><tr><td style='max-width:0;overflow:hidden;text-overflow:ellipsis'>word</table>",
    "<table><tr><td style='width:1%;height:0;overflow:hidden'>word</table>",
    "<div style='width:1px;min-width:100%;overflow:hidden'>word</div>",
    "<div style='height:-1px;width:1;overflow:hidden'>word</div>",
    "<div style='font-size:0;font:14px Arial'>word</div>",
    "<div style='font-size:0'><b style='font-size:medium'>word</b></div>",
    "<div style='font-size:1'>word</div>",
    "<style>p:not(.a){display:none}</style><p class=a>word</p>",
    "<style>.a{display:none}p.a:nth-of-type(1){display:block}</style><p class=a>word</p>",
    "<style>@supports (position:fixed){.a{display:none}}</style><p class=a>word</p>",
    "<style>@media print{:root{--a:none}}.a{display:var(--a,block)}</style><p class=a>word</p>",
    "<p style='color:#eee'>word</p>",
    "<p style='color:red;background:#ff0001'><b style='color:#070'>word</b></p>",
    "<style>.d{background:#123}</style><div class=d><b style='color:#fff'>word</b></div>",
    "<div style='background:linear-gradient(#fff,#000)'><b style='color:#fff'>word</b></div>",
    "<p style='color:#fff;text-shadow:0 0 2px #000'>word</p>",
    "<img src=cid:a><div style='margin-top:-90px;color:#fff'>word</div>",
    "<body bgcolor=#000><font color=#fff>word</font>",
    "<table bgcolor=#fff><tr><td bgcolor=#000><font color=#fff>word</font></table>",
    "<div style='font-size:calc(10px + 1%);width:calc(100% - 40px);overflow:hidden'>word</div>",
]


BLENDED = [
    "<p style='color:#fff'>secret</p>",
    "<p style='color:transparent'>secret</p>",
    "<p style='color:rgba(0,0,0,.01)'>secret</p>",
    "<font color=#fefefe>secret</font>",
    "<style>.a{color:#fff}</style><p class=a>secret</p>",
    "<style>:root{--a:#fff}.a{color:var(--a)}</style><p class=a>secret</p>",
    "<p style='color:oklch(1 0 0)'>secret</p>",
    "<body bgcolor=#123456><p style='color:#123456'>secret</p>",
    "<table bgcolor=#000><tr><td><font color=#000>secret</font></table>",
    "<div style='background:#000'><div style='background:#fff;color:white'>secret</div></div>",
]


def read(html: str) -> str:
    return readable(sanitize_for_reading(html, cid_url=lambda _: None)[0])


@pytest.mark.parametrize("html", UNSEEN)
def test_what_nobody_sees_is_neither_quoted_nor_read(html: str) -> None:
    assert "secret" not in sanitize_for_compose(f"<p>seen</p>{html}")
    assert "secret" not in sanitize_for_compose(html)
    assert "secret" not in read(html)


@pytest.mark.parametrize("html", BLENDED)
def test_what_cannot_be_told_from_its_ground_is_not_quoted(html: str) -> None:
    assert "secret" not in sanitize_for_compose(f"<p>seen</p>{html}", is_quoted=True)
    # The reader view has a ground of its own, and of one's own writing nothing goes.
    assert "secret" in read(html)
    assert "secret" in sanitize_for_compose(html)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<style>.d{background:#123}</style><div class=d><b style='color:#fff'>a</b></div>",
            '<div style="background-color:#112233"><b style="color:#fff">a</b></div>',
        ),
        (
            "<style>.w{color:#fff}</style><table bgcolor=#000><tr><td class=w>a</table>",
            '<td style="color:#ffffff">a</td>',
        ),
        (
            "<section style='background:#000'><font color=#fff>a</font></section>",
            '<div style="background-color:#000"><font color="#fff">a</font></div>',
        ),
        (
            "<body bgcolor=#000><font color=#fff>a</font>",
            '<div style="color:#1d1c1a;background-color:#000000"><font color="#fff">a</font></div>',
        ),
        (
            "<p style='background:linear-gradient(#fff,#000);color:#fff'>a</p>",
            'color:#fff;background-color:#808080">a</p>',
        ),
        ("<body bgcolor=#fff><p style='color:red'>a</p>", '<p style="color:red">a</p>'),
    ],
)
def test_a_quotation_is_read_on_the_ground_that_it_was_sent_on(html: str, expected: str) -> None:
    assert expected in sanitize_for_compose(html, is_quoted=True)


@pytest.mark.parametrize("html", SEEN)
def test_what_is_seen_is_quoted_and_read(html: str) -> None:
    assert "word" in sanitize_for_compose(html)
    assert "word" in sanitize_for_compose(html, is_quoted=True)
    assert "word" in read(html)


@pytest.mark.parametrize(
    "selector", ["q div div div div i", "q>div div~div div+div i", "q i", "q~i~i:first-child~i"]
)
def test_a_sheet_that_takes_long_to_apply_is_not_tried_for_long(selector: str) -> None:
    rules = f"{selector}{{display:none}}" * 1900
    html = f"<style>{rules}</style>" + "<div>" * 90 + "<i>a</i>" * 900 + "</div>" * 90
    began = time.process_time()
    read(html)
    sanitize_for_compose(html)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "html",
    [
        f"<style>{'i ' * 15_000}{{display:none}}</style>" + "<i>a</i>" * 1000,
        "<style>"
        + "".join(
            f"{','.join(f'i[class*=b{n}x{m}]' for m in range(50))}{{width:1px}}" for n in range(90)
        )
        + "</style>"
        + "".join(
            f"<i class='{' '.join(f'c{i}x{n}' for n in range(50))}'>a</i>" for i in range(100)
        ),
        "<style>" + "@layer" * 16_000 + "</style>a",
        "<style>:root{" + "-" * 99_000 + "}--var(</style>a",
    ],
    ids=["steps", "fragments", "layers", "dashes"],
)
def test_no_sheet_takes_long_to_read(html: str) -> None:
    began = time.process_time()
    read(html)
    assert time.process_time() - began < 0.8
