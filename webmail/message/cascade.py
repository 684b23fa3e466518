"""Which colours each element of a cleaned message has been given, as a browser would find.

Only what cleaning leaves is understood: selectors of elements and classes, and values of
plain tokens.  A rule that depends on the window, the pointer or a sibling is *conditional*.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter

from webmail.message.colors import Color, legacy_color
from webmail.message.css import hiding, parse_color
from webmail.message.giving_way import politely
from webmail.message.html_tokens import Token
from webmail.message.safe_html import SafeHtml

INHERIT = "inherit"
SIDES = ("top", "right", "bottom", "left")
LINES = tuple(f"border-{side}-color" for side in SIDES)

# Of a property: the colour, ``inherit``, or None where it is set to have none.
Given = Mapping[str, "Color | str | None"]

_RULE = re.compile(r"(@media[^{}]*)\{((?:[^{}]*\{[^{}]*\})*)\s*\}|([^{}@]+)\{([^{}]*)\}")
_INNER = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"(\*|[a-zA-Z][\w-]*)?((?:\.[\w-]+)*)((?::[\w-]+)*)")
_PIECE = re.compile(r"#[0-9a-fA-F]+|[a-zA-Z]+\([^()]*\)|[^\s,/]+")
_COLORED = re.compile(r"color|background|border|shadow")
_BORDER = re.compile(r"border(?:-(top|right|bottom|left))?(?:-color)?")
_CLASS = re.compile(r"\.([\w-]+)")
_SHEET = re.compile(r"<style>([^<]*)</style>")
_PAGE = re.compile(r"(?:(?<=^)|(?<=[\n{>,]))body(?=[,{])")
_MAX_RULES = 2000
_USUAL_STYLE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Element:
    """What a selector can ask of an element."""

    name: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """``compounds`` from left to right; ``child`` tells which must be a parent, not just above."""

    compounds: tuple[Element, ...]
    child: tuple[bool, ...]
    weight: tuple[int, int, int]
    given: Given

    def matches(self, path: Sequence[Element]) -> bool:
        if not _fits(self.compounds[-1], path[-1]):
            return False
        return len(self.compounds) == 1 or self._above(len(self.compounds) - 2, path, len(path) - 2)

    def _above(self, at: int, path: Sequence[Element], level: int) -> bool:
        """Backtracks over at most the few compounds a selector has."""
        if at < 0:
            return True
        for place in range(level, -1, -1):
            if _fits(self.compounds[at], path[place]) and self._above(at - 1, path, place - 1):
                return True
            if self.child[at]:
                return False
        return False


def _fits(compound: Element, element: Element) -> bool:
    is_named = not compound.name or compound.name == element.name
    return is_named and compound.classes <= element.classes


_weight = attrgetter("weight")


@dataclass(slots=True)
class Cascade:
    """The rules of all sheets of a message.  ``conditional`` holds (media, selector, given)."""

    conditional: list[tuple[str, str, Given]] = field(default_factory=list)
    _by_key: dict[str, list[Rule]] = field(default_factory=dict)
    _count: int = 0

    def add_sheet(self, text: str) -> None:
        for found in politely(_RULE.finditer(text)):
            media, inner, selectors, body = found.groups("")
            if not media:
                self._add("", selectors, body)
                continue
            for inner_selectors, inner_body in _INNER.findall(inner):
                self._add(media.strip(), inner_selectors, inner_body)

    def _add(self, media: str, selectors: str, body: str) -> None:
        given = given_by(body)
        for selector in selectors.split(",") if given else ():
            rule = None if media else _rule(selector.strip(), given, self._count)
            self._count += 1
            if rule is None:
                self.conditional.append((media, selector.strip(), given))
            elif self._count < _MAX_RULES:
                last = rule.compounds[-1]
                key = next((f".{name}" for name in sorted(last.classes)), last.name)
                self._by_key.setdefault(key, []).append(rule)

    def given(self, path: Sequence[Element], token: Token) -> Given:
        """All that the last element of the path is given, the strongest last."""
        element = path[-1]
        found: dict[str, Color | str | None] = dict(_hints(token))
        keys = ("", element.name, *(f".{name}" for name in element.classes))
        asked = [rule for key in keys if key in self._by_key for rule in self._by_key[key]]
        rules = [rule for rule in asked if rule.matches(path)]
        rules.sort(key=_weight)
        for rule in rules:
            found.update(rule.given)
        if "style=" in token.source:
            found.update(given_by(token.attribute("style")))
        return found


def hosted(html: str) -> SafeHtml:
    """For a shadow tree: what a message says of its page is said of what holds it."""
    return SafeHtml(_SHEET.sub(lambda sheet: _PAGE.sub(":host", sheet[0]), html))


def hiding_classes(html: str) -> frozenset[str]:
    """The class names that make an element invisible whatever the window."""
    found: set[str] = set()
    for sheet in _SHEET.findall(html):
        for media, _, selectors, body in _RULE.findall(sheet):
            if not media and hiding(body)[0]:
                found.update(_CLASS.findall(selectors))
    return frozenset(found)


def _rule(selector: str, given: Given, order: int) -> Rule | None:
    """None where more must be known than an element and what is around it."""
    steps = re.sub(r"\s*([>+~])\s*", r" \1 ", selector).split()
    compounds: list[Element] = []
    child: list[bool] = []
    classes = names = 0
    for step in steps:
        if step == ">" and compounds:
            child[-1] = True
            continue
        match = _COMPOUND.fullmatch(step)
        if match is None or match[3] not in ("", ":link", ":root"):
            return None
        own = frozenset(filter(None, match[2].split(".")))
        name = "html" if match[3] == ":root" else (match[1] or "").lower()
        compounds.append(Element("" if name == "*" else name, own))
        child.append(False)
        classes, names = classes + len(own) + bool(match[3]), names + (name not in ("", "*"))
    if not compounds or child[-1]:
        return None
    return Rule(tuple(compounds), tuple(child), (classes, names, order), given)


def given_by(declarations: str) -> Given:
    """The colours of filtered declarations, whose strings hold nothing that ends one."""
    usual = len(declarations) <= _USUAL_STYLE_CHARS
    return _given_before(declarations) if usual else _given_by(declarations)


def _given_by(declarations: str) -> Given:
    given: dict[str, Color | str | None] = {}
    if _COLORED.search(declarations) is None:
        return given
    for declaration in declarations.split(";"):
        name, _, value = declaration.partition(":")
        given.update(_given_by_one(name.strip(), value.strip()))
    return given


# Newsletters repeat the same few styles hundreds of times.
_given_before = lru_cache(maxsize=2048)(_given_by)


def _given_by_one(name: str, value: str) -> Iterator[tuple[str, Color | str | None]]:
    if name == "color":
        color = parse_color(value)
        if color is not None or value.lower() == INHERIT:
            yield "color", color or INHERIT
    elif name in ("background", "background-color"):
        yield "background-color", next(_colors(value), None)
    elif name in ("text-shadow", "box-shadow"):
        yield name, None
    elif border := _BORDER.fullmatch(name):
        colors: list[Color | None] = [*_colors(value)] or [None]
        sides = (border[1],) if border[1] else SIDES
        # As ``margin`` counts its sides: 1, 2, 3 or 4 of them.
        places = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1)}.get(len(colors), (0, 1, 2, 3))
        for number, side in enumerate(sides):
            yield f"border-{side}-color", colors[places[number]]


def _colors(value: str) -> Iterator[Color]:
    for piece in _PIECE.findall(value):
        color = parse_color(piece)
        if color is not None:
            yield color


def _hints(token: Token) -> Iterable[tuple[str, Color | None]]:
    """What attributes say that were there before style sheets."""
    if "bgcolor=" in token.source:
        yield "background-color", _attribute_color(token.attribute("bgcolor"))
    if token.name == "font" and "color=" in token.source:
        color = _attribute_color(token.attribute("color"))
        if color is not None:
            yield "color", color


def _attribute_color(text: str) -> Color | None:
    return parse_color(text.strip()) or legacy_color(text)


def root_given(cascade: Cascade) -> Given:
    """What the sheets give the page itself, around all that the message holds."""
    html, body = Element("html", frozenset()), Element("body", frozenset())
    token = Token("open", "body", "<body>")
    return {**cascade.given((html,), token), **cascade.given((html, body), token)}
