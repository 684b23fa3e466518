"""What of a cleaned message nobody sees, as a browser would find (T12).

A text that only shows once it has been quoted, or in a view without the sender's styles, says
something its reader never agreed to.  Asked are all rules and styles that cleaning left, as
they apply on a desktop screen in the light.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from webmail.message.cascade import rules_of
from webmail.message.css import IMPORTANT
from webmail.message.css_media import applies_on_a_desktop
from webmail.message.giving_way import give_way, politely
from webmail.message.hidden_style import ROOT, State, is_laid_over, longhands, shown_by
from webmail.message.html_tokens import VOID, Token, tokens
from webmail.message.seen_color import (
    PROPERTIES,
    Paint,
    given_to,
    page_style,
    painted,
    with_colors,
)
from webmail.message.selector_match import Node, Selector, nodes_of, read_selector

# In elements looked at, as those of the colours are counted.
MAX_LOOKS = 100_000
_SHEET = re.compile(r"<style>([^<]*)</style>")
# Boxes that an answer has no element for, but their colours.
_BOXES = frozenset(
    """
    address article aside center details fieldset figcaption figure footer header legend main nav
    section
    """.split()  # noqa: SIM905 - a table to read
)


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: Selector
    weight: tuple[int, int, int]
    style: Mapping[str, str]


@dataclass(slots=True)
class _Rules:
    by_key: dict[str, list[_Rule]] = field(default_factory=dict)
    looks: int = 0
    _count: int = 0

    def add_sheet(self, text: str) -> None:
        for media, selectors, body in politely(rules_of(text)):
            style = _style(body)
            if style and (not media or applies_on_a_desktop(media)):
                for selector in selectors.split(","):
                    self._add(selector.strip(), style)

    def _add(self, text: str, style: Mapping[str, str]) -> None:
        self._count += 1
        selector = read_selector(text)
        if selector is not None:
            last = selector.compounds[-1]
            key = next((f".{name}" for name in sorted(last.classes)), last.name)
            weight = (*selector.weight, self._count)
            self.by_key.setdefault(key, []).append(_Rule(selector, weight, style))

    def style_of(self, node: Node) -> Mapping[str, str]:
        """Longhands in lower case.  Beyond the budget no rule is asked any more."""
        keys = ("", node.token.name, *(f".{name}" for name in node.classes))
        found: list[_Rule] = []
        for rule in (rule for key in keys for rule in self.by_key.get(key, ())):
            if self.looks > MAX_LOOKS:
                break
            is_match, looks = rule.selector.matches(node)
            self.looks += looks
            found += [rule] * is_match
        own = _style(node.token.attribute("style")) if "style=" in node.token.source else {}
        if not found:
            return own if not _is_strong(own) else _settled([own])
        found.sort(key=lambda rule: rule.weight)
        return _settled([*(rule.style for rule in found), own])


def _is_strong(style: Mapping[str, str]) -> bool:
    return any(value.endswith(IMPORTANT) for value in style.values())


def _settled(styles: list[Mapping[str, str]]) -> dict[str, str]:
    plain = {n: v for style in styles for n, v in style.items() if not v.endswith(IMPORTANT)}
    strong = {n: v for style in styles for n, v in style.items() if v.endswith(IMPORTANT)}
    return plain | {name: value.removesuffix(IMPORTANT) for name, value in strong.items()}


@lru_cache(maxsize=2048)
def _style(declarations: str) -> Mapping[str, str]:
    style: dict[str, str] = {}
    for piece in declarations.lower().split(";"):
        name, _, value = (part.strip() for part in piece.partition(":"))
        bare = value.removesuffix(IMPORTANT)
        mark = IMPORTANT if bare != value else ""
        for each, one in (*longhands(name, bare), *_colors(name, bare)):
            if mark or not style.get(each, "").endswith(IMPORTANT):
                style[each] = one + mark
    return style


def _colors(name: str, value: str) -> tuple[tuple[str, str], ...]:
    if name == "background":
        return ("background-color", value), ("background-image", value)
    return ((name, value),) if name in PROPERTIES else ()


@dataclass(frozen=True, slots=True)
class _Seen:
    state: State = ROOT
    paint: Paint = Paint()

    def keeps(self, kind: str, *, is_strict: bool) -> bool:
        """``is_strict``: a text that cannot be told from its ground is not seen either."""
        return self.state.keeps(kind) and (kind != "text" or not is_strict or self.paint.is_seen)


def without_hidden(html: str, *, is_strict: bool = True, keeps_colors: bool = False) -> str | None:
    """The HTML without its sheets and what nobody sees; None where that is too hard to tell.

    ``keeps_colors``: elements tell themselves what the sheets said of their colours, so that
    light text stays on its dark ground.
    """
    rules = _Rules()
    for sheet in _SHEET.findall(html):
        rules.add_sheet(sheet)
    # All of them first: the last child is known when its elders' younger ones are.
    listed = list(nodes_of(politely(tokens(_SHEET.sub("", html)))))
    page = _page(rules, listed)
    kept: list[str] = []
    stack = [page]
    for token, node in listed:
        here = stack[-1]
        if node is None:
            if here.keeps(token.kind, is_strict=is_strict):
                kept.append(_box(token) if keeps_colors else token.source)
            if token.kind == "close" and len(stack) > 1:
                stack.pop()
            continue
        give_way()
        if rules.looks > MAX_LOOKS:
            return None
        inner, source = _entered(rules, node, here, keeps_colors=keeps_colors)
        is_void = token.name in VOID
        is_nothing = token.name == "img" and not token.attribute("src")
        if inner.state.keeps("img" if is_void else "open") and not is_nothing:
            kept.append(source)
        if not is_void:
            stack.append(inner)
    written = "".join(kept)
    style = page_style(page.paint) if keeps_colors and written.strip() else ""
    return f'<div style="{style}">{written}</div>' if style else written


def _entered(
    rules: _Rules, node: Node, around: _Seen, *, keeps_colors: bool = False
) -> tuple[_Seen, str]:
    """What is seen inside of an element, and its tag."""
    token, style = node.token, rules.style_of(node)
    given = given_to(token, style)
    state = shown_by(style, around.state, token.name)
    paint = painted(given, token.name, around.paint, is_laid_over=is_laid_over(style))
    if not keeps_colors:
        return _Seen(state, paint), token.source
    told = with_colors(token, given, paint) if given else token.source
    return _Seen(state, paint), _box(Token(token.kind, token.name, told))


def _box(token: Token) -> str:
    if token.name not in _BOXES:
        return token.source
    at = token.source.index(token.name)
    return f"{token.source[:at]}div{token.source[at + len(token.name) :]}"


def _page(rules: _Rules, listed: list[tuple[Token, Node | None]]) -> _Seen:
    """What the sheets say of the page itself."""
    first = next((node for _, node in listed if node is not None), None)
    seen, chain = _Seen(), []
    while first is not None and first.above is not None:
        first = first.above
        chain.append(first)
    for node in reversed(chain):
        seen, _ = _entered(rules, node, seen)
    return seen
