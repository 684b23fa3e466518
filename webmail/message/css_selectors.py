"""The selectors a message's rules may have: elements, classes, ids as classes, simple states."""

import re
from collections.abc import Iterable
from typing import Any

CLASS_PREFIX = "m-"
_MAX_SELECTORS = 100
# Of elements in elements: newsletters have ten.
_MAX_STEPS = 40
_PSEUDO_CLASSES = frozenset(
    {"hover", "link", "visited", "active", "focus", "first-child", "last-child", "root"}
    | {"first-of-type", "last-of-type"}
)
_COUNTED = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})
# What a message may ask for: nothing that we write ourselves.  Asking tells nobody anything,
# since no rule that applies can fetch.
_ATTRIBUTES = frozenset(
    {"align", "valign", "width", "height", "bgcolor", "dir", "lang", "border", "href", "alt"}
    | {"color", "face", "size", "colspan", "rowspan", "cellpadding", "cellspacing"}
)
_OPERATORS = frozenset({"=", "~=", "^=", "$=", "*="})
_ASKED = re.compile(r"[\w #%.+-]{1,100}", re.ASCII)

# The most usual lists: elements and classes, one in another.
_NAMED = r"(?:[a-zA-Z][a-zA-Z0-9]*+(?:\.[a-zA-Z][\w-]*+)*+|(?:\.[a-zA-Z][\w-]*+)++)"
_WS = r"[ \t\n\r\f]"
_SIMPLE = re.compile(
    rf"{_WS}*+{_NAMED}(?:(?:{_WS}*+[>,]{_WS}*+|{_WS}++){_NAMED})*+{_WS}*+", re.ASCII
)
_SPACES = re.compile(rf"{_WS}+")
_CLASS = re.compile(r"\.([\w-]+)", re.ASCII)
_NTH = re.compile(r"odd|even|[+-]?\d{1,4}|[+-]?\d{0,4}n(?:[+-]\d{1,4})?")

# Its text, and the class names in it.
Selector = tuple[str, set[str]]

# Nodes of tinycss2, which has no types of its own.
_Node = Any


def without_comments(nodes: Iterable[_Node]) -> list[_Node]:
    return [node for node in nodes if node.type != "comment"]


def simple_selectors(text: str) -> list[Selector] | None:
    """As ``read_selectors`` answers for this text; None where it has to be asked."""
    if _SIMPLE.fullmatch(text) is None:
        return None
    spaced = _SPACES.sub(" ", text)
    some = [each.strip() for each in spaced.split(",")[:_MAX_SELECTORS]]
    return [_simple(each) for each in some if _is_short(each)]


def _is_short(text: str) -> bool:
    return text.count(" ") + sum(map(text.count, ">+~")) <= _MAX_STEPS


def _simple(text: str) -> Selector:
    names = {prefixed(name) for name in _CLASS.findall(text)}
    return _CLASS.sub(lambda name: f".{prefixed(name[1])}", text) if names else text, names


def read_selectors(prelude: Iterable[_Node]) -> list[Selector]:
    """The selectors of a rule that use only elements, classes and simple states."""
    groups: list[list[_Node]] = [[]]
    for node in prelude:
        if node == ",":
            groups.append([])
        else:
            groups[-1].append(node)
    found = [_selector(group) for group in groups[:_MAX_SELECTORS]]
    return [selector for selector in found if selector is not None]


def _selector(nodes: list[_Node]) -> Selector | None:
    written: list[str] = []
    classes: set[str] = set()
    before = ""
    for node in without_comments(nodes):
        if node.type == "whitespace":
            piece = " "
        elif node.type == "literal" and node.value in (">", "+", "~", "*", ".", ":"):
            piece = node.value
        elif node.type == "hash" and node.is_identifier and _is_name(node.value):
            name = prefixed(f"id-{node.value}")
            # An id weighs more than classes do.
            piece = f".{name}" * 3
            classes.add(name)
        elif node.type == "[] block":
            piece = _class_selector(node.content, classes) or _attribute_selector(node.content)
            if not piece:
                return None
        elif node.type == "function" and before == ":":
            piece = _function(node, classes)
            if not piece:
                return None
        elif node.type == "ident" and _is_name(node.value):
            piece = node.value
            if before == ".":
                piece = prefixed(piece)
                classes.add(piece)
            elif before == ":" and node.lower_value not in _PSEUDO_CLASSES:
                return None
        else:
            return None
        written.append(piece)
        before = piece
    text = "".join(written).strip()
    is_whole = bool(text) and text[-1] not in ".:" and _is_short(text)
    return (text, classes) if is_whole else None


def _function(node: _Node, classes: set[str]) -> str:
    """``nth-child(2n+1)``, ``not(.a)``; empty for any other."""
    if node.lower_name in _COUNTED:
        said = "".join(each.serialize() for each in without_comments(node.arguments))
        said = "".join(said.lower().split())
        return f"{node.lower_name}({said})" if _NTH.fullmatch(said) else ""
    if node.lower_name != "not" or any(each == "," for each in node.arguments):
        return ""
    is_deeper = any(each.type == "function" for each in node.arguments)
    inner = None if is_deeper else _selector(node.arguments)
    if inner is None or set(inner[0]) & set(" >+~"):
        return ""
    classes |= inner[1]
    return f"not({inner[0]})"


def _attribute_selector(nodes: Iterable[_Node]) -> str:
    inside = [node for node in nodes if node.type not in ("whitespace", "comment")]
    if not inside or inside[0].type != "ident" or inside[0].lower_value not in _ATTRIBUTES:
        return ""
    name = inside[0].lower_value
    if len(inside) == 1:
        return f"[{name}]"
    if len(inside) != 3 or inside[1].value not in _OPERATORS:
        return ""
    value = getattr(inside[2], "value", "")
    is_one = inside[2].type in ("string", "ident") and _ASKED.fullmatch(value)
    return f'[{name}{inside[1].value}"{value}"]' if is_one else ""


def _class_selector(nodes: Iterable[_Node], classes: set[str]) -> str:
    """``[class=a]`` and its kin; empty for any other attribute."""
    inside = [node for node in nodes if node.type not in ("whitespace", "comment")]
    if len(inside) != 3 or inside[2].type not in ("string", "ident"):
        return ""
    name, operator, value = inside[0], inside[1].value, inside[2].value.strip()
    if name.type != "ident" or name.lower_value != "class" or not _is_name(value):
        return ""
    if operator in ("=", "~="):
        classes.add(prefixed(value))
        return f".{prefixed(value)}"
    if operator in ("*=", "^="):
        return f'[class*="{value if operator == "*=" else prefixed(value)}"]'
    return ""


def _is_name(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def prefixed(name: str) -> str:
    """A class name of the message's own, so that none of ours can be meant (T14)."""
    return name if name.startswith(CLASS_PREFIX) else CLASS_PREFIX + name
