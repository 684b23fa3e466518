"""Media queries, by a list of what is allowed: widths, the way a window lies, light and dark."""

import re
from collections.abc import Iterable
from typing import Any

import tinycss2

from webmail.message.css_selectors import without_comments

_MEDIA_FEATURES = frozenset(
    {"width", "min-width", "max-width", "device-width", "min-device-width", "max-device-width"}
    | {"prefers-color-scheme", "orientation"}
)
_MEDIA_WORDS = frozenset({"all", "screen", "only", "and", "not", "print"})

# tinycss2 has no types of its own.
_Node = Any


def media_query(text: str) -> str | None:
    """A media query list with only what is allowed; None when any of it is not."""
    return media_prelude(tinycss2.parse_component_value_list(text[:1000], skip_comments=True))


def media_prelude(nodes: Iterable[_Node]) -> str | None:
    for node in nodes:
        if node.type == "() block":
            if not _is_media_feature(node.content):
                return None
        elif node.type == "ident":
            if node.lower_value not in _MEDIA_WORDS:
                return None
        elif node.type not in ("whitespace", "comment") and node != ",":
            return None
    return tinycss2.serialize(without_comments(nodes)).strip() or None


def _is_media_feature(nodes: list[_Node]) -> bool:
    inside = [node for node in nodes if node.type not in ("whitespace", "comment")]
    names = inside[:1]
    if not names or names[0].type != "ident" or names[0].lower_value not in _MEDIA_FEATURES:
        return False
    return all(
        node.type in ("ident", "number", "dimension", "whitespace", "comment") or node == ":"
        for node in nodes
    )


_DESKTOP_PX = 1000
_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?::\s*([a-z0-9.]+)\s*)?\)")
_LENGTH = re.compile(r"([0-9.]+)(px|em|rem)?")
_DESKTOP = {"prefers-color-scheme": "light", "orientation": "landscape"}


def applies_on_a_desktop(query: str) -> bool:
    """Whether an allowed query (``@media …``) is true of a usual screen, wide and light."""
    return any(map(_is_true, query.lower().removeprefix("@media").split(",")))


def _is_true(query: str) -> bool:
    words = _FEATURE.sub(" ", query).replace(" and ", " ").split()
    media = {word for word in words if word not in ("only", "not", "and")}
    found = media <= {"all", "screen"} and all(
        _is_true_feature(name, value) for name, value in _FEATURE.findall(query)
    )
    return found != ("not" in words)


def _is_true_feature(name: str, value: str) -> bool:
    if name in _DESKTOP:
        return value in ("", _DESKTOP[name])
    match = _LENGTH.fullmatch(value)
    if match is None:
        return not value and not name.startswith(("min-", "max-"))
    try:
        size = float(match[1]) * (1 if match[2] == "px" else 16)
    except ValueError:
        return False
    if name.startswith("min-"):
        return size <= _DESKTOP_PX
    return size >= _DESKTOP_PX if name.startswith("max-") else size == _DESKTOP_PX
