"""A cleaned message as a page to read: headings, paragraphs, lists, links, pictures; no design."""

import re

import nh3

from webmail.message.hidden import without_hidden
from webmail.message.html_tokens import VOID, Token, tokens
from webmail.message.safe_html import SafeHtml


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _names(
    """
    a b blockquote br code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins
    kbd li mark ol p pre q s strong sub sup u ul
    """
)
# What boxes are made of: of them only the order is kept.
_BOXES = _names(
    """
    address article aside caption center details fieldset footer header legend main nav section
    summary table tbody td tfoot th thead tr
    """
)
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "*": {"dir", "lang"}}
_EMPTY = re.compile(r"<(div|p|h[1-6])>(?:\s|&nbsp;|\u00a0)*</\1>")
_MAX_PASSES = 20


def readable(html: str) -> SafeHtml:
    """``html`` is what ``sanitize_for_reading`` made; what it hides is left out."""
    # White text on white stays: it may have stood on a picture that is never shown.
    seen = without_hidden(html, is_strict=False)
    written = "".join(map(_written, tokens(_without_sheets(html) if seen is None else seen)))
    for _ in range(_MAX_PASSES):
        written, count = _EMPTY.subn("", written)
        if not count:
            break
    # As everywhere, cleaning is the last step.
    return SafeHtml(
        nh3.clean(
            written,
            tags=set(_TAGS),
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel", "data"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    )


def _without_sheets(html: str) -> str:
    return re.sub(r"<style>[^<]*</style>", "", html)


def _written(token: Token) -> str:
    """Boxes become blocks; a picture that is not shown leaves the words for it."""
    if token.kind == "text":
        return token.source
    if token.name == "img" and not token.attribute("src"):
        return ""
    name = "div" if token.name in _BOXES else token.name
    if name not in _TAGS:
        return ""
    if token.kind == "close":
        return f"</{name}>"
    return token.source if name in VOID or name in ("a", "ol") else f"<{name}>"
