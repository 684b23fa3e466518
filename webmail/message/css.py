"""Declarations of style sheets and style attributes, by a list of what is allowed (T05–T07).

Everything is parsed with tinycss2 and written again from its tokens; no byte of the
source passes through.  A value with anything but plain tokens (a url, var(), env(),
attr(), an unknown function, a parse error) loses its whole declaration.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import tinycss2
import tinycss2.color4

from webmail.message.colors import Color
from webmail.message.css_selectors import without_comments
from webmail.message.links import remote_host


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_SHEET_CHARS = 100_000
MAX_DECLARATIONS = 200
IMPORTANT = "!important"

_SIDES = ("", "-top", "-right", "-bottom", "-left")
_CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
_BORDER_PARTS = ("", "-color", "-style", "-width")
_BOXES = frozenset(
    {
        *(f"{box}{side}" for box in ("margin", "padding") for side in _SIDES),
        *(f"border{side}{part}" for side in _SIDES for part in _BORDER_PARTS),
        *(f"border-{corner}-radius" for corner in _CORNERS),
        *(f"{bound}{size}" for bound in ("", "min-", "max-") for size in ("width", "height")),
    }
)
READING_PROPERTIES = _BOXES | _names(
    """
    align-content align-items align-self background background-color border-collapse
    border-radius border-spacing box-shadow box-sizing caption-side clear color column-gap
    direction display empty-cells flex flex-basis flex-direction flex-flow flex-grow
    flex-shrink flex-wrap float font font-family font-size font-style font-variant
    font-weight gap hyphens justify-content letter-spacing line-height list-style
    list-style-position list-style-type object-fit opacity order outline outline-color
    outline-style outline-width overflow overflow-wrap overflow-x overflow-y quotes row-gap
    table-layout text-align text-decoration text-decoration-color text-decoration-line
    text-decoration-style text-indent text-overflow text-shadow text-transform unicode-bidi
    vertical-align visibility white-space word-break word-spacing word-wrap
    """
)
COMPOSE_PROPERTIES = frozenset(
    _names(
        "color background-color font-size font-weight font-style text-align text-decoration-line "
        "list-style-type vertical-align border-collapse"
    )
)

_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc"})
_TOKENS = frozenset({"ident", "number", "dimension", "percentage", "hash", "whitespace"})
_WITH_STRINGS = frozenset({"font-family", "font", "quotes", "list-style-type"})
# The frame is as high as the message: what is as high as the frame never stops growing.
_WINDOW_UNITS = _names("vh vmin vmax svh lvh dvh vb")
_VALUE_WORDS_REFUSED = frozenset({"expression", "behavior", "-moz-binding"})

# Nothing here reaches over a ";", and nothing is somewhere else: each declaration is for itself.
_IS_SIMPLE = re.compile(r"[\w\s:;#%.,!-]{1,2000}", re.ASCII)
_IS_COLORED = re.compile("color|background|border|shadow|outline")

# tinycss2 has no types of its own.
_Node = Any
OnRemote = Callable[[str], None]


def filter_declarations(
    text: str,
    properties: frozenset[str] = READING_PROPERTIES,
    *,
    on_remote: OnRemote | None = None,
) -> str:
    """A style attribute with what is allowed of it; empty when nothing is."""
    if _IS_SIMPLE.fullmatch(text):
        pieces = text.split(";")[:MAX_DECLARATIONS]
        return ";".join(filter(None, (_simple_declaration(p, properties) for p in pieces)))
    return _filtered(text, properties, on_remote)


@lru_cache(maxsize=8192)
def _simple_declaration(text: str, properties: frozenset[str]) -> str:
    """Styles differ from one another; the few declarations that they are made of do not."""
    return _filtered(text, properties, None)


def _filtered(text: str, properties: frozenset[str], on_remote: OnRemote | None) -> str:
    nodes = tinycss2.parse_declaration_list(
        text[:MAX_SHEET_CHARS], skip_comments=True, skip_whitespace=True
    )
    found = declarations_of(nodes, properties, on_remote)
    return ";".join(f"{n}:{_unimportant(n, v, properties)}" for n, v in found)


def _unimportant(name: str, value: str, properties: frozenset[str]) -> str:
    """Nothing outdoes an important colour of a style attribute, not even the dark's."""
    if properties is COMPOSE_PROPERTIES or _IS_COLORED.search(name):
        return value.removesuffix(IMPORTANT)
    return value


@lru_cache(maxsize=4096)
def parse_color(text: str) -> Color | None:
    """A colour of CSS; None for anything else, ``currentcolor`` and ``inherit`` too."""
    parsed = tinycss2.color4.parse_color(text)
    if parsed is None or isinstance(parsed, str):
        return None
    try:
        red, green, blue = (c or 0.0 for c in parsed.to("srgb").coordinates)
    except NotImplementedError:
        return None
    return Color(red, green, blue, parsed.alpha)


def hiding(declarations: str) -> tuple[bool, bool | None]:
    """Whether a filtered style hides its element; whether it sets its font to nothing (T12).

    The second is None for a style that says nothing of the size of the font.
    """
    pieces = (piece.partition(":") for piece in declarations.split(";"))
    style = {n: v.strip().lower().removesuffix(IMPORTANT) for n, _, v in pieces}
    hidden = any(style.get(name) == value for name, value in _HIDING)
    hidden = hidden or _is_nothing(style.get("opacity", ""))
    hidden = hidden or any(_is_far(style.get(name, "")) for name in _MOVING)
    if style.get("overflow") == "hidden":
        hidden = hidden or any(_is_nothing(style.get(name, "")) for name in _CLIPPING)
    size = style.get("font-size")
    return hidden, None if size is None else _is_nothing(size)


_HIDING = (("display", "none"), ("visibility", "hidden"), ("visibility", "collapse"))
_CLIPPING = ("max-height", "max-width", "height", "width")
_MOVING = ("text-indent", "margin-left", "margin-top", "margin-right")
_NUMBER = re.compile(r"(-?[0-9]*\.?[0-9]+)([a-z%]*)")


def _is_nothing(value: str) -> bool:
    number = _NUMBER.fullmatch(value)
    return number is not None and abs(float(number[1])) < (2 if number[2] in ("px", "pt") else 0.02)


def _is_far(value: str) -> bool:
    number = _NUMBER.fullmatch(value)
    return number is not None and float(number[1]) <= -100


def declarations_of(
    nodes: Iterable[_Node], properties: frozenset[str], on_remote: OnRemote | None
) -> list[tuple[str, str]]:
    kept = []
    for node in list(nodes)[:MAX_DECLARATIONS]:
        if node.type != "declaration":
            continue
        if on_remote is not None:
            _report_remote(node.value, on_remote)
        name, value = node.lower_name, node.value
        if name in properties:
            if name == "background" and not _is_plain(value, name):
                value, name = _only_colors(value), "background-color"
            if _is_plain(value, name):
                text = tinycss2.serialize(without_comments(value)).strip()
                kept.append((name, text + IMPORTANT * (node.important and bool(text))))
    return [(name, value) for name, value in kept if value and not set(value) & set("<>{}\\@")]


def _only_colors(nodes: Iterable[_Node]) -> list[_Node]:
    """What shows of a background whose picture is withheld."""
    colors = [n for n in nodes if n.type in ("hash", "ident") or n.type == "function"]
    return [n for n in colors if parse_color(tinycss2.serialize([n])) is not None][-1:]


def _report_remote(nodes: Iterable[_Node], on_remote: OnRemote) -> None:
    for node in nodes:
        target = node.value if node.type == "url" else ""
        if node.type == "function":
            strings = [n.value for n in node.arguments if n.type in ("string", "url")]
            target = strings[0] if strings else ""
        host = remote_host(target) if target else None
        if host:
            on_remote(host)


def _is_plain(nodes: Iterable[_Node], name: str) -> bool:
    return all(_is_plain_token(node, name) for node in nodes)


def _is_plain_token(node: _Node, name: str) -> bool:
    if node.type == "function":
        return node.lower_name in _FUNCTIONS and _is_plain(node.arguments, "")
    if node.type == "() block":
        return name == "" and _is_plain(node.content, "")
    if node.type == "string":
        return name in _WITH_STRINGS and node.value.isprintable()
    if node.type == "dimension":
        return node.lower_unit not in _WINDOW_UNITS
    if node.type == "literal":
        return node.value in (",", "/", "+", "-", "*")
    if node.type == "ident":
        return node.lower_value not in _VALUE_WORDS_REFUSED and node.value.isprintable()
    return node.type in _TOKENS or node.type == "comment"
