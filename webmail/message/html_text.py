"""Cleaned HTML as plain text: for previews, quoting and the text alternative."""

import re
from html import unescape

from webmail.message.html_tokens import Token, tokens


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARAGRAPHS = _names("p h1 h2 h3 h4 h5 h6 ul ol table blockquote pre dl hr")
_LINES = _names(
    """
    div tr li dt dd address center article section header footer main
    """
)
_CELLS = frozenset({"td", "th"})
_DELIMITER = "--\u00a0"  # of a signature: two hyphens and a space (RFC 3676, 4.3)
_BLANKS = re.compile(r"[ \t\r\n\f]+")


def text_of(html: str, *, links: bool) -> str:
    """The text of cleaned HTML; quotes are marked with ``>``, items with ``-`` or numbers.

    With ``links`` the target of a link follows its text, where it differs from it.
    """
    writer = _Writer(links=links)
    for token in tokens(html):
        if token.kind == "text":
            writer.write(unescape(token.source))
        elif token.kind == "open":
            writer.open(token)
        else:
            writer.close(token.name)
    return writer.text()


class _Writer:
    def __init__(self, *, links: bool) -> None:
        self._links = links
        self._lines: list[str] = []
        self._line = ""
        self._gap = 0
        self._last_prefix = ""
        self._quotes = 0
        self._pre = 0
        self._lists: list[int | None] = []
        self._targets: list[tuple[str, int, int]] = []

    def write(self, text: str) -> None:
        if self._pre:
            first, *more = text.split("\n")
            self._put(first)
            for line in more:
                self._end_line(1)
                self._put(line, keep=True)
            return
        self._put(_BLANKS.sub(" ", text))

    def _put(self, text: str, *, keep: bool = False) -> None:
        if not self._line.strip() and not self._pre and not keep:
            text = text.lstrip(" ") if not self._line else text
        if self._line.endswith(" ") and not self._pre:
            text = text.lstrip(" ")
        self._line += text

    def open(self, token: Token) -> None:
        name = token.name
        if name == "br":
            self._end_line(1, force=True)
        elif name in _CELLS:
            self._line += " " if self._line.strip() else ""
        elif name == "a":
            self._targets.append((token.attribute("href"), len(self._lines), len(self._line)))
        elif name in _PARAGRAPHS or name in _LINES:
            self._end_line(2 if name in _PARAGRAPHS and not self._lists else 1)
        self._open_container(token)

    def _open_container(self, token: Token) -> None:
        name = token.name
        if name == "blockquote":
            self._quotes += 1
        elif name == "pre":
            self._pre += 1
        elif name == "ul":
            self._lists.append(None)
        elif name == "ol":
            start = token.attribute("start")
            self._lists.append(int(start) if start.isdecimal() and len(start) < 6 else 1)
        elif name == "li":
            self._line = "  " * (len(self._lists) - 1) + self._mark()
        elif name == "hr":
            self._line = "-" * 20
            self._end_line(1)

    def _mark(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "

    def close(self, name: str) -> None:
        if name == "a" and self._targets:
            self._close_link(*self._targets.pop())
        if name in _PARAGRAPHS or name in _LINES:
            self._end_line(2 if name in _PARAGRAPHS and len(self._lists) < 2 else 1)
        if name == "blockquote":
            self._quotes = max(self._quotes - 1, 0)
        elif name == "pre":
            self._pre = max(self._pre - 1, 0)
        elif name in ("ul", "ol") and self._lists:
            self._lists.pop()

    def _close_link(self, target: str, line: int, column: int) -> None:
        text = self._line[column:] if line == len(self._lines) else ""
        bare = target.removeprefix("mailto:").rstrip("/")
        if self._links and target and text.strip().rstrip("/") not in (target.rstrip("/"), bare):
            self._line += f" <{target}>"

    def _end_line(self, gap: int, *, force: bool = False) -> None:
        """Ends the line; ``gap`` of 2 asks for an empty line before what comes next."""
        line = self._line if self._pre or self._line == _DELIMITER else self._line.rstrip()
        self._line = ""
        if line or (force and self._lines and not self._gap) or self._pre:
            prefix = self._prefix()
            if self._gap > 1 and self._lines:
                self._lines.append(min(prefix, self._last_prefix, key=len))
            self._lines.append(prefix + line)
            self._last_prefix = prefix
            self._gap = 0
        elif force:
            gap = 2
        self._gap = max(self._gap, gap) if self._gap else gap

    def _prefix(self) -> str:
        return "> " * min(self._quotes, 20)

    def text(self) -> str:
        self._end_line(1)
        return "\n".join(map(_trimmed, self._lines)).strip("\n")


def _trimmed(line: str) -> str:
    return "-- " if line == _DELIMITER else line.rstrip()
