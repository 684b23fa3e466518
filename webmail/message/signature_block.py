"""A signature in what is being written: put there, found again, changed, taken out.

In HTML it is a ``div`` of its class.  In plain text it is found by its words, and at the end
of all it follows a line of two hyphens and a space (RFC 3676, section 4.3); above a quotation
there is no such line: readers would cut the quotation off with it.  What somebody has written
into a signature is theirs, so that one stays where it is.
"""

import re
from dataclasses import dataclass
from html import escape

from webmail.message.html_tokens import VOID, Token, tokens
from webmail.message.sanitize import text_from_html

_MARKED = '<div class="signature">'
_MARKED_TAG = re.compile(r'(<div[^<>]*?) class="signature"(?=[^<>]*>)')
_DELIMITER = "-- "
_DELIMITER_HTML = "<div>--&nbsp;</div>"
_ATTRIBUTION = re.compile(r"<(p|div)(?:\s[^<>]*)?>(?:(?!</?(?:p|div)\b).)*:</\1>\s*\Z", re.DOTALL)
_FORWARDED_LINE = "---------- Forwarded message"


@dataclass(frozen=True, slots=True)
class SignatureBlock:
    """``html`` is cleaned for compose, or empty for a signature of plain text."""

    text: str
    html: str = ""
    below_quote: bool = False

    @property
    def inner_html(self) -> str:
        return self.html or lines_html(self.text)

    @property
    def html_words(self) -> str:
        """As it stands in a formatted text that became plain."""
        return text_from_html(self.html) if self.html else self.text


def lines_html(text: str) -> str:
    """Plain text as the editor has it: one block for each line."""
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))


def unmarked(html: str) -> str:
    """Cleaned HTML of another message, whose signature is none of ours."""
    return _MARKED_TAG.sub(r"\1", html)


# -- plain text -----------------------------------------------------------------------------------


def swap_text(text: str, old: SignatureBlock | None, new: SignatureBlock | None) -> str:
    """The text with ``new`` in the place of ``old``, or in its own."""
    found = _find(text, old) if old else None
    if old is None or found is None:
        return _put(text, new) if new else text
    if new is not None and new.below_quote == old.below_quote:
        return f"{text[: found.start('words')]}{new.text}{text[found.end('words') :]}"
    rest = text[: found.start()] + text[found.end() :]
    return _put(rest, new) if new else rest


def _find(text: str, block: SignatureBlock) -> re.Match[str] | None:
    """Whole lines only: above a quotation the first, at the end the last."""
    # Of a picture alone there are no words, and none of them would be found anywhere.
    words = "|".join(re.escape(each) for each in (block.text, block.html_words) if each)
    lines = re.compile(rf"(?:\n\n|\n|\A)(?:-- \n)?(?P<words>{words})(?:\n\Z|(?=\n)|\Z)")
    found = list(lines.finditer(text))
    return found[-1 if block.below_quote else 0] if found else None


def _put(text: str, block: SignatureBlock) -> str:
    start = len(text) if block.below_quote else _quote_start(text)
    if start == len(text):
        return f"{_with_empty_line(text)}{_DELIMITER}\n{block.text}\n"
    above = text[:start].rstrip("\n")
    return f"{above}\n\n{block.text}\n\n{text[start:]}"


def _with_empty_line(text: str) -> str:
    """An empty line before what follows; two where nothing is written yet."""
    has = len(text) - len(text.rstrip("\n"))
    return text + "\n" * max(2 - has, 0)


def _quote_start(text: str) -> int:
    """Where the line that opens the quotation starts; the end where nothing is quoted."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith(_FORWARDED_LINE):
            return _offset(lines, number)
        if line.startswith(">"):
            says_who = number and lines[number - 1].rstrip().endswith(":")
            return _offset(lines, number - 1 if says_who else number)
    return len(text)


def _offset(lines: list[str], number: int) -> int:
    return sum(len(line) + 1 for line in lines[:number])


# -- html -----------------------------------------------------------------------------------------


def swap_html(html: str, old: SignatureBlock | None, new: SignatureBlock | None) -> str:
    """As ``swap_text``.  The answer is plain str, to be cleaned for compose again."""
    start, end = _find_html(html, old)
    if old is None or start < 0:
        html = unmarked(html)
        return _put_html(html, new) if new else html
    if new is not None and new.below_quote == old.below_quote:
        is_ending = _DELIMITER_HTML[:7] in html[start : start + len(_MARKED) + 7]
        return f"{html[:start]}{_block(new, is_ending=is_ending)}{html[end:]}"
    html = html[:start] + html[end:]
    return _put_html(html, new) if new else html


def _block(block: SignatureBlock, *, is_ending: bool) -> str:
    return f"{_MARKED}{_DELIMITER_HTML if is_ending else ''}{block.inner_html}</div>"


def _find_html(html: str, block: SignatureBlock | None) -> tuple[int, int]:
    """Where the signature is, as long as it says what it said; -1 for none."""
    start = html.find(_MARKED)
    if block is None or start < 0:
        return -1, -1
    end = _end_of_element(html, start)
    inner = html[start + len(_MARKED) : end - len("</div>")]
    words = _words(inner).removeprefix("--").strip()
    return (start, end) if words == _words(block.inner_html) else (-1, -1)


def _words(html: str) -> str:
    return " ".join(text_from_html(html).split())


def _end_of_element(html: str, start: int) -> int:
    depth, position = 0, start
    for token in tokens(html[start:]):
        position += len(token.source)
        depth += _step(token)
        if depth == 0:
            return position
    return len(html)


def _step(token: Token) -> int:
    if token.kind == "text" or token.name in VOID:
        return 0
    return 1 if token.kind == "open" else -1


def _put_html(html: str, block: SignatureBlock) -> str:
    start = len(html) if block.below_quote else _quote_start_html(html)
    written = _block(block, is_ending=start == len(html))
    return f"{html[:start]}{written}{html[start:]}"


def _quote_start_html(html: str) -> int:
    """As the words above it have it: a quotation, or the head of what is passed on."""
    forwarded = html.find(f"<p>{_FORWARDED_LINE}")
    quoted = html.find("<blockquote>")
    starts = [each for each in (forwarded, quoted) if each >= 0]
    if not starts:
        return len(html)
    start = min(starts)
    says_who = _ATTRIBUTION.search(html[:start]) if start == quoted else None
    return says_who.start() if says_who else start
