"""Which colours each element of a cleaned message has been given, as a browser would find.

Only what cleaning leaves is understood: selectors of elements and classes, and values of
plain tokens.  A rule that depends on the window, the pointer or a sibling is *conditional*.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter

from webmail.message.colors import WHITE, Color, legacy_color
from webmail.message.css import parse_color
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
_GRADIENT = re.compile(r"[a-z-]*gradient\(|\)(?=\s*(?:,|$))", re.IGNORECASE)
_BORDER = re.compile(r"border(?:-(top|right|bottom|left))?(?:-color)?")
_SHEET = re.compile(r"<style>([^<]*)</style>")
_PAGE = re.compile(r"(?:(?<=^)|(?<=[\n{>,]))body(?=[,{])")
_MAX_RULES = 2000
# What finding the colours of one message may cost, in elements looked at: newsletters take 3,000,
# and all of it a quarter of a second.
MAX_LOOKS = 200_000
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

    def cost(self, path: Sequence[Element]) -> int:
        """How many elements are looked at, at most, to know whether it matches."""
        return 1 + (len(self.compounds) - 1) * len(path)

    def matches(self, path: Sequence[Element]) -> bool:
        """Looks at each element once for each compound: trying one place after the other
        takes hours where a selector has five ``div`` and the message a hundred."""
        if not _fits(self.compounds[-1], path[-1]):
            return False
        places = [len(path) - 1]
        for compound, child in zip(self.compounds[-2::-1], self.child[-2::-1], strict=True):
            above = [place - 1 for place in places if place] if child else range(max(places))
            places = [place for place in above if _fits(compound, path[place])]
            if not places:
                return False
        return True


def _fits(compound: Element, element: Element) -> bool:
    is_named = not compound.name or compound.name == element.name
    return is_named and compound.classes <= element.classes


_weight = attrgetter("weight")


@dataclass(slots=True)
class Cascade:
    """The rules of all sheets of a message.  ``conditional`` holds (media, selector, given).

    Once ``looks_left`` is used up no rule is asked any more, only an element's own style.
    """

    conditional: list[tuple[str, str, Given]] = field(default_factory=list)
    _by_key: dict[str, list[Rule]] = field(default_factory=dict)
    _count: int = 0
    looks_left: int = MAX_LOOKS

    def add_sheet(self, text: str) -> None:
        for media, selectors, body in politely(rules_of(text)):
            self._add(media, selectors, body)

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
        found: dict[str, Color | str | None] = dict(hints(token))
        keys = ("", element.name, *(f".{name}" for name in element.classes))
        asked = [rule for key in keys if key in self._by_key for rule in self._by_key[key]]
        if self.looks_left > 0:
            self.looks_left -= sum(rule.cost(path) for rule in asked)
        rules = [rule for rule in asked if rule.matches(path)] if self.looks_left > 0 else []
        rules.sort(key=_weight)
        for rule in rules:
            found.update(rule.given)
        if "style=" in token.source:
            found.update(given_by(token.attribute("style")))
        return found


def hosted(html: str) -> SafeHtml:
    """For a shadow tree: what a message says of its page is said of what holds it."""
    return SafeHtml(_SHEET.sub(lambda sheet: _PAGE.sub(":host", sheet[0]), html))


def rules_of(sheet: str) -> Iterator[tuple[str, str, str]]:
    """The media (empty for all), the selectors and the declarations of a filtered sheet."""
    for found in _RULE.finditer(sheet):
        media, inner, selectors, body = found.groups("")
        if not media:
            yield "", selectors, body
        for inner_selectors, inner_body in _INNER.findall(inner) if media else ():
            yield media.strip(), inner_selectors, inner_body


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
    elif name in ("background", "background-image") and "gradient(" in value:
        yield "background-color", _mean(value)
        yield "background-image", None
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


def _mean(gradient: str) -> Color | None:
    """One colour for all of a gradient, as far as it can be seen through."""
    colors = [color.over(WHITE) for color in _colors(_GRADIENT.sub(" ", gradient)) if color.alpha]
    if not colors:
        return None
    sums = [
        sum(c) / len(colors) for c in zip(*((c.red, c.green, c.blue) for c in colors), strict=True)
    ]
    return Color(*sums)


def hints(token: Token) -> Iterable[tuple[str, Color | None]]:
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
