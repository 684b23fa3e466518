"""Where an octet stands in the lines of a base64 part, so that a file can be read from its midst.

Only lines of one length, each of whole groups, let one count (RFC 2045, section 6.8).
"""

import re
from dataclasses import dataclass

PROBE_BYTES = 4096
"""How much of a part's beginning and of its end ``find_layout`` wants to see."""

_LINE = re.compile(rb"([A-Za-z0-9+/]{4,1020})(\r?\n)")
_LAST = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@dataclass(frozen=True, slots=True)
class Base64Layout:
    """``symbols`` on each line but the last, then ``ending`` octets; ``size_bytes`` decoded.

    ``content_bytes`` counts the octets as transferred up to the last symbol.
    """

    symbols: int
    ending: int
    content_bytes: int
    size_bytes: int

    def offset_of(self, position: int) -> tuple[int, int]:
        """Where to read for the decoded octet at ``position``, and how many come before it."""
        group, before = divmod(position, 3)
        row, column = divmod(group * 4, self.symbols)
        return row * (self.symbols + self.ending) + column, before

    def holds(self, piece: bytes, offset: int) -> bool:
        """Whether the lines of ``piece``, read at ``offset``, end where they should."""
        piece = piece[: max(self.content_bytes - offset, 0)]
        step = self.symbols + self.ending
        ends = piece[(step - 1 - offset) % step :: step]
        return len(ends) == ends.count(b"\n") == piece.count(b"\n")


def find_layout(head: bytes, tail: bytes, size_bytes: int) -> Base64Layout | None:
    """The layout that a part's first and last octets show; None where they show none.

    ``size_bytes`` is that of the part as transferred; ``tail`` ends with it.
    """
    first = _LINE.match(head)
    if first is None or len(first[1]) % 4:
        return None
    symbols, ending = len(first[1]), len(first[2])
    if not _is_regular(head, symbols, first[2]):
        return None
    start = size_bytes - len(tail)
    begin = -start % (symbols + ending)
    rows, last = _count_rows(tail[begin:], symbols, first[2])
    if last is None:
        return None
    rows += (start + begin) // (symbols + ending)
    padding = last.count(b"=")
    return Base64Layout(
        symbols=symbols,
        ending=ending,
        content_bytes=rows * (symbols + ending) + len(last),
        size_bytes=rows * symbols // 4 * 3 + len(last) // 4 * 3 - padding,
    )


def _is_regular(head: bytes, symbols: int, ending: bytes) -> bool:
    *lines, _ = head.split(ending)
    return all(len(line) == symbols and b"=" not in line for line in lines)


def _count_rows(tail: bytes, symbols: int, ending: bytes) -> tuple[int, bytes | None]:
    """Full lines, and the last symbols; None for those when a line is not as the others."""
    *lines, last = tail.rstrip(b"\r\n").split(ending)
    is_regular = _is_regular(ending.join((*lines, b"")), symbols, ending)
    if not is_regular or len(last) > symbols or not _LAST.fullmatch(last):
        return 0, None
    return len(lines), last
