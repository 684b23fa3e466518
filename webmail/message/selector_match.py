"""Whether a selector that cleaning leaves matches an element, as a browser would find.

What it costs is counted in elements looked at.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from webmail.message.html_tokens import VOID, Token

_ATTRIBUTE = r'\[([a-z]+)(?:([*^$~]?)="([^"\[\]()]*)")?\]'
_STATE = r":([\w-]+)(?:\(((?:[^()]|\([^()]*\))*)\))?"
_COMPOUND = re.compile(r"(\*|[a-zA-Z][\w-]*)?(.*)", re.ASCII | re.DOTALL)
_PIECE = re.compile(rf"\.([\w-]+)|{_ATTRIBUTE}|{_STATE}", re.ASCII)
_STEP = re.compile(r'(?:[^\s>+~"(\[]|\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\))+|[>+~]')
_NTH = re.compile(r"(?:([+-]?\d*)n)?([+-]?\d+)?")
# Of the states that cleaning leaves: true when a message is opened, or of where an element is.
_PLACES = {
    "first-child": ("nth-child", 0, 1),
    "last-child": ("nth-last-child", 0, 1),
    "first-of-type": ("nth-of-type", 0, 1),
    "last-of-type": ("nth-last-of-type", 0, 1),
}
_STATES = frozenset({"link", "root"})
_COUNTED = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})


@dataclass(slots=True)
class Node:
    """An element: ``above`` is the one around it, ``before`` its elder sibling.

    ``number`` counts among its siblings from 1, ``of_type`` among those of its name;
    ``young`` are the children so far, all of them and by name.
    """

    token: Token
    classes: frozenset[str]
    above: "Node | None" = None
    before: "Node | None" = None
    number: int = 1
    of_type: int = 1
    young: dict[str, int] = field(default_factory=dict)
    last_child: "Node | None" = None

    def child(self, token: Token) -> "Node":
        names = frozenset(token.attribute("class").split()) if "class=" in token.source else None
        for name in ("", token.name):
            self.young[name] = self.young.get(name, 0) + 1
        self.last_child = Node(
            *(token, names or frozenset(), self, self.last_child),
            *(self.young[""], self.young[token.name]),
        )
        return self.last_child

    def place(self, state: str) -> int:
        """What ``:nth-child`` and its kin count."""
        number = self.of_type if state.endswith("of-type") else self.number
        if "-last-" not in state or self.above is None:
            return number
        name = self.token.name if state.endswith("of-type") else ""
        return self.above.young[name] + 1 - number


@dataclass(frozen=True, slots=True)
class _Condition:
    """What is asked of an element beside its name and its whole class names."""

    kind: str
    name: str = ""
    value: str = ""
    nth: tuple[int, int] = (0, 0)
    no: "Compound | None" = None

    def holds(self, node: Node) -> bool:
        if self.no is not None:
            return not self.no.fits(node)
        if self.kind == "link":
            return node.token.name == "a"
        if self.kind == "root":
            return node.above is None
        if self.kind in _COUNTED:
            return _is_nth(node.place(self.kind), *self.nth)
        if self.name == "class" and self.kind == "*=":
            return any(self.value in each for each in node.classes)
        return _is_said(self.kind, node.token, self.name, self.value)


def _is_nth(place: int, step: int, start: int) -> bool:
    away = place - start
    return away == 0 if step == 0 else away % step == 0 and away // step >= 0


def _is_said(operator: str, token: Token, name: str, value: str) -> bool:
    if f' {name}="' not in token.source:
        return False
    said, value = token.attribute(name).lower(), value.lower()
    match operator:
        case "":
            return True
        case "~=":
            return value in said.split()
        case "=":
            return said == value
        case _ if not value:
            return False
        case "^=":
            return said.startswith(value)
        case "$=":
            return said.endswith(value)
    return value in said


@dataclass(frozen=True, slots=True)
class Compound:
    name: str
    classes: frozenset[str]
    conditions: tuple[_Condition, ...] = ()

    @property
    def cost(self) -> int:
        return 1 + len(self.conditions)

    @property
    def weight(self) -> tuple[int, int]:
        """How many classes and the like it names, and how many elements."""
        inner = [each.no.weight if each.no else (1, 0) for each in self.conditions]
        names = bool(self.name) + sum(names for _, names in inner)
        return len(self.classes) + sum(classes for classes, _ in inner), names

    def fits(self, node: Node) -> bool:
        return (
            (not self.name or self.name == node.token.name)
            and self.classes <= node.classes
            and all(condition.holds(node) for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """``between`` are the combinators, one less than the compounds."""

    compounds: tuple[Compound, ...]
    between: tuple[str, ...]

    @property
    def weight(self) -> tuple[int, int]:
        weights = [each.weight for each in self.compounds]
        return sum(classes for classes, _ in weights), sum(names for _, names in weights)

    def matches(self, node: Node) -> tuple[bool, int]:
        """Whether it does, and how many elements were looked at."""
        last = self.compounds[-1]
        looks, places = last.cost, [node] if last.fits(node) else []
        for compound, combinator in zip(self.compounds[-2::-1], self.between[::-1], strict=True):
            if not places:
                break
            reached = _reached(places, combinator)
            looks += len(reached) * compound.cost
            places = [each for each in reached if compound.fits(each)]
        return bool(places), looks


def _reached(places: list[Node], combinator: str) -> list[Node]:
    """Those that stand so to one of the places, each once."""
    is_above, is_next = combinator in (" ", ">"), combinator in (">", "+")
    reached: dict[int, Node] = {}
    for place in places:
        found = place.above if is_above else place.before
        while found is not None and id(found) not in reached:
            reached[id(found)] = found
            if is_next:
                break
            found = found.above if is_above else found.before
    return list(reached.values())


@lru_cache(maxsize=4096)
def read_selector(text: str) -> Selector | None:
    """None where it depends on what the reader does."""
    compounds: list[Compound] = []
    between: list[str] = []
    combinator = " "
    for step in _STEP.findall(text):
        if step in (">", "+", "~"):
            combinator = step
            continue
        compound = _compound(step)
        if compound is None:
            return None
        between += [combinator] * bool(compounds)
        combinator = " "
        compounds.append(compound)
    return Selector(tuple(compounds), tuple(between)) if compounds else None


def _compound(step: str, depth: int = 0) -> Compound | None:
    named = _COMPOUND.fullmatch(step)
    rest = named[2] if named else ""
    if named is None or _PIECE.sub("", rest) or depth > 1:
        return None
    classes: set[str] = set()
    conditions: list[_Condition] = []
    for name, attribute, operator, value, state, inside in _PIECE.findall(rest):
        if name:
            classes.add(name)
            continue
        is_plain = f"[{attribute}]" in rest and not value and not operator
        asked = (
            _Condition("" if is_plain else f"{operator}=", attribute, value)
            if attribute
            else _state(state, inside, depth)
        )
        if asked is None:
            return None
        conditions.append(asked)
    name = "" if named[1] == "*" else (named[1] or "").lower()
    return Compound(name, frozenset(classes), tuple(conditions))


def _state(state: str, inside: str, depth: int) -> _Condition | None:
    if state in _STATES:
        return _Condition(state)
    if state in _PLACES:
        kind, step, start = _PLACES[state]
        return _Condition(kind, nth=(step, start))
    if state in _COUNTED and (nth := nth_of(inside)) is not None:
        return _Condition(state, nth=nth)
    if state == "not" and (no := _compound(inside.strip(), depth + 1)) is not None:
        return _Condition("not", no=no)
    return None


def nth_of(text: str) -> tuple[int, int] | None:
    """``2n+1`` as step and start."""
    text = "".join(text.lower().split())
    text = {"odd": "2n+1", "even": "2n"}.get(text, text)
    match = _NTH.fullmatch(text)
    if match is None or not text or len(text) > 9:
        return None
    step = match[1]
    return (
        0 if step is None else int(step + "1" if step in ("", "+", "-") else step),
        int(match[2] or 0),
    )


def nodes_of(listed: Iterable[Token]) -> Iterator[tuple[Token, Node | None]]:
    """Each token, and the element it opens.  Wait for all: an elder does not know who follows."""
    html = Node(Token("open", "html", ""), frozenset())
    body = html.child(Token("open", "body", ""))
    here = body
    for token in listed:
        if token.kind != "open":
            if token.kind == "close" and here.above is not None and here is not body:
                here = here.above
            yield token, None
            continue
        node = here.child(token)
        if token.name not in VOID:
            here = node
        yield token, node
