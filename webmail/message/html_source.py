"""What must be known of strangers' HTML before it is cleaned: its styles and its shape.

Nothing here decides what is safe.  Every scan is linear, however broken the source.
"""

import re
from dataclasses import dataclass
from html import escape, unescape
from itertools import islice

from webmail.message.giving_way import politely


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_HTML_CHARS = 1_000_000
MAX_TAGS = 50_000
MAX_ATTRIBUTES = 200
MAX_DEPTH = 400
QUICK_CHARS = 200_000
# Too short to take long, whatever it is.
HARMLESS_CHARS = 4_000


def _until(end: str) -> str:
    """All up to what begins with ``<`` and is ``end``: ten times as fast as a lazy ``.*?``."""
    return rf"[^<]*+(?:<(?!{end})[^<]*+)*+"


_COMMENT = r"<!--(?:-?>|[^-]*+(?:-(?!-!?>)[^-]*+)*+(?:--!?>|\Z))"
_END_STYLE = r"/style\b[^<>]*>"
_STYLE = rf"<style\b(?P<media>[^<>]*)>(?P<css>{_until(_END_STYLE)})(?:<{_END_STYLE}|\Z)"
_PARTS = re.compile(rf"{_COMMENT}|{_STYLE}|<body\b(?P<body>[^<>]*)>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s<>/]*)([^<>]*)(>?)")
# Of a tag's attributes; what is in quotes belongs to the word it stands in.
_WORD = re.compile(r"""(?:[^\s"']++|"[^"]*+"|'[^']*+'|["'])++""")
_END_SCRIPT = r"/script\b"
_SCRIPT = re.compile(
    rf"<script\b[^<>]*>{_until(_END_SCRIPT)}(?:<{_END_SCRIPT}|\Z)", re.IGNORECASE | re.DOTALL
)
_TAG_OR_COMMENT = re.compile(r"<[!?/a-zA-Z][^<>]*>?")
# Where a parser and a reader of tags as written could part: comments, and text that is no
# markup.  What they hold is cut out, in the order of their starts.
_END_RAW = r"/(?P=raw)\b[^<>]*>"
_UNSEEN = re.compile(
    rf"{_COMMENT}|<[!?][^>]*>|</[^a-zA-Z][^>]*>"
    rf"|<(?P<raw>style|script|title)\b[^<>]*>{_until(_END_RAW)}(?:<{_END_RAW}|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN_ATTRIBUTES = re.compile(
    r"""(?:[\s/]+[^\s"'<>=/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>`]+))?+)*+[\s/]*"""
)
_VOID = _names(
    """
    area base br col embed hr img input link meta param source track wbr
    """
)
_IMPLIED_END = _names("li td th tr dt dd option tbody thead tfoot html head body")
# Their insides follow rules of their own.
_STRANGE = _names(
    """
    applet button frameset iframe listing marquee math noembed noframes noscript object
    plaintext select svg template textarea xmp
    """
)
# The elements that the HTML parser opens again and again where they were not closed.
_REOPENED = _names("a b big code em font i nobr s small strike strong tt u")
# Their end tags close whatever is open inside them; others close nothing across a block.
_BLOCKS = _names(
    """
    address article aside blockquote caption center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header li main nav ol p pre section summary table ul
    """
)
_ENDS_PARAGRAPH = _BLOCKS - {"caption", "table"}
_MAX_REOPENED = 40
_QUICK_TAGS = 5000
# Styles are read token by token: newsletters have hundreds of characters at one element.
_LONG_STYLE = 4000
_QUICK_BRACKETS = 10_000


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
    """What the document will cost, never taken for less than it is."""
    if len(html) > MAX_HTML_CHARS:
        return _TOO_LARGE
    is_odd = len(html) > QUICK_CHARS or html.count("(") > _QUICK_BRACKETS
    nesting = _Nesting()
    # "<>" is no tag, and makes a tag that it cuts in two a broken one.
    source = _replaced(_UNSEEN, "<>", html)
    # One by one, not findall: that holds the interpreter for 100 ms, and every other reader.
    for tags, found in enumerate(politely(_TAG.finditer(source))):
        slash, name, attributes, end = found.groups("")
        nesting.follow(name.lower(), is_end=bool(slash))
        if tags > MAX_TAGS or nesting.is_too_deep or _has_many_attributes(attributes):
            return _TOO_LARGE
        is_odd = is_odd or tags > _QUICK_TAGS or not end or nesting.is_odd
        is_odd = is_odd or _PLAIN_ATTRIBUTES.fullmatch(attributes) is None
        is_odd = is_odd or (len(attributes) > _LONG_STYLE and "style" in attributes.lower())
    return _ODD if is_odd and len(html) > HARMLESS_CHARS else _ORDINARY


class _Nesting:
    """What is open, by the tags as written; a doubtful end tag closes nothing."""

    def __init__(self) -> None:
        self.is_odd = False
        self._open: list[str] = []
        self._reopened = 0

    @property
    def is_too_deep(self) -> bool:
        return len(self._open) > MAX_DEPTH

    def follow(self, name: str, *, is_end: bool) -> None:
        if name in _VOID or name in _IMPLIED_END:
            return
        if is_end:
            self._close(name)
            return
        if name in _ENDS_PARAGRAPH:
            self._close("p")
        self._open.append(name)
        self._reopened += name in _REOPENED
        self.is_odd = self.is_odd or name in _STRANGE or self._reopened > _MAX_REOPENED

    def _close(self, name: str) -> None:
        stops = frozenset({"table"}) if name in _BLOCKS else _BLOCKS
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place] == name:
                del self._open[place:]
                self._reopened -= name in _REOPENED
                return
            if self._open[place] in stops:
                return


def _has_many_attributes(text: str) -> bool:
    words = islice(_WORD.finditer(text), MAX_ATTRIBUTES + 1)
    return len(text) > 2 * MAX_ATTRIBUTES and sum(1 for _ in words) > MAX_ATTRIBUTES


def _replaced(pattern: re.Pattern[str], text: str, source: str) -> str:
    """As ``pattern.sub``, which holds the interpreter from the first to the last."""
    pieces: list[str] = []
    position = 0
    for found in politely(pattern.finditer(source)):
        pieces += (source[position : found.start()], text)
        position = found.end()
    return "".join((*pieces, source[position:]))


def bare_text(html: str) -> str:
    """The text of HTML that is too large or too odd to be cleaned: all tags cut out."""
    text = html[:MAX_HTML_CHARS]
    for pattern in (_PARTS, _SCRIPT, _TAG_OR_COMMENT):
        text = _replaced(pattern, " ", text)
    lines = (" ".join(line.split()) for line in politely(unescape(text).splitlines()))
    return "\n".join(filter(None, lines))


def split_styles(html: str, *, as_page: bool) -> tuple[str, tuple[StyleBlock, ...]]:
    """The document, and its style elements outside of comments.

    Cleaning takes the tag of the body away.  What it says of itself becomes the last style
    element for a document ``as_page``, and a div in front for one that goes into another.
    """
    blocks: list[StyleBlock] = []
    body = ""
    for match in _PARTS.finditer(html):
        if match["css"] is not None:
            media = _attributes(match["media"]).get("media", "")
            blocks.append(StyleBlock(media, match["css"]))
        elif match["body"] and not body:
            attributes = _attributes(match["body"])
            body = _body_as_div(attributes, with_style=not as_page)
            if as_page and "link" in attributes:
                blocks.insert(0, StyleBlock("", f"a:link{{color:{attributes['link']}}}"))
            if as_page and (style := _body_style(attributes)):
                blocks.append(StyleBlock("", f"body{{{style}}}"))
    return body + html, tuple(blocks)


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): unescape(value.strip("\"'"))
        for name, value in _ATTRIBUTE.findall(text[:20_000])
    }


def _body_style(attributes: dict[str, str]) -> str:
    margins = {
        "margin-left": ("leftmargin", "marginwidth"),
        "margin-right": ("rightmargin", "marginwidth"),
        "margin-top": ("topmargin", "marginheight"),
    }
    sizes = {
        side: attributes.get(names[0]) or attributes.get(names[1], "")
        for side, names in margins.items()
    }
    styles = [
        *(
            f"{side}:{int(size)}px"
            for side, size in sizes.items()
            if size.isdecimal() and len(size) < 5
        ),
        f"background-color:{attributes['bgcolor']}" if "bgcolor" in attributes else "",
        f"color:{attributes['text']}" if "text" in attributes else "",
        attributes.get("style", ""),
    ]
    return ";".join(filter(None, styles))


def _body_as_div(attributes: dict[str, str], *, with_style: bool) -> str:
    style = _body_style(attributes) if with_style else ""
    direction = attributes.get("dir", "")
    if not style and not direction:
        return ""
    marked = f' dir="{escape(direction)}"' if direction else ""
    return f'<div style="{escape(style)}"{marked}>' if style else f"<div{marked}>"
