"""Plain text as it is read: flowed lines joined, quotes nested, links clickable.

Text is cut into tokens while it is still text, and each token is escaped (T04); no
HTML is ever searched for links.
"""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from webmail.message.giving_way import give_way, politely
from webmail.message.links import safe_link
from webmail.message.original_header import find_original_header
from webmail.message.safe_html import SafeHtml

MAX_QUOTE_DEPTH = 20
_MAX_LINKS = 2000
_FOLD_FROM_OWN_LINES = 2
_MAX_GROUPS = 500
_MAX_LINES = 50_000

_LINK = re.compile(
    r"(?<![\w@])(?:https?://|www\.)[^\s<>\"`{}|\\^]+"
    r"|(?<![\w.+@-])(?:mailto:)?[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])(?![\w@])",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s")
_STRETCH_CHARS = 8192
_PIECE_CHARS = 65_536
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CLOSERS = {")": "(", "]": "["}
_QUOTE = re.compile(r"(?:>[ ]?)*>")

Line = tuple[int, str]


def html_from_text(text: str, *, flowed: bool = False, delsp: bool = False) -> SafeHtml:
    """The text as HTML: ``pre-wrap`` lines, quotes as foldable nested blockquotes.

    A text of very many lines is no letter: it is shown as it is.
    """
    if text.count("\n") > _MAX_LINES:
        return SafeHtml(f'<div class="plain">{linkify(plain_lines(text))}</div>')
    lines = list(_flowed_lines(text, delsp=delsp) if flowed else _fixed_lines(text))
    return SafeHtml(f'<div class="plain">{_blocks(lines)}</div>')


def unflow(text: str, *, delsp: bool = False) -> str:
    """format=flowed undone (RFC 3676): one line a paragraph, quotes marked with ``>``."""
    return "\n".join(
        f"{'>' * depth} {line}" if depth else line
        for depth, line in _flowed_lines(text, delsp=delsp)
    )


def linkify(text: str) -> SafeHtml:
    """The text escaped, with its web and mail addresses as links."""
    pieces: list[str] = []
    links = 0
    for stretch, has_links in politely(_stretches(text), 1):
        position = 0
        for match in politely(_LINK.finditer(stretch), 5) if has_links else ():
            end = match.start() + len(_without_tail(match[0]))
            word = stretch[match.start() : end]
            link = safe_link(_with_scheme(word))
            if link is None or links >= _MAX_LINKS:
                continue
            links += 1
            pieces += (escape(stretch[position : match.start()]), _anchor(link, word))
            position = end
        pieces.append(escape(stretch[position:]))
    return SafeHtml("".join(pieces))


def _stretches(text: str) -> Iterator[tuple[str, bool]]:
    """Pieces that end at a space, and whether to look for links in them.

    To look through a text in one go holds the interpreter, and with it every other reader; a
    word of many thousand characters is no address.
    """
    start = 0
    while start < len(text):
        space = _SPACE.search(text, min(start + _STRETCH_CHARS, len(text)))
        stop = space.end() if space else len(text)
        if stop - start > 2 * _STRETCH_CHARS:
            before = max(text.rfind(each, start, start + _STRETCH_CHARS) for each in " \t\n")
            stop = before + 1 or stop
        if stop - start <= 2 * _STRETCH_CHARS:
            yield text[start:stop], True
        else:
            for place in range(start, stop, _PIECE_CHARS):
                yield text[place : min(place + _PIECE_CHARS, stop)], False
        start = stop


def _anchor(link: str, text: str) -> str:
    return (
        f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer nofollow">'
        f"{escape(text)}</a>"
    )


def _with_scheme(word: str) -> str:
    start = word[:8].lower()
    if start.startswith(("http://", "https://", "mailto:")):
        return word
    return f"http://{word}" if start.startswith("www.") else f"mailto:{word}"


def _without_tail(word: str) -> str:
    """The link without the punctuation of the sentence around it."""
    end = len(word)
    counts = {char: word.count(char) for char in "()[]"}
    while end:
        last = word[end - 1]
        opener = _CLOSERS.get(last)
        if opener is not None and counts[last] <= counts[opener]:
            break
        if opener is None and last not in ".,;:!?'\"*_~\u2019\u201d\u00bb\u3002\u3001\uff0c\uff09":
            break
        if opener is not None:
            counts[last] -= 1
        end -= 1
    return word[:end]


def _fixed_lines(text: str) -> Iterator[Line]:
    for line in politely(_split(text)):
        match = _QUOTE.match(line)
        if match is None:
            yield 0, line
        else:
            yield match[0].count(">"), line[match.end() :].removeprefix(" ")


def _flowed_lines(text: str, *, delsp: bool) -> Iterator[Line]:
    """RFC 3676, section 4: a line that ends in a space goes on, at its own depth only."""
    depth, pieces = 0, [""]
    for line in politely(_split(text)):
        content = line.lstrip(">")
        line_depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_flowing = bool(pieces) and pieces != [""]
        if is_flowing and (line_depth != depth or content == "-- "):
            yield depth, "".join(pieces)
            pieces = []
        depth = line_depth
        if content.endswith(" ") and content != "-- ":
            pieces.append(content[:-1] if delsp else content)
            continue
        yield depth, "".join((*pieces, content))
        pieces = [""]
    if any(pieces):
        yield depth, "".join(pieces)


def plain_lines(text: str) -> str:
    """The text with ``\\n`` between its lines and none after the last; controls dropped."""
    return "\n".join(map(_plain, _pieces(text)))


def _split(text: str) -> Iterator[str]:
    for piece in _pieces(text):
        yield from _plain(piece).split("\n")


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of whole lines, as far as it has lines."""
    start = 0
    while len(text) - start > _PIECE_CHARS:
        stop = text.find("\n", start + _PIECE_CHARS) + 1
        if not stop or stop == len(text):
            break
        yield text[start:stop]
        give_way()
        start = stop
    yield text[start:]


def _plain(text: str) -> str:
    # A line end that was made CRLF twice is still one.
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    return text if text.isprintable() else _CONTROLS.sub("", text)


def _blocks(lines: list[Line]) -> str:
    """Own text and quotes by turns; a quote that nothing of one's own follows is folded.

    All below the header that Outlook writes above an original is one quote.
    """
    # In a text that quotes by ">" a header belongs to a quote, or to somebody's own words.
    has_marks = any(depth for depth, _ in lines)
    found = None if has_marks else find_original_header([line for _, line in lines])
    if found is None:
        return _by_turns(lines)
    above, below = lines[: found[0]], lines[found[0] :]
    own_lines = _words(above)
    is_open = own_lines < _FOLD_FROM_OWN_LINES
    if not own_lines:
        return _by_turns(lines)
    return f"{_by_turns(above)}{_folded(linkify(_text(below)), is_open=is_open)}"


def _text(run: list[Line]) -> str:
    return "\n".join(line for _, line in run)


def _folded(html: str, *, is_open: bool) -> str:
    return f'<details class="quoted"{" open" if is_open else ""}>{_SUMMARY}{html}</details>'


def _by_turns(lines: list[Line]) -> str:
    groups = [(quoted, list(run)) for quoted, run in groupby(lines, key=lambda line: line[0] > 0)]
    if len(groups) > _MAX_GROUPS:
        return linkify("\n".join(f"{'>' * depth} {line}".lstrip(" ") for depth, line in lines))
    own = [n for n, (quoted, run) in enumerate(groups) if not quoted and _words(run)]
    last_own = own[-1] if own else -1
    own_lines = 0
    written: list[str] = []
    for place, (quoted, run) in enumerate(groups):
        if quoted:
            is_open = place < last_own or own_lines < _FOLD_FROM_OWN_LINES
            written.append(_quote(run, is_open=is_open))
        else:
            own_lines += _words(run)
            written.append(linkify(_text(run)))
    return "".join(written)


def _words(run: list[Line]) -> int:
    """How many lines have something in them."""
    return sum(bool(line.strip()) for _, line in run)


def _quote(run: list[Line], *, is_open: bool) -> str:
    """Nested blockquotes, opened and closed like brackets; no recursion."""
    written: list[str] = []
    now = 0
    for depth, lines in groupby(run, key=lambda line: min(line[0], MAX_QUOTE_DEPTH)):
        written.append("<blockquote>" * (depth - now) + "</blockquote>" * (now - depth))
        written.append(linkify(_text(list(lines))))
        now = depth
    return _folded("".join((*written, "</blockquote>" * now)), is_open=is_open)


_SUMMARY = "<summary>Show quoted text</summary>"
