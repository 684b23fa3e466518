import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.message.colors import (
    CONTRAST_AA,
    WHITE,
    Color,
    contrast,
    dark_ground,
    dark_line,
    dark_text,
    legacy_color,
    luminance,
)
from webmail.message.css import parse_color
from webmail.message.dark import darkened, in_the_light
from webmail.message.sanitize import sanitize_for_reading

CHANNEL = st.integers(0, 255).map(lambda number: number / 255)
COLORS = st.builds(Color, CHANNEL, CHANNEL, CHANNEL)


def dark(html: str, *, always: bool = True) -> str:
    return darkened(sanitize_for_reading(html, cid_url=lambda _: "/p/2/")[0], always=always)


def rule_of(html: str, words: str) -> str:
    """What the dark says of the element that holds the words."""
    name = re.findall(r'class="(d\d+)[^"]*"[^<>]*>' + re.escape(words), html)[0]
    return re.findall(rf"\.{name}\{{([^}}]*)\}}", html)[0].replace("!important", "")


def colors_of(rule: str) -> dict[str, Color]:
    pairs = (each.partition(":") for each in rule.split(";"))
    return {name: found for name, _, value in pairs if (found := parse_color(value))}


@settings(max_examples=500, deadline=None)
@given(COLORS, COLORS)
def test_any_text_stands_out_from_any_ground(text: Color, ground: Color) -> None:
    behind = parse_color(dark_ground(ground).hex) or WHITE
    shown = parse_color(dark_text(text, behind).hex) or WHITE
    assert contrast(shown, behind) >= CONTRAST_AA
    assert luminance(behind) < 0.2
    assert luminance(dark_line(ground)) < 0.4


def test_paper_becomes_dark_and_what_is_dark_stays() -> None:
    assert dark_ground(WHITE).hex == "#1e1e1e"
    assert dark_ground(Color(0.1, 0.1, 0.1)) == Color(0.1, 0.1, 0.1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ffffff", "#ffffff"), ("#abc", "#aabbcc"), ("chucknorris", "#c00000"), ("", None)],
)
def test_colours_of_attributes_are_read_as_browsers_do(text: str, expected: str | None) -> None:
    color = legacy_color(text)
    assert (color and color.hex) == expected


def test_the_document_itself_stays_as_it_was_cleaned() -> None:
    html = "<style>.a{color:#333}</style><p class=a>x</p><td bgcolor=red>y<p>z"
    cleaned = sanitize_for_reading(html, cid_url=lambda _: None)[0]
    told = darkened(cleaned, always=True)
    told = re.sub(r"^<style>@layer dark.*?</style>", "", told, flags=re.DOTALL)
    assert re.sub(r' class="d\d+"|(?<=class=")d\d+ ', "", told) == cleaned


def test_it_is_for_screens_and_by_the_system_unless_always() -> None:
    assert "@media screen{" in dark("<p>x", always=True)
    assert "@media screen and (prefers-color-scheme: dark){" in dark("<p>x", always=False)


@pytest.mark.parametrize(
    "html",
    [
        "<p style='background:#fff;color:#222'>x",
        "<p bgcolor=red><font color=#111>x",
        "<style>.a .b>i{color:#123456}</style><p class=a><b class=b><i>x",
        "<style>#a{background:#eee}</style><p id=a>x",
        "<div style='background:#ffe'><a href=http://e.example/>x",
    ],
)
def test_texts_are_told_their_colour_where_they_or_their_ground_have_one(html: str) -> None:
    found = colors_of(rule_of(dark(html), "x"))
    assert luminance(found["color"]) > 0.3


def test_a_button_keeps_its_hue_and_its_border() -> None:
    html = "<a style='background:#3869d4;color:#fff;border:9px solid #3869d4'>x"
    found = colors_of(rule_of(dark(html), "x"))
    ground = found["background-color"]
    assert ground.blue > ground.green > ground.red
    assert found["border-top-color"] == ground


@pytest.mark.parametrize(
    ("around", "color"), [("#fff", "#222"), ("#fff", "#000"), ("#222", "#fff")]
)
def test_a_ground_that_stood_out_still_does(around: str, color: str) -> None:
    html = f"<p style='background:{around}'>x<b style='background:{color};color:#888'>y"
    told = dark(html)
    paper = colors_of(rule_of(told, "x"))["background-color"]
    found = colors_of(rule_of(told, "y"))
    assert contrast(found["background-color"], paper) >= 1.25
    assert contrast(found["color"], found["background-color"]) >= CONTRAST_AA


def test_a_ground_of_the_colour_around_it_is_not_seen() -> None:
    html = "<p style='background:#222'>x<b style='background:#222'>y"
    told = dark(html)
    one, other = colors_of(rule_of(told, "x")), colors_of(rule_of(told, "y"))
    assert one["background-color"] == other["background-color"]


def test_a_stronger_rule_wins_as_in_a_browser() -> None:
    html = "<style>p.a{color:#fff}p{color:#000}</style><p class=a>x"
    assert colors_of(rule_of(dark(html), "x"))["color"] == WHITE


def test_rules_for_some_windows_are_made_dark_too() -> None:
    told = dark("<style>@media (max-width:9px){.a{background:#fff}}</style><p class=a>x")
    assert "@media (max-width:9px){.m-a{background-color:#1e1e1e!important}}" in told


def test_a_message_with_colours_for_the_dark_does_not_mix_them_with_ours() -> None:
    told = dark("<style>@media (prefers-color-scheme:dark){p{color:#000}}</style><p>x")
    assert "@media not all{p{color:#000}}" in told


def test_a_picture_stands_on_what_its_sender_saw_it_on() -> None:
    told = dark("<p style='color:red'><img src=cid:a alt=Logo><img src=cid:a alt=''>")
    assert re.search(r'<img class="d\d+" src="/p/2/" alt="Logo">', told)
    assert '<img src="/p/2/" alt="">' in told


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("(prefers-color-scheme:dark)", "(max-width:0)"),
        ("(Prefers-Color-Scheme : Dark)", "(max-width:0)"),
        ("screen and (prefers-color-scheme: dark)", "screen and (max-width:0)"),
        ("(prefers-color-scheme:light)", "(min-width:0)"),
        ("(prefers-color-scheme)", "(min-width:0)"),
        ("(max-width:600px)", "(max-width:600px)"),
    ],
)
def test_as_sent_its_own_rules_for_the_dark_never_apply(query: str, expected: str) -> None:
    html = f"<style>@media {query}{{p{{color:#fff}}}}</style><p>@media {query}{{"
    cleaned = sanitize_for_reading(html, cid_url=lambda _: None)[0]
    told = in_the_light(cleaned)
    assert f"@media {expected}{{p{{color:#fff}}}}" in told
    assert told.partition("</style>")[2] == cleaned.partition("</style>")[2]


def test_in_the_dark_the_words_of_a_message_stay_as_they_are() -> None:
    assert "<p>@media (prefers-color-scheme: dark){" in dark(
        "<p>@media (prefers-color-scheme: dark){"
    )


@pytest.mark.parametrize(
    ("selector", "rules", "depth"), [("q div div div div i", 1, 90), ("q div i", 1900, 40)]
)
def test_no_selector_holds_up_the_dark(selector: str, rules: int, depth: int) -> None:
    """A kilobyte with five ``div`` in a selector took half a minute, and two more took hours."""
    html = f"<style>{f'{selector}{{color:red}}' * rules}</style>" + "<div>" * depth
    html += "<i>a</i>" * 200 + "</div>" * depth
    began = time.process_time()
    darkened(html, always=True)
    assert time.process_time() - began < 2


def test_a_gradient_counts_as_one_colour_in_the_dark() -> None:
    html = '<p style="background:linear-gradient(90deg,#fff,#eee);color:#222">a</p>'
    dark = darkened(html, always=True)
    assert "background-image:none!important" in dark
    assert re.search(r"\.d1\{background-color:#2[0-9a-f]{5}!important;color:#[cd]", dark)
