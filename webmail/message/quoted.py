"""The quotation at the end of an HTML message, behind a line that opens it.

Only what surely is a quotation is folded: a ``blockquote`` under a line that says whose
words follow, or all below the header that Outlook writes above an original.  What comes
after it, between it, or is all there is, stays as it was sent: nothing of a sender's own
may be hidden.
"""

import re
from dataclasses import dataclass, field
from html import unescape

from webmail.message.html_tokens import VOID, Token, tokens
from webmail.message.original_header import find_original_header, may_have_original_header
from webmail.message.safe_html import SafeHtml

_FOLD_FROM_OWN_LINES = 2
_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code del dfn em font i img ins kbd mark q s samp small span
    strike strong sub sup time tt u var wbr
    """.split()  # noqa: SIM905 - a table to read
)
_SPACES = re.compile(r"[\s\u00a0\u200b-\u200f\u2060\ufeff]+")
# "On Sunday Ben wrote:", "Am 22.11. schrieb Ben:", "2026年11月22日(日) 9:00 <ben@…>:"
_SAYS_WHO = re.compile(
    r"[\d@]|\b(?:wrote|writes|said|schrieb|geschrieben|(?:a )?écrit|escribió|ha scritto|scrisse"
    r"|escreveu|schreef|skrev|kirjoitti|napisał\w*|napsal\w*|írta|написал\w*|пишет|yazdı)\b",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*\[?(?:fwd?|wg|tr|rv|enc|vs|vb|doorst|i|pd|továbbítás|ilt)\s*[:\uff1a]", re.IGNORECASE
)


@dataclass(slots=True)
class _Element:
    name: str
    start: int
    parent: "_Element | None"
    end: int = 0
    lines_before: int = 0


@dataclass(slots=True)
class _Reading:
    """``lines`` are those of the text as it is seen; ``seen_to`` is where the last one ends."""

    lines: list[str] = field(default_factory=list)
    holders: list[_Element] = field(default_factory=list)
    quotes: list[_Element] = field(default_factory=list)
    seen_to: int = 0
    _open: list[_Element] = field(default_factory=list)
    _line: str = ""
    _holder: _Element | None = None
    _is_sheet: bool = False

    def read(self, html: str) -> None:
        position = 0
        for token in tokens(html):
            position = html.index(token.source, position) + len(token.source)
            if token.kind == "text":
                self._text(token.source, position)
                continue
            if token.name not in _INLINE:
                self._end_line()
            if token.kind == "close":
                self._close(token.name, position)
            else:
                self._opened(token, position)
        self._end_line()
        for element in self._open:
            element.end = element.end or len(html)

    def _text(self, source: str, end: int) -> None:
        words = "" if self._is_sheet else _SPACES.sub(" ", unescape(source))
        if words.strip():
            self.seen_to = end
            self._holder = self._holder or (self._open[-1] if self._open else None)
        self._line += words

    def _opened(self, token: Token, end: int) -> None:
        self._is_sheet = token.name == "style"
        if token.name == "img" and 'src="' in token.source:
            self.seen_to = end
        if token.name in VOID:
            return
        parent = self._open[-1] if self._open else None
        element = _Element(
            token.name, end - len(token.source), parent, lines_before=len(self.lines)
        )
        is_inner = any(each.name == "blockquote" for each in self._open)
        self._open.append(element)
        if token.name == "blockquote" and not is_inner:
            self.quotes.append(element)

    def _close(self, name: str, end: int) -> None:
        self._is_sheet = False
        if self._open and self._open[-1].name == name:
            self._open.pop().end = end

    def _end_line(self) -> None:
        line = self._line.strip()
        if line and self._holder is not None:
            self.lines.append(line)
            self.holders.append(self._holder)
        elif line:
            self.lines.append(line)
            self.holders.append(_Element("body", 0, None))
        self._line, self._holder = "", None


def with_quotation_folded(html: SafeHtml, subject: str = "") -> SafeHtml:
    """``html`` is the sanitizer's.  A forwarded message, told by its subject, is shown whole."""
    if _FORWARDED.match(subject) or not ("<blockquote" in html or may_have_original_header(html)):
        return html
    reading = _Reading()
    reading.read(html)
    span = _blockquote(reading) or _below_header(reading, len(html))
    if span is None:
        return html
    start, end, own = span
    is_open = " open" if own < _FOLD_FROM_OWN_LINES else ""
    return SafeHtml(
        f"{html[:start]}<details data-quoted{is_open}><summary>Show quoted text</summary>"
        f"{html[start:end]}</details>{html[end:]}"
    )


def _blockquote(reading: _Reading) -> tuple[int, int, int] | None:
    """Where the last one begins and ends, and how many lines of the sender's own it has."""
    if not reading.quotes or reading.quotes[-1].end < reading.seen_to:
        return None
    quote = reading.quotes[-1]
    above = reading.lines[: quote.lines_before]
    if not above or not above[-1].endswith((":", "\uff1a")):
        return None
    if not _SAYS_WHO.search(" ".join(above[-2:])):
        return None
    # "On Sunday" and "Ben wrote:" may stand on lines of their own.
    own = len(above) - (1 if _SAYS_WHO.search(above[-1]) else 2)
    return (quote.start, quote.end, own) if own > 0 else None


def _below_header(reading: _Reading, length: int) -> tuple[int, int, int] | None:
    """From the element that holds "From: … Subject: …" to the end of the one around it."""
    found = find_original_header(reading.lines)
    if found is None or found[0] == 0:
        return None
    first, last = found
    subject_in = _ancestors(reading.holders[last])
    block = next((e for e in _ancestors(reading.holders[first]) if e in subject_in), None)
    while block is not None and block.parent and block.parent.lines_before == first:
        block = block.parent
    if block is None or block.lines_before != first:
        return None
    end = block.parent.end - len(f"</{block.parent.name}>") if block.parent else length
    return (block.start, end, first) if end >= reading.seen_to else None


def _ancestors(element: _Element) -> list[_Element]:
    found = [element]
    while found[-1].parent is not None:
        found.append(found[-1].parent)
    return found
