"""Rules read one by one read the same as the whole sheet does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.message.reading import FIXTURES, SHARED_CORPUS
from webmail.message import css_sheet
from webmail.message.css_sheet import MAX_RULES, StyleSheet, filter_stylesheet
from webmail.message.html_source import StyleBlock, split_styles

# Whole rules, and pieces that begin, end or spoil one.
PIECES = r"""
p{color:red}
.a{color:red}
.a.b>p,td{color:#abc!important}
p , .a{display:none}
.a{margin-left:-999px}
#i{opacity:0}
.a{background:url(https://h.example/x)}
.a{background:url('//h.example/x') red}
p{background:#fff url("//h.example/y")}
p{background:image-set("//h.example/z" 1x)}
p{background:url(a{b)}
p{src:x(a"b)}q{y:"c)}
[class=a]{color:red}
[class*="ab"]{color:red}
a[href^="x{y"]{color:red}
p:hover{color:red}
p:not(.a){color:red}
.a--b{color:red}
._{color:red}
p>{color:red}
>p{color:red}
*{color:red}
-a{color:red}
1a{color:red}
u+a{color:red}
u+1f{color:red}
é{color:red}
.é{color:red}
@media screen{p{color:red}}
@media(max-width:9px){.a{width:1px}.b{display:none}}
@media (prefers-color-scheme:dark){.a{color:red}
@media print{@media screen{p{color:red}}}
@media screen{@import 'x';p{color:red}}
@media\0{p{color:red}}
@médía{p{color:red}}
@import url(x);
@import "x;
@charset 'x';
@font-face{font-family:x;src:url(x) format('w')}
@keyframes x{from{a:b}to{a:b}}
@page{margin:0}
@-ms-viewport{width:1px}
@-{p{color:red}}
@x
@
p{color:red /* x */
p{co/**/lor:red}
p{width:10/**/px}
p{width:10 /**/ px}
p{*color:red}
p{color:red;;}
p{;color:red}
p{--x:{a};color:red}
p{color:rgb(1, 2,3)}
p{width:calc(1px + (2px*3))}
p{width:calc(1px/2)}
p{font-family:"A B",'C'}
p{font-family:"A}
p{quotes:"}"}
p{@x;color:red}
p{a{b:c}color:red}
--x:{a:b}
/* x */
/* } */
/*
*/
<!--
-->
url(
url(a"b)
\{
\"
""".splitlines()
MARKS = list("{}[]();:,.#\"'\\-@ \t\n\r\f\v\0") + ["\r\n", "p\n,\n.a\t>\r\n.b{color:red}"]


def read(rules, sheet, hosts):
    text = "\n".join(filter(None, rules)).replace("<", "")
    return text, sheet.classes, sheet.fragments, hosts


def one_by_one(source):
    sheet, hosts = StyleSheet(), []
    return read(css_sheet._rules(source, sheet, hosts.append), sheet, hosts)


def as_a_whole(source):
    sheet, hosts = StyleSheet(), []
    rules = css_sheet._read_as_a_whole(source, MAX_RULES, sheet, hosts.append)
    return read(rules, sheet, hosts)


@given(st.lists(st.sampled_from([*PIECES, *MARKS]), max_size=12).map("".join))
def test_rules_read_one_by_one_read_the_same_as_the_whole(source):
    assert one_by_one(source) == as_a_whole(source)


@pytest.mark.parametrize("piece", [*PIECES, *MARKS])
def test_each_piece_ends_where_it_ends_in_the_whole(piece):
    source = f".x{{color:red}}{piece}.y{{color:blue}} .z{{color:green}}"
    assert one_by_one(source) == as_a_whole(source)


@given(st.text("pa.b#{}:;,@/*\"'()[]<>!-\\ \n0url=media", max_size=80))
def test_any_text_reads_the_same_as_the_whole(source):
    assert one_by_one(source) == as_a_whole(source)


SHEETS = [
    block.css
    for path in [FIXTURES / "newsletter.html", *sorted((SHARED_CORPUS / "html").glob("*.html"))]
    for block in split_styles(path.read_text("utf-8", "replace"), as_page=True)[1]
]


def test_newsletters_read_the_same_as_the_whole():
    assert len(SHEETS) >= 2
    for source in SHEETS:
        assert one_by_one(source) == as_a_whole(source)


def test_most_of_a_newsletter_is_read_one_by_one(monkeypatch):
    left = []
    monkeypatch.setattr(
        css_sheet, "_read_as_a_whole", lambda source, *_: left.append(source) or iter(())
    )
    for source in SHEETS:
        one_by_one(source)
    assert sum(map(len, left)) < 0.1 * sum(map(len, SHEETS))


@pytest.mark.parametrize("rule", ["p{color:red}", "p{color:red /* x */}", "p,\\71 {color:red}"])
def test_a_sheet_has_no_more_rules_than_are_allowed(rule):
    text = filter_stylesheet([StyleBlock("", rule * (MAX_RULES + 5))]).text
    assert text.count("{") == MAX_RULES


@pytest.mark.parametrize("piece", ["p{a:b", "@media x{p{a:b}", "/*", "a[b", "p{a:url(", "@x{{"])
@pytest.mark.timeout(20)
def test_no_sheet_takes_long_to_find_its_rules(piece):
    one_by_one(piece * (100_000 // len(piece)))


@pytest.mark.parametrize(
    "value", ["width:calc{}", "background:x{}", "background:rgb{}", "x:{}", "color:rgb(calc{},0,0)"]
)
@pytest.mark.parametrize("depth", [20, 300, 5000])
def test_brackets_in_brackets_cost_a_rule_and_not_the_message(value, depth):
    deep = "(" * depth + "1px" + ")" * depth
    for rule in (f"p{{{value.format(deep)}}}", f"@media screen{{p{{{value.format(deep)}}}}}"):
        assert sheet_of(f"{rule}b{{color:red}}") == "b{color:red}"
        assert sheet_of(f"b{{color:red}}{rule}/*") == "b{color:red}"


def sheet_of(css):
    return filter_stylesheet([StyleBlock("", css)]).text
