"""A part of a message as a file: its size where that can be known, and any stretch of it.

Nothing is kept: each stretch is asked of the mail server by partial fetches (RFC 9051,
6.4.5).  The same part never changes, so that its tag is made of where it is.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from webmail.index.telling import lend_store
from webmail.message.base64_layout import PROBE_BYTES, Base64Layout, find_layout
from webmail.message.bodystructure import Part, PartDecoder, decode_part
from webmail.message.inside import MARK
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import StoreError
from webmail.web.http import MailRequest
from webmail.web.inner_parts import inner_part

PIECE_BYTES = 512 * 1024
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_COUNTED_BYTES = 32 * 1024 * 1024


class PartDamaged(StoreError):
    """The lines of a part turned out to be other than they looked; the stretch ends here."""


@dataclass(frozen=True, slots=True)
class PartFile:
    """``size_bytes`` is that after decoding, or None; ``head`` begins the decoded file.

    ``content`` is the file itself when it is small, ``offset_bytes`` how far ``raw_head``
    goes in the part as transferred.
    """

    request: MailRequest
    ref: MessageRef
    part: Part
    etag: str
    raw_head: bytes
    head: bytes
    content: bytes | None
    size_bytes: int | None
    layout: Base64Layout | None

    def whole(self) -> Iterator[bytes]:
        """All of it, piece by piece, as it is decoded."""
        if self.content is not None:
            return iter((self.content,))
        return _decoded(self._raw(0), self.part.encoding)

    def stretch(self, start: int, stop: int) -> Iterator[bytes]:
        """The decoded octets from ``start`` up to ``stop``."""
        if self.content is not None:
            return iter((self.content[start:stop],))
        if self.layout is not None:
            offset, before = self.layout.offset_of(start)
            pieces = _decoded(self._regular(offset, self.layout), "base64")
            return _cut(pieces, before, before + stop - start)
        if self.part.encoding in _IDENTITY:
            return _cut(self._raw(start), 0, stop - start)
        return _cut(self.whole(), start, stop)

    def count(self) -> int | None:
        """The size, if need be by reading the part once; None for what is too large for that."""
        if self.size_bytes is not None or self.part.size_bytes > _COUNTED_BYTES:
            return self.size_bytes
        return sum(map(len, self.whole()))

    def _raw(self, offset: int) -> Iterator[bytes]:
        """The part as transferred, from ``offset`` on; a slow reader keeps no session."""
        if offset < len(self.raw_head):
            yield self.raw_head[offset:]
            offset = len(self.raw_head)
        while piece := fetch(self.request, self.ref, self.part.section, offset, PIECE_BYTES):
            yield piece
            if len(piece) < PIECE_BYTES:
                return
            offset += len(piece)

    def _regular(self, offset: int, layout: Base64Layout) -> Iterator[bytes]:
        for piece in self._raw(offset):
            if not layout.holds(piece, offset):
                raise PartDamaged("The lines of this file are not of one length.")
            yield piece
            offset += len(piece)


def open_part(
    request: MailRequest, ref: MessageRef, part: Part, *, head_bytes: int = PIECE_BYTES
) -> PartFile:
    """Asks for the beginning, and of a larger part for the end, which tells its size.

    A part inside another is read whole.
    """
    if MARK in part.section:
        return _inner_file(request, ref, part)
    raw_head = fetch(request, ref, part.section, 0, head_bytes)
    head = decode_part(raw_head, part.encoding)
    is_all = len(raw_head) < head_bytes
    layout, size = None, len(head) if is_all else None
    if not is_all and part.size_bytes > head_bytes:
        layout, size = _measure(request, ref, part, raw_head)
    return PartFile(
        request=request,
        ref=ref,
        part=part,
        etag=etag_of(request.account.pk, ref, part.section),
        raw_head=raw_head,
        head=head,
        content=head if is_all else None,
        size_bytes=size,
        layout=layout,
    )


def _inner_file(request: MailRequest, ref: MessageRef, part: Part) -> PartFile:
    content = inner_part(request, ref, part.section)[1]
    return PartFile(
        request=request,
        ref=ref,
        part=part,
        etag=etag_of(request.account.pk, ref, part.section),
        raw_head=b"",
        head=content,
        content=content,
        size_bytes=len(content),
        layout=None,
    )


def etag_of(account_id: int, ref: MessageRef, section: str) -> str:
    place = f"{account_id}|{ref.mailbox}|{ref.uidvalidity}|{ref.uid}|{section}"
    return f'"{hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def fetch(request: MailRequest, ref: MessageRef, section: str, offset: int, limit: int) -> bytes:
    """``limit`` octets of the part as transferred, fewer at its end, in a loan of their own."""
    with lend_store(request, request.account) as store:
        pieces = store.part(ref, section, offset_bytes=offset, limit_bytes=limit)
        with closing(pieces):  # type: ignore[type-var]
            return b"".join(pieces)


def _measure(
    request: MailRequest, ref: MessageRef, part: Part, raw_head: bytes
) -> tuple[Base64Layout | None, int | None]:
    """The layout and the decoded size, if the server's own size proves true."""
    if part.encoding not in _IDENTITY and part.encoding != "base64":
        return None, None
    length = min(PROBE_BYTES, part.size_bytes)
    tail = fetch(request, ref, part.section, part.size_bytes - length, length + 1)
    if len(tail) != length:
        return None, None
    if part.encoding in _IDENTITY:
        return None, part.size_bytes
    layout = find_layout(raw_head[:PROBE_BYTES], tail, part.size_bytes)
    return layout, layout.size_bytes if layout else None


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Decodes as it goes: the memory it takes does not grow with the part."""
    decoder = PartDecoder(encoding)
    for piece in pieces:
        if decoded := decoder.feed(piece):
            yield decoded
    if rest := decoder.finish():
        yield rest


def _cut(pieces: Iterator[bytes], start: int, stop: int) -> Iterator[bytes]:
    """The octets from ``start`` up to ``stop`` of all pieces together."""
    position = 0
    for piece in pieces:
        if wanted := piece[max(start - position, 0) : max(stop - position, 0)]:
            yield wanted
        position += len(piece)
        if position >= stop:
            return
