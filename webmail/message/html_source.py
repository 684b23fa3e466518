"""What must be known of strangers' HTML before it is cleaned: its styles and its shape.

Nothing here decides what is safe.  Every scan is linear, however broken the source.
"""

import re
from dataclasses import dataclass
from html import escape, unescape


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_HTML_CHARS = 1_000_000
MAX_TAGS = 50_000
MAX_ATTRIBUTES = 200
MAX_DEPTH = 400
QUICK_CHARS = 200_000

_COMMENT = r"<!--(?:-?>|.*?(?:--!?>|\Z))"
_STYLE = r"<style\b(?P<media>[^<>]*)>(?P<css>.*?)(?:</style\b[^<>]*>|\Z)"
_PARTS = re.compile(rf"{_COMMENT}|{_STYLE}|<body\b(?P<body>[^<>]*)>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)")
_QUOTED = re.compile(r"""\"[^\"]*\"|'[^']*'""")
_SCRIPT = re.compile(r"<script\b[^<>]*>.*?(?:</script\b|\Z)", re.IGNORECASE | re.DOTALL)
_TAG_OR_COMMENT = re.compile(r"<[!?/a-zA-Z][^<>]*>?")
_VOID = _names(
    """
    area base br col embed hr img input link meta param source track wbr
    """
)
_IMPLIED_END = _names("p li td th tr dt dd option tbody thead tfoot")
# The elements that the HTML parser opens again and again where they were not closed.
_REOPENED = _names("a b big code em font i nobr s small strike strong tt u")
_MAX_REOPENED = 40


@dataclass(frozen=True, slots=True)
class StyleBlock:
    """A style element: its media attribute and its text."""

    media: str
    css: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document costs: ``is_too_large`` to try, or ``is_odd``: not in our process."""

    is_too_large: bool
    is_odd: bool


_ORDINARY = Shape(is_too_large=False, is_odd=False)
_ODD = Shape(is_too_large=False, is_odd=True)
_TOO_LARGE = Shape(is_too_large=True, is_odd=True)


def shape_of(html: str) -> Shape:
    """The shape by the tags as written: nesting is what is open and not yet closed."""
    if len(html) > MAX_HTML_CHARS:
        return _TOO_LARGE
    depth = reopened = most_reopened = 0
    for tags, match in enumerate(_TAG.finditer(html)):
        name, step = match[2].lower(), -1 if match[1] else 1
        if name in _REOPENED:
            reopened = max(reopened + step, 0)
            most_reopened = max(most_reopened, reopened)
        if name not in _VOID and name not in _IMPLIED_END and not match[3].endswith("/"):
            depth = max(depth + step, 0)
        if tags > MAX_TAGS or depth > MAX_DEPTH or _has_many_attributes(match[3]):
            return _TOO_LARGE
    return _ODD if most_reopened > _MAX_REOPENED or len(html) > QUICK_CHARS else _ORDINARY


def _has_many_attributes(text: str) -> bool:
    return len(text) > 2 * MAX_ATTRIBUTES and len(_QUOTED.sub("", text).split()) > MAX_ATTRIBUTES


def bare_text(html: str) -> str:
    """The text of HTML that is too large or too odd to be cleaned: all tags cut out."""
    text = _SCRIPT.sub(" ", _PARTS.sub(" ", html[:MAX_HTML_CHARS]))
    text = _TAG_OR_COMMENT.sub(" ", text)
    lines = (" ".join(line.split()) for line in unescape(text).splitlines())
    return "\n".join(filter(None, lines))


def split_styles(html: str) -> tuple[str, tuple[StyleBlock, ...]]:
    """The document, and its style elements outside of comments.

    A body element with colours of its own becomes a div in front, because cleaning
    takes the body's tag away.
    """
    blocks: list[StyleBlock] = []
    body = ""
    for match in _PARTS.finditer(html):
        if match["css"] is not None:
            media = _attributes(match["media"]).get("media", "")
            blocks.append(StyleBlock(media, match["css"]))
        elif match["body"] and not body:
            body = _body_as_div(_attributes(match["body"]))
    return body + html, tuple(blocks)


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): unescape(value.strip("\"'"))
        for name, value in _ATTRIBUTE.findall(text[:20_000])
    }


def _body_as_div(attributes: dict[str, str]) -> str:
    styles = [
        f"background-color:{attributes['bgcolor']}" if "bgcolor" in attributes else "",
        f"color:{attributes['text']}" if "text" in attributes else "",
        attributes.get("style", ""),
    ]
    style = ";".join(filter(None, styles))
    direction = attributes.get("dir", "")
    if not style and not direction:
        return ""
    marked = f' dir="{escape(direction)}"' if direction else ""
    return f'<div style="{escape(style)}"{marked}>'
