"""What a reader sees of a message: which parts are its text, which are attachments.

The choice follows RFC 8621, section 4.1.4, which JMAP servers use for the same end.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from webmail.message import sanitize
from webmail.message.bodystructure import Part, decode_part
from webmail.message.charset import decode_text
from webmail.message.cleaned import sanitize_for_reading
from webmail.message.content_location import id_at_location, named_by_id
from webmail.message.enriched import text_from_enriched
from webmail.message.plaintext import html_from_text, plain_lines, unflow
from webmail.message.safe_html import NOTHING, Allowed, Blocked, SafeHtml
from webmail.message.sanitize import text_from_html

MAX_TEXT_BYTES = 1_000_000
MAX_SHOWN_PARTS = 100
MAX_NAMED_TEXT_BYTES = 100_000
MAX_CLEANING_S = 3

Fetch = Callable[[Part], bytes]
PartUrl = Callable[[Part], str]


@dataclass(frozen=True, slots=True)
class MessageBody:
    """``attachments`` is every part that is not shown.

    ``html`` is None where the message has none, or none that can be shown; ``blocked``
    then says why.  ``embedded`` are the pictures the HTML shows in its midst.
    ``originals`` are files whose content stands among the attachments in their stead.
    """

    text: str
    text_html: SafeHtml
    html: SafeHtml | None
    attachments: tuple[Part, ...]
    blocked: Blocked = Blocked()
    embedded: tuple[Part, ...] = ()
    originals: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownParts:
    """The parts of a message by their use; ``text`` and ``html`` may share parts."""

    text: tuple[Part, ...]
    html: tuple[Part, ...]
    others: tuple[Part, ...]


def read_body(
    structure: Part,
    fetch: Fetch,
    *,
    cid_url: PartUrl,
    allowed: Allowed = NOTHING,
    is_secret: bool = False,
) -> MessageBody:
    """Never raises for what a message may hold; ``fetch`` may raise what it likes.

    Of what ``is_secret`` nothing is remembered, not even in this process.

    ``fetch`` answers with the octets of one leaf as transferred, its size limited by the
    caller; it is called once for each part that is shown.
    """
    shown = choose_parts(structure)
    sources = _sources(shown, fetch)
    text_pieces = [_plain_piece(part, sources[id(part)]) for part in shown.text]
    clean = sanitize.sanitize_for_reading if is_secret else sanitize_for_reading
    html, blocked, used = _html(shown, sources, cid_url, allowed, clean)
    return MessageBody(
        text="\n".join(text for text, _ in text_pieces),
        text_html=SafeHtml("".join(html for _, html in text_pieces)),
        html=html,
        attachments=tuple(part for part in shown.others if part not in used),
        blocked=blocked,
        embedded=tuple(part for part in shown.others if part in used),
    )


def _sources(shown: ShownParts, fetch: Fetch) -> dict[int, str]:
    """The text of each part; of many parts no more than of a long one (T33)."""
    sources: dict[int, str] = {}
    room = MAX_TEXT_BYTES
    for part in dict.fromkeys((*shown.text, *shown.html)):
        source = part_text(part, fetch(part))[:room] if room else ""
        room -= len(source)
        sources[id(part)] = source
    return sources


def part_text(part: Part, raw: bytes) -> str:
    """The decoded text of a text part, its commands undone where only programs read them."""
    encoding = "8bit" if part.encoding == "base64" and _is_prose(raw) else part.encoding
    octets = decode_part(raw, encoding)[:MAX_TEXT_BYTES]
    text = decode_text(octets, part.charset)
    if part.media_type in _ENRICHED:
        return text_from_enriched(text, is_richtext=part.media_type == "text/richtext")
    return text


def _is_prose(raw: bytes) -> bool:
    """Text that only says of itself to be in base64, which has no blanks in its lines."""
    sample = raw[:4096]
    return sum(line.strip().count(b" ") for line in sample.splitlines()) * 20 > len(sample)


def _plain_piece(part: Part, source: str) -> tuple[str, SafeHtml]:
    if _is_html(part):
        text = text_from_html(source)
        return text, html_from_text(text)
    is_flowed = part.parameter("format").lower() == "flowed"
    delsp = part.parameter("delsp").lower() == "yes"
    text = unflow(source, delsp=delsp) if is_flowed else plain_lines(source)
    return text, html_from_text(source, flowed=is_flowed, delsp=delsp)


def _html(
    shown: ShownParts,
    sources: dict[int, str],
    cid_url: PartUrl,
    allowed: Allowed,
    clean: Callable[..., tuple[SafeHtml, Blocked]],
) -> tuple[SafeHtml | None, Blocked, frozenset[Part]]:
    """Each part cleaned by itself, so that none can reach into the next (T15)."""
    if not any(_is_html(part) for part in shown.html):
        return None, Blocked(), frozenset()
    pictures = _Pictures(shown.others, cid_url)
    blocked = Blocked()
    pieces: list[str] = []
    deadline = time.monotonic() + MAX_CLEANING_S
    for part in shown.html:
        if not _is_html(part):
            pieces.append(_plain_piece(part, sources[id(part)])[1])
            continue
        source = named_by_id(sources[id(part)], shown.others)
        cleaned, withheld = clean(source, cid_url=pictures.url, allowed=allowed)
        blocked += withheld
        if blocked.reason:
            return None, blocked, frozenset()
        if time.monotonic() > deadline:
            return None, blocked + Blocked(reason="too slow"), frozenset()
        pieces.append(cleaned)
    return SafeHtml("<hr>".join(pieces)), blocked, frozenset(pictures.used)


@dataclass(slots=True)
class _Pictures:
    """The parts a ``cid:`` can mean; remembers which were used."""

    parts: tuple[Part, ...]
    cid_url: PartUrl
    used: set[Part] = field(default_factory=set)

    def url(self, content_id: str) -> str | None:
        wanted = content_id.strip("<> ").lower()
        for part in self.parts:
            is_named = part.content_id and part.content_id.lower() == wanted
            if is_named or wanted == id_at_location(part):
                self.used.add(part)
                return self.cid_url(part)
        return None


def choose_parts(structure: Part) -> ShownParts:
    """Which leaves are read as text, which as HTML, and which are neither."""
    chooser = _Chooser(structure)
    text, html = chooser.text, chooser.html
    shown = {id(part) for part in (*text, *html)}
    others = [part for part in _leaves(structure) if id(part) not in shown]
    return ShownParts(tuple(text), tuple(html), tuple(others))


def _leaves(structure: Part) -> Iterable[Part]:
    """All parts that are not multiparts; a message inside is one, its own parts are not."""
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.is_multipart:
            waiting += reversed(part.children)
        else:
            yield part


class _Chooser:
    """The algorithm of RFC 8621, section 4.1.4, without its recursion in pictures.

    Of an alternative its text and its HTML are two ways to read the same; where it has
    only one of them, that one is read both ways.
    """

    def __init__(self, root: Part) -> None:
        self.text: list[Part] = []
        self.html: list[Part] = []
        if root.is_multipart:
            self._visit(root, in_alternative=False, text=True, html=True)
        elif root.media_type in _READ and not (root.disposition == "attachment" and root.filename):
            self.text, self.html = [root], [root]
        if not self.text and not self.html:
            self._take_unknown(root)

    def _visit(self, parent: Part, *, in_alternative: bool, text: bool, html: bool) -> None:
        """Recursion here is bounded: a Part tree is at most 50 levels deep (T33)."""
        kind = parent.media_type.partition("/")[2]
        texts_before, htmls_before = len(self.text), len(self.html)
        root = _root_place(parent) if kind == "related" else 0
        for place, part in enumerate(parent.children):
            if part.is_multipart:
                inside = in_alternative or kind == "alternative"
                self._visit(part, in_alternative=inside, text=text, html=html)
            elif _is_body(part, is_first=place == root, in_related=kind == "related"):
                if kind == "alternative":
                    self._take(part, text=part.media_type == "text/plain", html=_is_html(part))
                    continue
                if in_alternative:
                    html = html and part.media_type != "text/plain"
                    text = text and part.media_type != "text/html"
                self._take(part, text=text, html=html)
        if kind == "alternative" and text and html:
            self._share(texts_before, htmls_before)

    def _take_unknown(self, root: Part) -> None:
        """RFC 2046, 4.1.4: text of a kind nobody knows is plain, better than none at all."""
        for part in _leaves(root):
            is_file = part.disposition == "attachment" or part.filename
            if part.media_type in _ALMOST_READ and not is_file:
                self.text, self.html = [part], [part]
                return

    def _take(self, part: Part, *, text: bool, html: bool) -> None:
        if len(self.text) + len(self.html) < MAX_SHOWN_PARTS:
            self.text += [part] * text
            self.html += [part] * html

    def _share(self, texts_before: int, htmls_before: int) -> None:
        texts, htmls = self.text[texts_before:], self.html[htmls_before:]
        if not texts:
            self.text += htmls
        elif not htmls:
            self.html += texts


_READ = ("text/plain", "text/html")
_ENRICHED = ("text/enriched", "text/richtext")
_ALMOST_READ = (
    *_ENRICHED,
    "text/markdown",
    "text/x-markdown",
    "text/x-web-markdown",
    "text/x-patch",
)


def _root_place(related: Part) -> int:
    """The part that is shown, and shows the others: that of ``start`` (RFC 2387, 3.2).

    Some programs say nothing and put the pictures first.
    """
    wanted = related.parameter("start").strip("<> ")
    children = related.children
    named = (n for n, part in enumerate(children) if wanted and part.content_id == wanted)
    if (place := next(named, None)) is not None:
        return place
    if children and (children[0].is_multipart or children[0].media_type.startswith("text/")):
        return 0
    return next((n for n, part in enumerate(children) if _is_html(part)), 0)


def _is_html(part: Part) -> bool:
    return part.media_type == "text/html"


def _is_body(part: Part, *, is_first: bool, in_related: bool) -> bool:
    """Text to be read on with the rest.

    Beyond RFC 8621 a named text is read too, if short: senders name what they mean to
    show.  In a related a text after the first is read unless another part refers to it.
    """
    if part.media_type not in _READ or part.disposition == "attachment":
        return False
    is_long_file = bool(part.filename) and part.size_bytes > MAX_NAMED_TEXT_BYTES
    is_referred_to = in_related and bool(part.content_id) and _is_html(part)
    return is_first or not (is_long_file or is_referred_to)
