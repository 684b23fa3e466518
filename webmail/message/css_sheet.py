"""Style sheets, by a list of what is allowed (T05–T07).

tinycss2 takes a token at a time, and a newsletter has tens of thousands.  A rule whose text
means the same wherever it stands (its quotation marks and brackets are in pairs) is therefore
found by its ends and read alone: its declarations one by one, each read once for all messages.
From the first one that is not such a rule on, all is read as a whole.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

import tinycss2

from webmail.message.css import (
    MAX_DECLARATIONS,
    MAX_SHEET_CHARS,
    READING_PROPERTIES,
    OnRemote,
    declarations_of,
)
from webmail.message.css_media import media_prelude, media_query
from webmail.message.css_newer import Variables, opened, variables_of, with_values
from webmail.message.css_selectors import Selector, read_selectors, simple_selectors
from webmail.message.html_source import StyleBlock

MAX_RULES = 2000
# Each class name of a message is looked through for all of them.
_MAX_FRAGMENTS = 100

_FRAGMENT = re.compile(r'\[class\*="([\w-]+)"\]')
_USUAL_CHARS = 1000

# -- where rules end: each of these reaches as far as tinycss2 reads, or does not match ----------

_WS = r"[ \t\n\r\f]"
_COMMENT = r"/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*+/"
_STRING = r"""(?:"[^"\\\n\r\f]*+"|'[^'\\\n\r\f]*+')"""
_PARENS = rf"""(?:\({_WS}*+{_STRING}{_WS}*+\)|\([^(){{}}"'\\\[\]*]*+\))"""
_SQUARE = rf"""\[[^\[\](){{}}"'\\/<;]*+(?:{_STRING}[^\[\](){{}}"'\\/<;]*+)?\]"""
_PRELUDE = rf"""(?!-)(?:[^{{}}"'\\;@()\[\]/<]|{_SQUARE}|\([^(){{}}"'\\\[\]/<;*]*+\))++"""


def _content(without: str) -> str:
    return rf"""(?:[^{{}}"'\\()\[\]/<@{without}]|/(?!\*)|{_STRING}|{_PARENS}|{_COMMENT})*+"""


_BODY = _content("")
_ANY_RULE = rf"{_PRELUDE}\{{{_BODY}\}}"
_RULE = rf"(?P<prelude>{_PRELUDE})\{{(?P<body>{_BODY})\}}"
_SKIPPED = rf"(?:{_WS}|{_COMMENT})"
_QUERY = r"""(?:[^{}"'\\;@()\[\]/<]|\([^(){}"'\\\[\]/<;*]*+\))*+"""
_MEDIA = (
    rf"@media(?=[ \t\n\r\f(])(?P<query>{_QUERY})"
    rf"\{{(?P<inside>(?:{_SKIPPED}|{_ANY_RULE})*+)\}}"
)
# A rule that is left out as a whole: fonts, imports, animations.
_KEYWORD = r"@(?!media)-{0,2}+[a-z][a-z-]*+(?![0-9_\\]|[^\x00-\x7f])"
_OTHER = rf"{_KEYWORD}{_content(';')}(?:;|\{{{_BODY}(?:\{{{_BODY}\}}{_BODY})*+\}})"
_NEXT = re.compile(
    rf"(?:{_SKIPPED}|<!--|-->)*+(?:(?P<end>\Z)|{_MEDIA}|{_OTHER}|{_RULE})", re.IGNORECASE
)
_NEXT_INSIDE = re.compile(rf"{_SKIPPED}*+(?:(?P<end>\Z)|{_RULE})")
_IS_PLAIN = re.compile(r"[\w \t\n\r\f:;#%.,!*+-]*", re.ASCII)

# tinycss2 has no types of its own.
_Node = Any


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule as it is written; ``hosts`` are those of what was taken out."""

    text: str
    classes: frozenset[str]
    fragments: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(slots=True)
class StyleSheet:
    """A filtered sheet.

    ``classes`` are the class names its selectors name, with the prefix; ``fragments`` are
    pieces of class names that selectors look for.  An id of the message's is the class
    ``m-id-…``.  ``variables`` are the custom properties of the page.
    """

    text: str = ""
    classes: set[str] = field(default_factory=set)
    fragments: set[str] = field(default_factory=set)
    variables: Variables = field(default_factory=dict)

    def take(self, rule: _Rule, on_remote: OnRemote | None) -> str:
        if on_remote is not None:
            for host in rule.hosts:
                on_remote(host)
        self.classes |= rule.classes
        if len(self.fragments) < _MAX_FRAGMENTS:
            self.fragments.update(rule.fragments[:_MAX_FRAGMENTS])
        return rule.text


def filter_stylesheet(
    blocks: Iterable[StyleBlock], *, on_remote: OnRemote | None = None
) -> StyleSheet:
    """Style rules and width or colour-scheme ``@media``; all else is left out (T07)."""
    sheet = StyleSheet()
    written: list[str] = []
    room = MAX_SHEET_CHARS
    sources = []
    for block in blocks:
        source, room = block.css[:room], room - min(len(block.css), room)
        sources.append((block, opened(source, READING_PROPERTIES)))
    sheet.variables = variables_of([source for _, source in sources])
    for block, newer in sources:
        source = with_values(newer, sheet.variables, MAX_SHEET_CHARS)
        rules = "\n".join(filter(None, _rules(source, sheet, on_remote)))
        query = media_query(block.media) if block.media.strip() else ""
        if query is None or not rules:
            continue
        written.append(
            f"@media {query}{{{rules}}}" if query not in ("", "all", "screen") else rules
        )
    # tinycss2 escapes what it must; "<" can only be text of ours gone wrong.
    sheet.text = "\n".join(written).replace("<", "")
    return sheet


def _rules(source: str, sheet: StyleSheet, on_remote: OnRemote | None) -> Iterator[str]:
    position = 0
    for room in range(MAX_RULES, 0, -1):
        found = _NEXT.match(source, position)
        if found is None:
            yield from _read_as_a_whole(source[position:], room, sheet, on_remote)
            return
        if found["end"] is not None:
            return
        position = found.end()
        if found["inside"] is not None:
            query = _query(found["query"])
            yield _media(query, _inside(found["inside"]), sheet, on_remote)
        elif found["prelude"] is not None:
            rule = _rule(found["prelude"], found["body"])
            yield sheet.take(rule, on_remote)


def _inside(source: str) -> Iterator[_Rule]:
    """The rules of a media rule; its source is of nothing else."""
    position = 0
    while (found := _NEXT_INSIDE.match(source, position)) and found["end"] is None:
        position = found.end()
        yield _rule(found["prelude"], found["body"])


def _media(
    query: str | None, rules: Iterator[_Rule], sheet: StyleSheet, on_remote: OnRemote | None
) -> str:
    if query is None:
        return ""
    some = islice(rules, MAX_RULES)
    texts = [sheet.take(rule, on_remote) for rule in some]
    body = "\n".join(filter(None, texts))
    return f"@media {query}{{{body}}}" if body else ""


@lru_cache(maxsize=512)
def _query(text: str) -> str | None:
    return media_prelude(tinycss2.parse_component_value_list(text, skip_comments=True))


def _rule(prelude: str, body: str) -> _Rule:
    if len(prelude) + len(body) > _USUAL_CHARS:
        return _read_rule(prelude, body)
    return _read_before(prelude, body)


def _read_rule(prelude: str, body: str) -> _Rule:
    selectors = simple_selectors(prelude)
    if selectors is None:
        selectors = read_selectors(_tokens(prelude))
    pieces = body.split(";") if _IS_PLAIN.fullmatch(body) else ()
    if 0 < len(pieces) <= MAX_DECLARATIONS:
        return _written(selectors, ";".join(filter(None, map(_declaration, pieces))), ())
    return _filtered(selectors, body)


# What one sender sends has the same rules every time.
_read_before = lru_cache(maxsize=4096)(_read_rule)


@lru_cache(maxsize=8192)
def _declaration(text: str) -> str:
    return _filtered_body(text, None)


def _filtered(selectors: list[Selector], content: str | list[_Node]) -> _Rule:
    hosts: list[str] = []
    return _written(selectors, _filtered_body(content, hosts.append), tuple(hosts))


def _filtered_body(content: str | list[_Node], on_remote: Callable[[str], None] | None) -> str:
    nodes = tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True)
    found = declarations_of(nodes, READING_PROPERTIES, on_remote)
    return ";".join(f"{name}:{value}" for name, value in found)


def _written(selectors: list[Selector], body: str, hosts: tuple[str, ...]) -> _Rule:
    if not selectors or not body:
        return _Rule("", frozenset(), (), hosts=hosts)
    return _Rule(
        f"{','.join(text for text, _ in selectors)}{{{body}}}",
        frozenset().union(*(classes for _, classes in selectors)),
        tuple(piece for text, _ in selectors if "[" in text for piece in _FRAGMENT.findall(text)),
        hosts=hosts,
    )


def _tokens(source: str) -> list[_Node]:
    nodes: list[_Node] = tinycss2.parse_component_value_list(source, skip_comments=True)
    return nodes


# -- what has no plain ends ----------------------------------------------------------------------


def _read_as_a_whole(
    source: str, room: int, sheet: StyleSheet, on_remote: OnRemote | None
) -> Iterator[str]:
    """At most ``room`` rules, the left out ones counted."""
    nodes = tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True)
    for node in nodes[:room]:
        if node.type == "qualified-rule":
            rule = _filtered(read_selectors(node.prelude), node.content)
            yield sheet.take(rule, on_remote)
        elif node.type == "at-rule" and node.lower_at_keyword == "media" and node.content:
            query = media_prelude(node.prelude)
            yield _media(query, _of(node.content), sheet, on_remote)


def _of(content: list[_Node]) -> Iterator[_Rule]:
    for node in tinycss2.parse_rule_list(content, skip_comments=True, skip_whitespace=True):
        if node.type == "qualified-rule":
            yield _filtered(read_selectors(node.prelude), node.content)
