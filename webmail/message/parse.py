"""A message from its octets, numbered as an IMAP server numbers it (RFC 9051, 6.4.5).

No recursion and no second copy: the parser walks once over the lines that start with
``--`` and remembers offsets.  Beyond the caps (T33) a part is left whole, not lost.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from webmail.message.bodystructure import Part
from webmail.message.envelope import Envelope, envelope_from_fields
from webmail.message.giving_way import give_way, politely
from webmail.message.header import (
    MAX_HEADER_BYTES,
    Fields,
    first,
    header_end,
    is_media_type,
    location_from_field,
    media_type_and_parameters,
    split_fields,
    unended_header,
    value_and_parameters,
)
from webmail.message.words import decode_header_words

MAX_PARTS = 1000
MAX_DEPTH = 50

_DASHES = re.compile(rb"^--[^\r\n]*", re.MULTILINE)
# A line that looks like a delimiter: the next one begins the header of a part.
_DELIMITER = re.compile(
    rb"^--([^\r\n]{1,200})\r?\nContent-(?:Type|Disposition|Transfer-Encoding|ID)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_BLANKS = re.compile(rb"[\r\n]*")
_MAX_GUESSED = 10  # parts in; each guess looks through the whole message
_IDENTITY = ("7bit", "8bit", "binary")


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A whole message.  ``headers`` are the fields of the top, in order, decoded."""

    envelope: Envelope
    structure: Part
    headers: tuple[tuple[str, str], ...]
    raw: bytes
    places: dict[str, tuple[int, int]]
    is_cut: bool = False
    """More parts or levels than the caps allow: the rest is inside the last part shown."""

    def part_bytes(self, section: str) -> bytes:
        """The octets of a part as transferred; the empty section is the whole message."""
        if section == "":
            return self.raw
        start, end = self.places.get(section, (0, 0))
        return self.raw[start:end]


def parse_structure(raw: bytes) -> tuple[Part, dict[str, tuple[int, int]]]:
    """The tree of parts, and where the content of each begins and ends, by section."""
    places: dict[str, tuple[int, int]] = {}
    return _numbered(_Walk(raw).run(), places), places


def parse_message(raw: bytes) -> ParsedMessage:
    """Never raises, whatever the octets."""
    lines = _with_line_feeds(raw)
    walk = _Walk(lines)
    fields = split_fields(lines[: min(header_end(lines), MAX_HEADER_BYTES)])
    root = walk.run()
    hint = value_and_parameters(first(fields, "Content-Type"))[1].get("charset", "")
    places: dict[str, tuple[int, int]] = {}
    structure = _numbered(root, places)
    return ParsedMessage(
        envelope=envelope_from_fields(fields),
        structure=structure,
        headers=tuple((name, decode_header_words(value, hint=hint)) for name, value in fields),
        raw=raw,
        places=places,
        is_cut=walk.is_cut,
    )


def _with_line_feeds(raw: bytes) -> bytes:
    """The octets with lines to be found in them, where the line ends are bare CR; as long."""
    has_only_returns = b"\r" in raw[:MAX_HEADER_BYTES] and b"\n" not in raw
    return raw.replace(b"\r", b"\n") if has_only_returns else raw


@dataclass(slots=True)
class _Node:
    """A part while the walk is going on; ``start`` and ``end`` bound its body."""

    media_type: str
    parameters: dict[str, str]
    fields: Fields
    start: int
    end: int = -1
    boundary: bytes | None = None
    shadowed: "_Node | None" = None
    children: list["_Node"] = field(default_factory=list)

    @property
    def holds_message(self) -> bool:
        encoding = _encoding(self.fields)
        return self.media_type in ("message/rfc822", "message/global") and encoding in _IDENTITY


class _Walk:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.is_cut = False
        self._open: list[_Node] = []
        self._boundaries: dict[bytes, _Node] = {}
        self._parts = 0

    def run(self) -> _Node:
        root = self._enter(0, "text/plain")
        position = self._open[-1].start
        looks = 0
        while match := _DASHES.search(self.raw, position):
            looks += 1
            if looks % 50 == 0:
                give_way()
            position = match.end()
            line = match[0][2:].rstrip(b" \t")
            owner = self._boundaries.get(line)
            is_close = owner is None and line.endswith(b"--")
            if is_close:
                owner = self._boundaries.get(line[:-2])
            if owner is not None:
                position = self._at_boundary(owner, match.start(), match.end(), is_close=is_close)
        self._close_until(None, len(self.raw))
        return root

    def _at_boundary(self, owner: _Node, start: int, end: int, *, is_close: bool) -> int:
        self._close_until(owner, self._before_line_end(start))
        after = self.raw.find(b"\n", end) + 1 or len(self.raw)
        if is_close:
            self._forget(owner)
            return after
        if self._parts >= MAX_PARTS:
            self._swallow_rest(owner)
            return after
        default = "message/rfc822" if owner.media_type == "multipart/digest" else "text/plain"
        owner.children.append(self._enter(after, default))
        return self._open[-1].start if self._open[-1] is not owner else after

    def _swallow_rest(self, owner: _Node) -> None:
        """The cap: the last part goes on to the end of the message."""
        self.is_cut = True
        self._boundaries.clear()
        if owner.children and not owner.children[-1].children:
            owner.children[-1].end = len(self.raw)

    def _enter(self, position: int, default: str) -> _Node:
        """Opens the part whose header starts here, and the message in it, and so on."""
        outer = first_entered = self._open_node(position, default)
        while outer.holds_message:
            if len(self._open) >= MAX_DEPTH or self._parts >= MAX_PARTS:
                self.is_cut = True
                break
            inner = self._open_node(outer.start, "text/plain")
            outer.children.append(inner)
            outer = inner
        return first_entered

    def _open_node(self, position: int, default: str) -> _Node:
        body = self._body_start(position)
        fields = split_fields(self.raw[position : min(body, position + MAX_HEADER_BYTES)])
        media_type, parameters = media_type_and_parameters(first(fields, "Content-Type"))
        if not is_media_type(media_type):
            is_file = bool(parameters.get("name")) or self._parts > 0
            media_type = _type_instead_of(media_type, default, is_file=is_file)
        node = _Node(media_type, parameters, fields, body)
        self._parts += 1
        self._open.append(node)
        if media_type.startswith("multipart/"):
            self._open_multipart(node)
        return node

    def _open_multipart(self, node: _Node) -> None:
        declared = node.parameters.get("boundary", "\n")
        boundary = declared.encode("utf-8", "surrogateescape").rstrip(b" \t")
        if self._parts <= _MAX_GUESSED and self.raw.find(b"--" + boundary, node.start) < 0:
            boundary = self._guessed_boundary(node)
        if len(self._open) > MAX_DEPTH:
            self.is_cut = True
        elif boundary != b"\n":
            node.boundary = boundary
            node.shadowed = self._boundaries.get(boundary)
            self._boundaries[boundary] = node

    def _guessed_boundary(self, node: _Node) -> bytes:
        """What delimits the parts to the eye, where the field names nothing that does."""
        found = _DELIMITER.search(self.raw, node.start)
        boundary = found[1].rstrip() if found else b"\n"
        return b"\n" if boundary in self._boundaries else boundary

    def _body_start(self, position: int) -> int:
        """The end of the header, but not beyond the next boundary line."""
        end = header_end(self.raw, position, position + 4 * MAX_HEADER_BYTES)
        for match in _DASHES.finditer(self.raw, position, end):
            line = match[0][2:].rstrip(b" \t")
            if line in self._boundaries or line.removesuffix(b"--") in self._boundaries:
                return unended_header(self.raw, position, match.start())
        if self._is_empty_from(end):  # so the empty line ends the body, not the header
            return min(unended_header(self.raw, position, end), end)
        return end

    def _is_empty_from(self, position: int) -> bool:
        """Whether nothing but empty lines is left before the next boundary line."""
        blanks = _BLANKS.match(self.raw, position)
        after = blanks.end() if blanks else position
        found = _DASHES.match(self.raw, after)
        line = found[0][2:].rstrip(b" \t") if found else b"\n"
        is_boundary = line in self._boundaries or line.removesuffix(b"--") in self._boundaries
        return is_boundary or after == len(self.raw)

    def _before_line_end(self, position: int) -> int:
        """The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1)."""
        if self.raw.endswith(b"\r\n", 0, position):
            return position - 2
        return position - 1 if self.raw.endswith(b"\n", 0, position) else position

    def _close_until(self, owner: _Node | None, end: int) -> None:
        while self._open and self._open[-1] is not owner:
            node = self._open.pop()
            if node.end < 0:
                node.end = max(end, node.start)
            self._forget(node)

    def _forget(self, node: _Node) -> None:
        """Its boundary means nothing any more, or again what it meant outside."""
        if node.boundary is None or self._boundaries.get(node.boundary) is not node:
            return
        if node.shadowed is not None:
            self._boundaries[node.boundary] = node.shadowed
        else:
            del self._boundaries[node.boundary]


def _numbered(root: _Node, places: dict[str, tuple[int, int]]) -> Part:
    """The tree of Parts, built from the leaves up without recursion."""
    order: list[tuple[_Node, str]] = []
    waiting = [(root, "" if root.children and not root.holds_message else "1")]
    while waiting:
        node, section = waiting.pop()
        order.append((node, section))
        places.setdefault(section, (node.start, node.end))
        waiting += _sections_below(node, section)
    whole = {id(root), *(id(n.children[0]) for n, _ in order if n.holds_message and n.children)}
    built: dict[int, Part] = {}
    for node, section in politely(reversed(order), 5):
        children = tuple(built[id(child)] for child in node.children)
        built[id(node)] = _part(node, section, children, is_whole=id(node) in whole)
    return built[id(root)]


def _sections_below(node: _Node, section: str) -> Iterator[tuple[_Node, str]]:
    if node.holds_message:
        for child in node.children:
            is_multipart = bool(child.children) and not child.holds_message
            yield child, section if is_multipart else f"{section}.1"
        return
    for number, child in enumerate(node.children, start=1):
        yield child, f"{section}.{number}" if section else str(number)


def _part(node: _Node, section: str, children: tuple[Part, ...], *, is_whole: bool) -> Part:
    disposition, disposition_parameters = value_and_parameters(
        first(node.fields, "Content-Disposition")
    )
    others = {k: v for k, v in node.parameters.items() if k not in ("charset", "name", "boundary")}
    media_type = node.media_type
    if media_type.startswith("multipart/") and not children and is_whole:
        # Nothing could be told apart in it: better shown as text than not at all.
        media_type = "text/plain"
    return Part(
        section=section,
        media_type=media_type,
        charset=node.parameters.get("charset", "").lower(),
        encoding=_encoding(node.fields),
        disposition=_disposition(disposition),
        filename=disposition_parameters.get("filename", "") or node.parameters.get("name", ""),
        content_id=decode_header_words(first(node.fields, "Content-ID")).strip("<> "),
        size_bytes=node.end - node.start,
        parameters=tuple(others.items()),
        children=children,
        content_location=location_from_field(first(node.fields, "Content-Location")),
    )


def _type_instead_of(written: str, default: str, *, is_file: bool) -> str:
    """RFC 2045, 5.2: what is no type is text; but a file of which nobody knows is a file."""
    is_unknown = written and not written.startswith("text") and is_file
    return "application/octet-stream" if is_unknown else default


def _encoding(fields: Fields) -> str:
    value = value_and_parameters(first(fields, "Content-Transfer-Encoding"))[0]
    return value.strip("\"' ") or "7bit"


def _disposition(value: str) -> str:
    """RFC 2183, 2.8: an unknown disposition is an attachment."""
    return value if value in ("", "inline") else "attachment"
