import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message import css
from webmail.message.css import filter_declarations
from webmail.message.css_media import applies_on_a_desktop, media_query
from webmail.message.css_sheet import filter_stylesheet
from webmail.message.html_source import StyleBlock


def sheet(css: str, media: str = "") -> str:
    return filter_stylesheet([StyleBlock(media, css)]).text


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red", "color:red"),
        ("COLOR : #ABC ; font-size:12PX", "color:#ABC;font-size:12PX"),
        ("color:red!important", "color:red"),
        ("color:rgb(1, 2, 3)", "color:rgb(1, 2, 3)"),
        ("width:calc(100% - (2 * 10px))", "width:calc(100% - (2 * 10px))"),
        ("font-family:'A B',serif", 'font-family:"A B",serif'),
        ("color:/**/red", "color:red"),
        ("margin:-1px auto", "margin:-1px auto"),
        ("position:fixed;color:red", "color:red"),
        ("z-index:9", ""),
        ("transform:scale(9)", ""),
        ("pointer-events:none", ""),
        ("content:'x'", ""),
        ("cursor:url(//e/x),auto", ""),
        ("behavior:url(x)", ""),
        ("-moz-binding:url(x)", ""),
        ("--x:red", ""),
        ("color:var(--x)", ""),
        ("width:env(x)", ""),
        ("color:attr(x)", ""),
        ("width:expression(alert(1))", ""),
        ("background:url(//e/x)", ""),
        ("background:URL('//e/x')", ""),
        ("background:u\\72l(//e/x)", ""),
        ("background:\\75\\72\\6c(//e/x)", ""),
        ("background:ur/**/l(//e/x)", ""),
        ("background:url(//e/x", ""),
        ("background:url( '//e/x' ) red", "background-color:red"),
        ("background:image-set('//e/x' 1x)", ""),
        ("background:-webkit-image-set(url(//e/x) 1x)", ""),
        ("background:cross-fade(url(//e/x),red)", ""),
        ("background:linear-gradient(red,blue)", "background:linear-gradient(red,blue)"),
        ("background-image:radial-gradient(red,rgb(1,2,3))", None),
        ("background-image:linear-gradient(red,url(//e/x))", ""),
        ("background-image:linear-gradient(red,var(--x))", ""),
        ("background-image:url(//e/x)", ""),
        ("background:linear-gradient(red,blue),url(//e/x)", "background-color:red"),
        ("list-style:linear-gradient(red,blue)", ""),
        ("width:min(100%,600px);font-size:clamp(1px,2%,3px)", None),
        ("width:min(100%,url(//e/x))", ""),
        ("margin-inline:auto;padding-block-start:2px", None),
        ("background:src('//e/x')", ""),
        ("background:image('//e/x')", ""),
        ("background:element(#x)", ""),
        ("list-style:url(//e/x)", ""),
        ("border-image:url(//e/x)", ""),
        ("filter:url(//e/x#f)", ""),
        ("color:red}body{color:blue", ""),
        ("color:</style><script>", ""),
        ("height:100vh", ""),
        ("font-family:'</style>'", ""),
        ("font-family:'a\\\nb'", 'font-family:"ab"'),
        ("color", ""),
        (":red", ""),
        ("{}", ""),
        ("", ""),
        ("@import '//e/x';color:red", "color:red"),
    ],
)
def test_a_style_attribute_keeps_what_is_allowed(style: str, kept: str | None) -> None:
    kept = style if kept is None else kept
    assert filter_declarations(style) == kept
    assert filter_declarations(kept) == kept


@given(st.text("colrwidth-background: ;;:#0f12%.,!important_\n", max_size=60))
def test_what_is_read_piece_by_piece_reads_the_same_as_the_whole(style):
    whole = css._filtered(style, css.READING_PROPERTIES, None)
    assert filter_declarations(style) == whole


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("p{color:red}", "p{color:red}"),
        ("p , td > a:hover{color:red}", "p,td > a:hover{color:red}"),
        (".a.b{color:red}", ".m-a.m-b{color:red}"),
        (".m-a{color:red}", ".m-a{color:red}"),
        ("#a,p{color:red}", ".m-id-a.m-id-a.m-id-a,p{color:red}"),
        ("[id=a]{color:red}", ""),
        ("[class^='a']{color:red}", '[class*="m-a"]{color:red}'),
        ("[class*='\"]x']{color:red}", ""),
        ("a[href^='https://e']{color:red}", ""),
        ("p::before{color:red}", ""),
        ("p:has(a){color:red}", ""),
        ("p:not(a){color:red}", None),
        ("p:not(a,b){color:red}", ""),
        ("p:not(a b){color:red}", ""),
        ("p:not(:has(a)){color:red}", ""),
        ("p:not(.a:first-child){color:red}", "p:not(.m-a:first-child){color:red}"),
        ("tr:nth-child( 2N + 1 ){color:red}", "tr:nth-child(2n+1){color:red}"),
        ("tr:nth-of-type(odd),tr:nth-child(2 of p){color:red}", "tr:nth-of-type(odd){color:red}"),
        ("td[align=center]{color:red}", 'td[align="center"]{color:red}'),
        ("a[href^='tel']{color:red}", 'a[href^="tel"]{color:red}'),
        ("img[width]{color:red}", None),
        ("[data-leads-to],[style*=a],[title=a]{color:red}", ""),
        (f"{'i ' * 50}{{color:red}}", ""),
        ("p{background:url(//e/x)}", ""),
        ("@import '//e/x';p{color:red}", "p{color:red}"),
        ("@font-face{font-family:x;src:url(//e/x)}", ""),
        ("@namespace svg url(//e/x);", ""),
        ("@supports (color:red){p{color:red}}", "p{color:red}"),
        ("@supports (position:fixed){p{color:red}}", ""),
        ("@supports not (color:red){p{color:red}}", ""),
        ("@layer a,b;@layer b{p{color:red}}i{color:red}", "p{color:red}\ni{color:red}"),
        ("@layer b{@media (width:9px){p{color:red}}}", "@media (width:9px){p{color:red}}"),
        ("@layer b{p{color:red}", "p{color:red}"),
        (":root{--a:red}p{color:var(--a)}", "p{color:red}"),
        (":root{--a:var(--b);--b:red}p{color:var(--a)}", "p{color:red}"),
        ("p{color:var(--a,var(--b,rgb(1,2,3)))}", "p{color:rgb(1,2,3)}"),
        ("p{color:var(--a)}", ""),
        (":root{--a:url(//e/x)}p{background:var(--a)}", ""),
        (":root{--a:red;}@media print{:root{--a:blue}}p{color:var(--a)}", "p{color:red}"),
        (":root{--a:red}p{color:var(--a);width:1px}i{--a:blue}", "p{color:red;width:1px}"),
        (f":root{{--a:{'var(--a)' * 20}}}p{{color:var(--a);width:1px}}", "p{width:1px}"),
        ("p{color:oklch(70% .1 120)}", None),
        ("p{display:grid;grid-template-columns:repeat(2,minmax(0,1fr))}", None),
        ("p{grid-template-columns:repeat(9999,1px);grid-column:1/span 900}", ""),
        ("@media (max-width:600px){p{color:red}}", "@media (max-width:600px){p{color:red}}"),
        ("@media screen and (prefers-color-scheme:dark){p{color:red}}", None),
        ("@media (resolution:2dppx){p{color:red}}", ""),
        ("@media (min-width:url(x)){p{color:red}}", ""),
        ("@media screen{@media screen{p{color:red}}}", ""),
        ("@charset 'utf-7';p{color:red}", "p{color:red}"),
        ("<!-- p{color:red} -->", "p{color:red}"),
        ("p{color:red", "p{color:red}"),
        ("p{}", ""),
        ("}}}p{color:red}", ""),
        ("p\\{color:red}", ""),
    ],
)
def test_a_style_sheet_keeps_what_is_allowed(css: str, kept: str | None) -> None:
    once = sheet(css)
    assert once == (css if kept is None else kept)
    assert sheet(once) == once


@pytest.mark.parametrize(
    ("query", "is_true"),
    [
        ("screen", True),
        ("print", False),
        ("only screen and (max-width:600px)", False),
        ("(min-width:601px)", True),
        ("not print", True),
        ("not screen and (max-width:600px)", True),
        ("print, (min-width: 40em)", True),
        ("(prefers-color-scheme:dark)", False),
        ("(prefers-color-scheme:light) and (orientation:landscape)", True),
        ("(min-width:1.2.3px)", False),
    ],
)
def test_which_media_are_those_of_a_desktop(query: str, is_true: bool) -> None:
    assert applies_on_a_desktop(f"@media {query}") == is_true


def test_the_media_of_a_style_element_is_kept() -> None:
    assert sheet("p{color:red}", "(max-width: 9px)") == "@media (max-width: 9px){p{color:red}}"
    assert sheet("p{color:red}", "screen") == "p{color:red}"
    assert sheet("p{color:red}", "url(x)") == ""
    assert media_query("print and (width: 1px)") == "print and (width: 1px)"


def test_hosts_of_withheld_backgrounds_are_told() -> None:
    hosts: list[str] = []
    filter_declarations("background:url(https://a.example/x)", on_remote=hosts.append)
    filter_declarations("background:image-set('//b.example/x' 1x)", on_remote=hosts.append)
    assert hosts == ["a.example", "b.example"]
