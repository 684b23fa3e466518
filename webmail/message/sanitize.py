"""HTML of strangers made harmless, by a list of what is allowed (T01-T18).

Cleaning is the last step: its output is never edited again.  Two profiles: *reading*
for the sandboxed frame, *compose* for the editor, where no style sheet survives and
nothing stays that the reader could not see (T12).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import nh3

from webmail.message import sanitize_job
from webmail.message.css import COMPOSE_PROPERTIES, filter_declarations
from webmail.message.css_newer import Variables, with_values
from webmail.message.css_selectors import prefixed
from webmail.message.css_sheet import StyleSheet, filter_stylesheet
from webmail.message.hidden import without_hidden
from webmail.message.html_source import bare_text, shape_of, split_styles
from webmail.message.html_text import text_of
from webmail.message.html_tokens import with_ids_as_classes
from webmail.message.link_tracking import true_link
from webmail.message.links import safe_link
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
_SIGNATURE = ("div", "class", "signature")  # signature_block.py finds it by that
_USUAL_STYLE_CHARS, _MOST_STYLE_CHARS = 300, 4000

CidUrl = Callable[[str], str | None]
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
_FEW_PIXELS = re.compile(r"\d")
_DATA_IMAGE = re.compile(
    r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE
)
# Tags of mailing services that were not filled in, and mean no more than a span.
_UNWRITTEN = re.compile(
    r"<(/?)(?:webversion|unsubscribe|preferences|forwardtoafriend)(?=[\s>])", re.IGNORECASE
)
# What an attribute of another kind than words never has: then it is meant for another parser.
_ADDRESS = re.compile(r"[:\\]|//")
_WORDS = frozenset({"alt", "title"})
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f<>`]")


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
    judge = _Attributes(cid_url=_no_url).for_reading
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
) -> "tuple[str, StyleSheet, _Attributes]":
    attributes = _Attributes(cid_url=cid_url, withheld=Withheld(allowed))
    html = _UNWRITTEN.sub(r"<\1span", html)
    document, blocks = split_styles(html, as_page=as_page)
    sheet = filter_stylesheet(blocks, on_remote=attributes.withheld.note)
    attributes.classes = frozenset(sheet.classes)
    attributes.fragments = frozenset(sheet.fragments)
    attributes.variables = sheet.variables
    return document, sheet, attributes


@dataclass(slots=True)
class _Attributes:
    """Judges each attribute by its value, and counts what it withholds."""

    cid_url: CidUrl
    withheld: Withheld = field(default_factory=lambda: Withheld(NOTHING))
    classes: frozenset[str] = frozenset()
    fragments: frozenset[str] = frozenset()
    variables: Variables = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    named: dict[str, bool] = field(default_factory=dict)

    def for_reading(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return self._style(value)
        if name == "src":
            return self._picture(value)
        if tag == "a" and name == "title":
            return None  # it would stand where the true target is looked for
        if name == "href" and not self.withheld.allowed.link_tracking:
            return true_link(value)
        return self._other(name, value)

    def _style(self, value: str) -> str | None:
        """Newsletters repeat the same few styles hundreds of times."""
        if value not in self.styles:
            plain = with_values(value, self.variables, _MOST_STYLE_CHARS)
            filtered = _filtered_before if len(plain) <= _USUAL_STYLE_CHARS else _filtered
            self.styles[value], hosts = filtered(plain)
            for host in hosts:
                self.withheld.note(host)
        return self.styles[value] or None

    def for_quoting(self, tag: str, name: str, value: str) -> str | None:
        """As for reading, but a ``cid:`` stays itself: it goes into another message."""
        if (tag, name, value) == _SIGNATURE:
            return value
        return _own_picture(value) if name == "src" else self.for_reading(tag, name, value)

    def for_compose(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return filter_declarations(value, COMPOSE_PROPERTIES) or None
        if name == "class":
            return value if (tag, name, value) == _SIGNATURE else None
        if name in ("border", "cellpadding"):
            return value if _FEW_PIXELS.fullmatch(value) else None
        return _own_picture(value) if name == "src" else self._other(name, value)

    def _other(self, name: str, value: str) -> str | None:
        if name == "href":
            return safe_link(value)
        if name == "class":
            names = (prefixed(word) for word in value.split()[:50])
            return " ".join(filter(self._is_named, names)) or None
        if name == "id":
            return value if prefixed(f"id-{value}") in self.classes else None
        if name == "background":
            self.withheld.note_target(value)
            return None
        if name not in _WORDS and _ADDRESS.search(value):
            return None
        return _UNWANTED.sub("", value)[:2000]

    def _is_named(self, word: str) -> bool:
        if word not in self.named:
            is_part = any(piece in word for piece in self.fragments)
            self.named[word] = is_part or word in self.classes
        return self.named[word]

    def _picture(self, value: str) -> str | None:
        if value.strip().lower().startswith("cid:"):
            return self.cid_url(value.strip()[4:])
        if _DATA_IMAGE.fullmatch(value.strip()):
            return value.strip()
        return self.withheld.picture(value)


def _filtered(style: str) -> tuple[str, tuple[str, ...]]:
    """A style attribute as it may stay, and the hosts of what was taken out."""
    hosts: list[str] = []
    return filter_declarations(style, on_remote=hosts.append), tuple(hosts)


# What one sender sends has the same styles every time.
_filtered_before = lru_cache(maxsize=2048)(_filtered)


def _own_picture(value: str) -> str | None:
    value = value.strip()
    is_cid = value.lower().startswith("cid:") and not _UNWANTED.search(value)
    return value if is_cid or _DATA_IMAGE.fullmatch(value) else None
