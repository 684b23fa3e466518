"""Media queries, by a list of what is allowed: widths, the way a window lies, light and dark."""

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
