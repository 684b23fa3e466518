"""Newer ways of writing a sheet in the words of older ones, before anything of it is judged.

What comes out is filtered like any other text, so a mistake here costs looks, never safety.
Custom properties are replaced by what the sheet says of the page (``:root``, ``html``,
``body``), ``@layer`` and ``@supports`` by the rules in them.
"""

import re
from collections.abc import Mapping

from webmail.message.giving_way import politely

_MAX_VALUE_CHARS = 200
_MAX_VARIABLES = 500
_MAX_PASSES = 4
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_PAGE = re.compile(
    r"(?:^|(?<=[};,{]))\s*(?::root|:host|html|body)\s*(?:,[^{};]{0,200})?\{([^{}]*)\}"
)
_DEFINITION = re.compile(r"(?<![\w-])(--[\w-]++)\s*+:\s*+([^;{}]*+)")
_VAR = re.compile(
    r"var\(\s*+(--[\w-]++)\s*+"
    r"(?:,((?:[^(){};]|\((?:[^(){};]|\([^(){};]*+\))*+\))*+))?\)",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"@(?:media|container)\b[^{};]{0,200}([{;])", re.IGNORECASE)
_NESTING = re.compile(r"@(?:layer|supports)\b", re.IGNORECASE)
_TOKEN = re.compile(r"@(layer|supports)\b([^{};]{0,200})([{;])|[{}]", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_ASKED = re.compile(r"\(\s*([a-z-]+)\s*:([^()]*(?:\([^()]*\)[^()]*)*)\)", re.IGNORECASE)

Variables = Mapping[str, str]


def variables_of(sheets: list[str]) -> Variables:
    """What the page's custom properties are in the light, by name."""
    found: dict[str, str] = {}
    for sheet in sheets:
        if "--" not in sheet:
            continue
        for body in _PAGE.findall(_outside_media(_COMMENT.sub("", sheet))):
            for name, value in _DEFINITION.findall(body):
                if len(value) <= _MAX_VALUE_CHARS and len(found) < _MAX_VARIABLES:
                    found[name] = value.strip()
    return found


def with_values(text: str, variables: Variables, room: int) -> str:
    """The text without ``var()``, as far as it then fits; one that means nothing stays, and
    its declaration goes."""

    def value(match: re.Match[str]) -> str:
        fallback = match[2]
        found = variables.get(match[1], match[0] if fallback is None else fallback.strip())
        return found if len(found) <= _MAX_VALUE_CHARS else match[0]

    for _ in range(_MAX_PASSES):
        if "var(" not in text.lower():
            break
        longer = _VAR.sub(value, text)
        if longer == text or len(longer) > room:
            break
        text = longer
    return text


def _outside_media(sheet: str) -> str:
    """Without what applies under conditions only; layers and their like are opened before."""
    pieces, at = [], 0
    for match in politely(_CONDITION.finditer(sheet)):
        if match.start() >= at:
            pieces.append(sheet[at : match.start()])
            at = _end(sheet, match.end()) if match[1] == "{" else match.end()
    return "".join((*pieces, sheet[at:]))


def _end(sheet: str, at: int) -> int:
    """Behind the bracket that closes what is open at ``at``."""
    depth = 1
    for brace in _BRACE.finditer(sheet, at):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return len(sheet)


def opened(sheet: str, properties: frozenset[str]) -> str:
    """The rules in ``@layer``, and in ``@supports`` where we leave what is asked for."""
    if _NESTING.search(sheet) is None:
        return sheet
    sheet = _COMMENT.sub("", sheet)
    pieces: list[str] = []
    # How many brackets were open where each of ours was.
    ours: list[int] = []
    depth = at = 0
    for match in politely(_TOKEN.finditer(sheet)):
        if match.start() < at:
            continue
        if match[0] == "{":
            depth += 1
            continue
        is_ours = match[0] == "}" and ours[-1:] == [depth]
        if match[0] == "}":
            depth -= 1
        if match[0] == "}" and not is_ours:
            continue
        pieces.append(sheet[at : match.start()])
        at = match.end()
        if is_ours:
            ours.pop()
        elif match[3] == "{" and _is_open(match[1].lower(), match[2], properties):
            depth += 1
            ours.append(depth)
        elif match[3] == "{":
            at = _end(sheet, at)
    return "".join((*pieces, sheet[at:]))


def _is_open(keyword: str, asked: str, properties: frozenset[str]) -> bool:
    if keyword == "layer":
        return True
    names = [name.lower() for name, _ in _ASKED.findall(asked)]
    rest = _ASKED.sub(" ", asked).lower().replace("(", " ").replace(")", " ").split()
    return bool(names) and properties.issuperset(names) and set(rest) <= {"and", "or"}
