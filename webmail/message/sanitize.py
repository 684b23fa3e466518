"""HTML of strangers made harmless, by a list of what is allowed (T01-T18).

Cleaning is the last step: its output is never edited again.  Two profiles: *reading*
for the sandboxed frame, *compose* for the editor, where no style sheet survives and
nothing stays that the reader could not see (T12).
"""

import re
from collections.abc import Callable
from typing import Any

import nh3

from webmail.message import sanitize_job
from webmail.message.attributes import Attributes, CidUrl
from webmail.message.css_sheet import StyleSheet, filter_stylesheet
from webmail.message.hidden import without_hidden
from webmail.message.html_source import bare_text, shape_of, split_styles
from webmail.message.html_text import text_of
from webmail.message.html_tokens import with_ids_as_classes
from webmail.message.safe_html import NOTHING, Allowed, Blocked, SafeHtml
from webmail.message.trackers import sizes_of
from webmail.message.withheld import Withheld

__all__ = [
    "RULES",
    "Blocked",
    "SafeHtml",
    "sanitize_for_compose",
    "sanitize_for_reading",
    "text_from_html",
]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Counted up where the same HTML comes out different, for those who keep what came out.
RULES = 4

MAX_OUTPUT_CHARS = 3_000_000
_MAX_PASSES = 8

Judge = Callable[[str, str, str], str | None]

_WRITING_TAGS = _names(
    """
    a abbr b blockquote br code div em font h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span
    strong sub sup table tbody td th thead tr u ul
    """
)
_READING_TAGS = _WRITING_TAGS | _names(
    """
    acronym address article aside bdi bdo big caption center cite col colgroup dd del
    details dfn dl dt fieldset figcaption figure footer header ins kbd legend main mark
    nav q rp rt ruby samp section small strike summary tfoot time tt var wbr
    """
)
# Dropped with all they hold: what these mean to a parser differs from what they hold (T03).
_DROPPED_WITH_CONTENT = _names(
    """
    applet audio canvas embed iframe math noembed noframes noscript object plaintext script
    select style svg template textarea title video xmp
    """
)
_CELL = {"align", "valign", "bgcolor", "background", "width", "height"}
_READING_ATTRIBUTES = {
    "*": {"style", "class", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "table": {*_CELL, "border", "cellpadding", "cellspacing"},
    "td": {*_CELL, "colspan", "rowspan", "nowrap"},
    "th": {*_CELL, "colspan", "rowspan", "nowrap"},
    "tr": _CELL,
    "tbody": _CELL,
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"size", "width", "color", "noshade"},
    "details": {"open"},
}
_COMPOSE_ATTRIBUTES = {
    "*": {"style", "dir", "lang"},
    "a": {"href"},
    "div": {"class"},  # of a signature of ours alone
    "font": {"color", "size"},
    "img": {"src", "alt", "width", "height"},
    "table": {"border", "cellpadding", "bgcolor"},
    "tr": {"bgcolor"},
    "td": {"colspan", "rowspan", "bgcolor"},
    "th": {"colspan", "rowspan", "bgcolor"},
    "ol": {"start", "type"},
}
# Tags of mailing services that were not filled in, and mean no more than a span.
_UNWRITTEN = re.compile(
    r"<(/?)(?:webversion|unsubscribe|preferences|forwardtoafriend)(?=[\s>])", re.IGNORECASE
)


def sanitize_for_reading(
    html: str, *, cid_url: CidUrl, allowed: Allowed = NOTHING
) -> tuple[SafeHtml, Blocked]:
    """The HTML for the sandboxed frame, its filtered ``<style>`` first.

    Pictures of other hosts are withheld and counted, except those ``allowed``; ``cid:`` ones
    get the URL of ``cid_url``, or go.  HTML beyond the caps (T34) comes back empty, with the
    reason.
    """
    html, shape = _well_encoded(html), shape_of(html)
    if shape.is_too_large:
        return SafeHtml(), Blocked(reason="too large")
    if not shape.is_odd:
        return clean_for_reading(html, cid_url, allowed)
    answer = sanitize_job.run("reading", html, cid_url, allowed)
    if answer is None:
        return SafeHtml(), Blocked(reason="too slow")
    return SafeHtml(answer.html), answer.blocked


def sanitize_for_compose(html: str, *, is_quoted: bool = False) -> SafeHtml:
    """The HTML as it may be edited and sent: few elements, no style sheet, nothing hidden.

    ``is_quoted``: somebody else wrote it.  Then what cannot be told from its ground is hidden
    too; in what the user writes it stays.  Empty where the HTML is beyond the caps: quote its
    text instead.
    """
    html, shape = _well_encoded(html), shape_of(html)
    if shape.is_too_large:
        return SafeHtml()
    if not shape.is_odd:
        return clean_for_compose(html, is_quoted=is_quoted)
    answer = sanitize_job.run("quote" if is_quoted else "compose", html, _no_url)
    return SafeHtml(answer.html if answer else "")


def text_from_html(html: str, *, links: bool = False) -> str:
    """The text a reader sees; with ``links`` their targets too.

    Beyond the caps, and for odd HTML, it is what remains without the tags.
    """
    html, shape = _well_encoded(html), shape_of(html)
    if shape.is_odd:
        return bare_text(html)
    judge = Attributes(cid_url=_no_url).for_reading
    cleaned = _clean(html, _READING_TAGS - {"img"}, {"a": {"href"}, "ol": {"start"}}, judge)
    return text_of(cleaned, links=links)


def clean_for_reading(
    html: str, cid_url: CidUrl, allowed: Allowed = NOTHING
) -> tuple[SafeHtml, Blocked]:
    """The cleaning itself, for callers that limit its time."""
    document, sheet, attributes = _prepare(html, cid_url, allowed, as_page=True)
    attributes.withheld.sizes = sizes_of(html)
    body = _clean(document, _READING_TAGS, _READING_ATTRIBUTES, attributes.for_reading)
    style = f"<style>{sheet.text}</style>" if sheet.text else ""
    if len(style) + len(body) > MAX_OUTPUT_CHARS:
        return SafeHtml(), attributes.withheld.blocked("too large")
    return SafeHtml(style + body), attributes.withheld.blocked()


def clean_for_compose(html: str, *, is_quoted: bool = False) -> SafeHtml:
    """As ``sanitize_for_compose``, for callers that limit its time."""
    document, sheet, attributes = _prepare(html, _no_url, as_page=is_quoted)
    whole = _clean(document, _READING_TAGS, _READING_ATTRIBUTES, attributes.for_quoting)
    styled = f"<style>{sheet.text}</style>{whole}"
    seen = without_hidden(styled, is_strict=is_quoted, keeps_colors=is_quoted)
    if seen is None:
        return SafeHtml()
    cleaned = _clean(seen, _WRITING_TAGS, _COMPOSE_ATTRIBUTES, attributes.for_compose)
    return SafeHtml(cleaned if len(cleaned) <= MAX_OUTPUT_CHARS else "")


def _clean(html: str, tags: frozenset[str], attributes: dict[str, set[str]], judge: Judge) -> str:
    options: dict[str, Any] = {
        "tags": set(tags),
        "clean_content_tags": set(_DROPPED_WITH_CONTENT),
        "attributes": attributes,
        "url_schemes": {"http", "https", "mailto", "tel", "cid", "data"},
        "link_rel": "noopener noreferrer nofollow",
        "set_tag_attribute_values": {"a": {"target": "_blank"}},
    }
    with_ids = {**attributes, "*": {*attributes.get("*", ()), "id"}}
    first = {**options, "attributes": with_ids} if "class" in attributes.get("*", ()) else options
    cleaned = with_ids_as_classes(nh3.clean(html, attribute_filter=judge, **first))
    # A browser must read what we wrote exactly as we meant it (T03), and some nestings
    # (a link in a link, a table in a paragraph) are read anew each time at first.
    for _ in range(_MAX_PASSES):
        settled, cleaned = cleaned, nh3.clean(cleaned, **options)
        if cleaned == settled or len(cleaned) > MAX_OUTPUT_CHARS:
            return cleaned
    return nh3.clean(cleaned, tags=set())


def _well_encoded(html: str) -> str:
    """Without lone surrogates, which no encoder takes."""
    return html.encode("utf-8", "replace").decode("utf-8")


def _no_url(_: str) -> None:
    return None


def _prepare(
    html: str, cid_url: CidUrl, allowed: Allowed = NOTHING, *, as_page: bool
) -> tuple[str, StyleSheet, Attributes]:
    attributes = Attributes(cid_url=cid_url, withheld=Withheld(allowed))
    html = _UNWRITTEN.sub(r"<\1span", html)
    document, blocks = split_styles(html, as_page=as_page)
    sheet = filter_stylesheet(blocks, on_remote=attributes.withheld.note)
    attributes.classes = frozenset(sheet.classes)
    attributes.fragments = frozenset(sheet.fragments)
    attributes.variables = sheet.variables
    return document, sheet, attributes
