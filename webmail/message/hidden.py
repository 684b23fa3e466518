"""What of a cleaned message nobody sees, as a browser would find (T12).

A text that only shows once it has been quoted, or in a view without the sender's styles, says
something its reader never agreed to.  Asked are all rules and styles that cleaning left, as
they apply on a desktop screen in the light.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from webmail.message.cascade import rules_of
from webmail.message.css import IMPORTANT
from webmail.message.css_media import applies_on_a_desktop
from webmail.message.giving_way import politely
from webmail.message.hidden_style import ROOT, State, is_of_interest, physical, shown_by
from webmail.message.html_tokens import VOID, Token, tokens

# In elements looked at, as those of the colours are counted.
MAX_LOOKS = 200_000
_SHEET = re.compile(r"<style>([^<]*)</style>")
_COMPOUND = re.compile(
    r'(\*|[a-zA-Z][\w-]*)?((?:\.[\w-]+|\[class\*="[\w-]+"\]|:[\w-]+)*)', re.ASCII
)
_PIECE = re.compile(r'\.([\w-]+)|\[class\*="([\w-]+)"\]|:([\w-]+)', re.ASCII)
_COMBINATOR = re.compile(r"\s*([>+~])\s*")
# Of the states that cleaning leaves: true when a message is opened, or of where an element is.
_STATES = frozenset({"link", "root", "first-child", "last-child"})


@dataclass(slots=True)
class _Node:
    """An element: ``above`` is the one around it, ``before`` its elder sibling."""

    token: Token
    classes: frozenset[str]
    above: "_Node | None"
    before: "_Node | None"
    is_last: bool = True
    last_child: "_Node | None" = None


@dataclass(frozen=True, slots=True)
class _Compound:
    name: str
    classes: frozenset[str]
    pieces: tuple[str, ...]
    states: frozenset[str]

    def fits(self, node: _Node) -> bool:
        return (
            (not self.name or self.name == node.token.name)
            and self.classes <= node.classes
            and all(any(piece in name for name in node.classes) for piece in self.pieces)
            and all(_is_in(state, node) for state in self.states)
        )


def _is_in(state: str, node: _Node) -> bool:
    if state == "link":
        return node.token.name == "a"
    if state == "root":
        return node.above is None
    return node.before is None if state == "first-child" else node.is_last


@dataclass(frozen=True, slots=True)
class _Rule:
    """``between`` are the combinators, one less than the compounds."""

    compounds: tuple[_Compound, ...]
    between: tuple[str, ...]
    weight: tuple[int, int, int]
    style: Mapping[str, str]

    def matches(self, node: _Node) -> tuple[bool, int]:
        """Whether it does, and how many elements were looked at."""
        looks, places = 1, [node] if self.compounds[-1].fits(node) else []
        for compound, combinator in zip(self.compounds[-2::-1], self.between[::-1], strict=True):
            reached = _reached(places, combinator)
            looks += len(reached)
            places = [each for each in reached if compound.fits(each)]
        return bool(places), looks


def _reached(places: list[_Node], combinator: str) -> list[_Node]:
    """Those that stand so to one of the places, each once."""
    is_above, is_next = combinator in (" ", ">"), combinator in (">", "+")
    reached: dict[int, _Node] = {}
    for place in places:
        found = place.above if is_above else place.before
        while found is not None and id(found) not in reached:
            reached[id(found)] = found
            if is_next:
                break
            found = found.above if is_above else found.before
    return list(reached.values())


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

    def _add(self, selector: str, style: Mapping[str, str]) -> None:
        self._count += 1
        rule = _rule(selector, style, self._count)
        if rule is not None:
            last = rule.compounds[-1]
            key = next((f".{name}" for name in sorted(last.classes)), last.name)
            self.by_key.setdefault(key, []).append(rule)

    def style_of(self, node: _Node) -> dict[str, str]:
        keys = ("", node.token.name, *(f".{name}" for name in node.classes))
        found: list[_Rule] = []
        for rule in (rule for key in keys for rule in self.by_key.get(key, ())):
            if self.looks > MAX_LOOKS:
                break
            is_match, looks = rule.matches(node)
            self.looks += looks
            found += [rule] * is_match
        found.sort(key=lambda rule: rule.weight)
        styles = [rule.style for rule in found]
        if "style=" in node.token.source:
            styles.append(_style(node.token.attribute("style")))
        plain = {n: v for style in styles for n, v in style.items() if not v.endswith(IMPORTANT)}
        strong = {n: v for style in styles for n, v in style.items() if v.endswith(IMPORTANT)}
        return plain | {name: value.removesuffix(IMPORTANT) for name, value in strong.items()}


def _style(declarations: str) -> dict[str, str]:
    style: dict[str, str] = {}
    for piece in declarations.lower().split(";"):
        name, _, value = (part.strip() for part in piece.partition(":"))
        name = physical(name)
        is_weaker = style.get(name, "").endswith(IMPORTANT) and not value.endswith(IMPORTANT)
        if is_of_interest(name) and not is_weaker:
            style[name] = value
    return style


def _rule(selector: str, style: Mapping[str, str], order: int) -> _Rule | None:
    """None where it depends on what the reader does."""
    compounds: list[_Compound] = []
    between: list[str] = []
    combinator = " "
    for step in _COMBINATOR.sub(r" \1 ", selector).split():
        if step in (">", "+", "~"):
            combinator = step
            continue
        match = _COMPOUND.fullmatch(step)
        if match is None:
            return None
        pieces = _PIECE.findall(match[2])
        states = frozenset(state for _, _, state in pieces if state)
        if not states <= _STATES:
            return None
        between += [combinator] * bool(compounds)
        combinator = " "
        classes = frozenset(name for name, _, _ in pieces if name)
        looked_for = tuple(piece for _, piece, _ in pieces if piece)
        name = "" if match[1] == "*" else (match[1] or "").lower()
        compounds.append(_Compound(name, classes, looked_for, states))
    if not compounds:
        return None
    classes_weight = sum(len(c.classes) + len(c.pieces) + len(c.states) for c in compounds)
    weight = (classes_weight, sum(bool(c.name) for c in compounds), order)
    return _Rule(tuple(compounds), tuple(between), weight, style)


def _nodes(listed: list[Token]) -> Iterator[tuple[Token, _Node | None]]:
    """Each token, and the element it opens."""
    html = _Node(Token("open", "html", ""), frozenset(), None, None)
    body = _Node(Token("open", "body", ""), frozenset(), html, None)
    here = body
    for token in listed:
        if token.kind != "open":
            if token.kind == "close" and here.above is not None and here is not body:
                here = here.above
            yield token, None
            continue
        names = frozenset(token.attribute("class").split()) if "class=" in token.source else None
        node = _Node(token, names or frozenset(), here, here.last_child)
        if node.before is not None:
            node.before.is_last = False
        here.last_child = node
        if token.name not in VOID:
            here = node
        yield token, node


def without_hidden(html: str) -> str | None:
    """The HTML without its sheets and what nobody sees; None where that is too hard to tell."""
    rules = _Rules()
    for sheet in _SHEET.findall(html):
        rules.add_sheet(sheet)
    # All of them first: the last child is known when its elders' younger ones are.
    listed = list(_nodes(list(tokens(_SHEET.sub("", html)))))
    kept: list[str] = []
    stack = [_page(rules, listed)]
    for token, node in politely(listed):
        state = stack[-1]
        if node is None:
            kept += [token.source] if state.keeps(token.kind) else []
            if token.kind == "close" and len(stack) > 1:
                stack.pop()
            continue
        if rules.looks > MAX_LOOKS:
            return None
        inner = shown_by(rules.style_of(node), state)
        if token.name in VOID:
            is_nothing = token.name == "img" and not token.attribute("src")
            kept += [token.source] if inner.keeps("img") and not is_nothing else []
        else:
            stack.append(inner)
            kept += [token.source] if inner.keeps("open") else []
    return "".join(kept)


def _page(rules: _Rules, listed: list[tuple[Token, _Node | None]]) -> State:
    """What the sheets say of the page itself."""
    first = next((node for _, node in listed if node is not None), None)
    state, chain = ROOT, []
    while first is not None and first.above is not None:
        first = first.above
        chain.append(first)
    for node in reversed(chain):
        state = shown_by(rules.style_of(node), state)
    return state
