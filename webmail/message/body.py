"""What a reader sees of a message: which parts are its text, which are attachments.

The choice follows RFC 8621, section 4.1.4, which JMAP servers use for the same end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from webmail.message.bodystructure import Part, decode_part
from webmail.message.charset import decode_text
from webmail.message.plaintext import html_from_text, unflow
from webmail.message.safe_html import Blocked, SafeHtml
from webmail.message.sanitize import sanitize_for_reading, text_from_html

MAX_TEXT_BYTES = 1_000_000
MAX_SHOWN_PARTS = 50

Fetch = Callable[[Part], bytes]
PartUrl = Callable[[Part], str]


@dataclass(frozen=True, slots=True)
class MessageBody:
    """``attachments`` is every part that is not shown.

    ``html`` is None where the message has none, or none that can be shown; ``blocked``
    then says why.  ``embedded`` are the pictures the HTML shows in its midst.
    """

    text: str
    text_html: SafeHtml
    html: SafeHtml | None
    attachments: tuple[Part, ...]
    blocked: Blocked = Blocked()
    embedded: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownParts:
    """The parts of a message by their use; ``text`` and ``html`` may share parts."""

    text: tuple[Part, ...]
    html: tuple[Part, ...]
    others: tuple[Part, ...]


def read_body(structure: Part, fetch: Fetch, *, cid_url: PartUrl) -> MessageBody:
    """Never raises for what a message may hold; ``fetch`` may raise what it likes.

    ``fetch`` answers with the octets of one leaf as transferred, its size limited by the
    caller; it is called once for each part that is shown.
    """
    shown = choose_parts(structure)
    sources = {id(part): part_text(part, fetch(part)) for part in {*shown.text, *shown.html}}
    text_pieces = [_plain_piece(part, sources[id(part)]) for part in shown.text]
    html, blocked, used = _html(shown, sources, cid_url)
    return MessageBody(
        text="\n".join(text for text, _ in text_pieces),
        text_html=SafeHtml("".join(html for _, html in text_pieces)),
        html=html,
        attachments=tuple(part for part in shown.others if part not in used),
        blocked=blocked,
        embedded=tuple(part for part in shown.others if part in used),
    )


def part_text(part: Part, raw: bytes) -> str:
    """The decoded text of a text part."""
    octets = decode_part(raw, part.encoding)[:MAX_TEXT_BYTES]
    return decode_text(octets, part.charset)


def _plain_piece(part: Part, source: str) -> tuple[str, SafeHtml]:
    if part.media_type == "text/html":
        text = text_from_html(source)
        return text, html_from_text(text)
    is_flowed = part.parameter("format").lower() == "flowed"
    delsp = part.parameter("delsp").lower() == "yes"
    text = unflow(source, delsp=delsp) if is_flowed else source
    return text, html_from_text(source, flowed=is_flowed, delsp=delsp)


def _html(
    shown: ShownParts, sources: dict[int, str], cid_url: PartUrl
) -> tuple[SafeHtml | None, Blocked, frozenset[Part]]:
    """Each part cleaned by itself, so that none can reach into the next (T15)."""
    if not any(part.media_type == "text/html" for part in shown.html):
        return None, Blocked(), frozenset()
    pictures = _Pictures(shown.others, cid_url)
    blocked = Blocked()
    pieces: list[str] = []
    for part in shown.html:
        if part.media_type != "text/html":
            pieces.append(_plain_piece(part, sources[id(part)])[1])
            continue
        cleaned, withheld = sanitize_for_reading(sources[id(part)], cid_url=pictures.url)
        blocked += withheld
        pieces.append(cleaned)
    if blocked.reason:
        return None, blocked, frozenset()
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
            if part.content_id and part.content_id.lower() == wanted:
                self.used.add(part)
                return self.cid_url(part)
        return None


def choose_parts(structure: Part) -> ShownParts:
    """Which leaves are read as text, which as HTML, and which are neither."""
    chooser = _Chooser()
    chooser.visit((structure,), "mixed")
    text, html = chooser.text, chooser.html
    shown = {id(part) for part in (*text, *html)}
    others = [part for part in _leaves(structure) if id(part) not in shown]
    return ShownParts(tuple(text), tuple(html), tuple(others))


def _leaves(structure: Part) -> Iterable[Part]:
    """All parts that are not multiparts; a message inside is one, its own parts are not."""
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.is_multipart and part.children:
            waiting += reversed(part.children)
        else:
            yield part


@dataclass(slots=True)
class _Chooser:
    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)

    def visit(self, parts: tuple[Part, ...], kind: str) -> None:
        """Recursion here is bounded: a Part tree is at most 50 levels deep (T33)."""
        if kind == "alternative":
            self._choose_alternative(parts)
            return
        for place, part in enumerate(parts):
            if part.is_multipart:
                self.visit(part.children, part.media_type.partition("/")[2])
            elif _is_body(part, is_first=place == 0, in_related=kind == "related"):
                self._take(part)

    def _take(self, part: Part) -> None:
        if len(self.text) + len(self.html) < MAX_SHOWN_PARTS:
            self.text.append(part)
            self.html.append(part)

    def _choose_alternative(self, parts: tuple[Part, ...]) -> None:
        branches = [_Chooser() for _ in parts]
        for branch, part in zip(branches, parts, strict=True):
            branch.visit((part,), "mixed")
        plain = [b for b in branches if b.text and not b.has_html]
        rich = [b for b in branches if b.has_html]
        self.text += (plain or rich or [_Chooser()])[0].text
        self.html += (rich or plain or [_Chooser()])[-1].html

    @property
    def has_html(self) -> bool:
        return any(part.media_type == "text/html" for part in self.html)


def _is_body(part: Part, *, is_first: bool, in_related: bool) -> bool:
    """Text that is meant to be read on: inline, no named file, first of its related."""
    if part.media_type not in ("text/plain", "text/html") or part.disposition == "attachment":
        return False
    return is_first or (not in_related and not part.filename)
