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

from webmail.message.colors import Color, color_of_oklab
from webmail.message.css_selectors import without_comments
from webmail.message.links import remote_host


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_SHEET_CHARS = 100_000
MAX_DECLARATIONS = 200
IMPORTANT = "!important"

_SIDES = ("", "-top", "-right", "-bottom", "-left")
_CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
_SIZES = ("width", "height", "inline-size", "block-size")
_WAYS, _ENDS = ("inline", "block"), ("", "-start", "-end")
_BORDER_PARTS = ("", "-color", "-style", "-width")
_BOXES = frozenset(
    {
        *(f"{box}{side}" for box in ("margin", "padding") for side in _SIDES),
        *(f"border{side}{part}" for side in _SIDES for part in _BORDER_PARTS),
        *(f"border-{corner}-radius" for corner in _CORNERS),
        *(f"{bound}{size}" for bound in ("", "min-", "max-") for size in _SIZES),
        *(f"{box}-{way}{end}" for box in ("margin", "padding") for way in _WAYS for end in _ENDS),
    }
)
READING_PROPERTIES = _BOXES | _names(
    """
    align-content align-items align-self background background-color background-image
    border-collapse border-radius border-spacing box-shadow box-sizing caption-side clear
    color column-gap direction display empty-cells flex flex-basis flex-direction flex-flow
    flex-grow flex-shrink flex-wrap float font font-family font-size font-style font-variant
    font-weight gap grid-auto-flow grid-column grid-column-end grid-column-gap
    grid-column-start grid-gap grid-row grid-row-end grid-row-gap grid-row-start
    grid-template-columns grid-template-rows hyphens justify-content justify-items
    justify-self letter-spacing line-height list-style list-style-position list-style-type
    object-fit opacity order outline outline-color outline-style outline-width overflow
    overflow-wrap overflow-x overflow-y place-content place-items place-self quotes row-gap
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

_FUNCTIONS = _names("rgb rgba hsl hsla hwb oklab oklch calc min max clamp")
# How a grid is made of rows and columns, and the most of either that is asked for.
_GRID = _names("repeat minmax fit-content")
_MAX_TRACKS = 100
# A picture that is drawn, not fetched: of colours and sizes alone.
_GRADIENTS = frozenset(
    f"{again}{shape}-gradient"
    for again in ("", "repeating-", "-webkit-", "-webkit-repeating-")
    for shape in ("linear", "radial", "conic")
)
_WITH_GRADIENTS = frozenset({"background", "background-image"})
_TOKENS = frozenset({"ident", "number", "dimension", "percentage", "hash", "whitespace"})
# Of brackets in brackets: reading and writing them takes a call each.
_MAX_NESTING = 12
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
    if parsed.space in ("oklab", "oklch"):
        return color_of_oklab(parsed.space, [c or 0.0 for c in parsed.coordinates], parsed.alpha)
    try:
        red, green, blue = (c or 0.0 for c in parsed.to("srgb").coordinates)
    except NotImplementedError:
        return None
    return Color(red, green, blue, parsed.alpha)


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
        if name == "background" and (name not in properties or not _is_plain(value, name)):
            value, name = _only_colors(value), "background-color"
        if name in properties and _is_plain(value, name):
            text = tinycss2.serialize(without_comments(value)).strip()
            kept.append((name, text + IMPORTANT * (node.important and bool(text))))
    return [(name, value) for name, value in kept if value and not set(value) & set("<>{}\\@")]


def _only_colors(nodes: Iterable[_Node]) -> list[_Node]:
    """What shows of a background whose picture is withheld, or cannot be kept."""
    some = list(nodes)
    colors = [node for node in some if _is_color(node)][-1:]
    drawn = [n for n in some if n.type == "function" and n.lower_name in _GRADIENTS]
    return colors or [c for each in drawn for c in each.arguments if _is_color(c)][:1]


def _is_color(node: _Node) -> bool:
    is_one = node.type in ("hash", "ident", "function") and _is_plain_token(node, "")
    return is_one and parse_color(tinycss2.serialize([node])) is not None


def _report_remote(nodes: Iterable[_Node], on_remote: OnRemote) -> None:
    for node in nodes:
        target = node.value if node.type == "url" else ""
        if node.type == "function":
            strings = [n.value for n in node.arguments if n.type in ("string", "url")]
            target = strings[0] if strings else ""
        host = remote_host(target) if target else None
        if host:
            on_remote(host)


def _is_plain(nodes: Iterable[_Node], name: str, depth: int = 0) -> bool:
    return depth <= _MAX_NESTING and all(_is_plain_token(node, name, depth) for node in nodes)


def _is_plain_token(node: _Node, name: str, depth: int = 0) -> bool:
    if node.type == "function":
        is_drawn = name in _WITH_GRADIENTS and node.lower_name in _GRADIENTS
        is_grid = name.startswith("grid-template") and node.lower_name in _GRID
        is_known = is_drawn or is_grid or node.lower_name in _FUNCTIONS
        return is_known and _is_plain(node.arguments, name if is_grid else "", depth + 1)
    if node.type == "number" and name.startswith("grid"):
        return bool(node.is_integer) and abs(node.value) <= _MAX_TRACKS
    if node.type == "() block":
        return name == "" and _is_plain(node.content, "", depth + 1)
    if node.type == "string":
        return name in _WITH_STRINGS and node.value.isprintable()
    if node.type == "dimension":
        return node.lower_unit not in _WINDOW_UNITS
    if node.type == "literal":
        return node.value in (",", "/", "+", "-", "*")
    if node.type == "ident":
        return node.lower_value not in _VALUE_WORDS_REFUSED and node.value.isprintable()
    return node.type in _TOKENS or node.type == "comment"
