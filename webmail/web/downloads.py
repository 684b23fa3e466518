"""Parts of a message as files: their cards, their names, and the bytes on their way out."""

import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from webmail.index.telling import lend_store
from webmail.message.bodystructure import Part
from webmail.store.protocol import MailStore
from webmail.web.http import PART_HEADERS, MailRequest
from webmail.web.sizes import size_text

Read = Callable[[MailStore, int], Generator[bytes, None, None]]

OCTETS = "application/octet-stream"
# The only types we ever name, each proved by its first octets (T22, T23, T24).
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_NAME_LIMIT = 150
_SUFFIX_LIMIT = 12
# Right-to-left and other direction controls, as one shows them where they would deceive (T20).
_SHOWN_CONTROLS = {
    0x202A: "⟨LRE⟩",
    0x202B: "⟨RLE⟩",
    0x202C: "⟨PDF⟩",
    0x202D: "⟨LRO⟩",
    0x202E: "⟨RLO⟩",
    0x2066: "⟨LRI⟩",
    0x2067: "⟨RLI⟩",
    0x2068: "⟨FSI⟩",
    0x2069: "⟨PDI⟩",
    0x200E: "⟨LRM⟩",
    0x200F: "⟨RLM⟩",
}


def decoded_size(part: Part) -> int:
    """About how large the file is; base64 has four characters for three, in lines of 76."""
    return part.size_bytes * 76 // 78 * 3 // 4 if part.encoding == "base64" else part.size_bytes


def total_size_text(parts: Iterable[Part]) -> str:
    return size_text(sum(decoded_size(part) for part in parts))


def show_controls(name: str) -> str:
    """A name with the controls that would deceive written out (T20)."""
    return name.translate(_SHOWN_CONTROLS)


def clean_name(part: Part) -> str:
    """The part's file name made harmless; one from its type where it has none."""
    if part.filename:
        return clean_filename(part.filename)
    kind, _, subtype = part.media_type.partition("/")
    if part.media_type == "message/rfc822":
        return "message.eml"
    if kind in {"image", "audio", "video"} and subtype.isalnum():
        return f"{kind}.{subtype[:_SUFFIX_LIMIT]}"
    return {"text/calendar": "invitation.ics", "text/html": "text.html"}.get(
        part.media_type, "text.txt" if kind == "text" else "attachment"
    )


def clean_filename(name: str) -> str:
    """A name without folders, controls, device names or endless length (T20, T26)."""
    leaf = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        c for c in leaf if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    visible = visible.translate(dict.fromkeys(map(ord, '<>:"|?*'), "_")).strip(". ")
    stem, dot, suffix = visible.rpartition(".")
    if not dot or len(suffix) > _SUFFIX_LIMIT:
        stem, suffix = visible, ""
    if stem.partition(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem}"
    stem = stem[: _NAME_LIMIT - len(suffix)].rstrip(". ")
    return (f"{stem}.{suffix}" if suffix else stem) or "attachment"


def pieces_lent(request: MailRequest, read: Read) -> Iterator[bytes]:
    """``read(store, offset_bytes)`` piece by piece, each in a loan of its own.

    A slow download so keeps no session from the person's other pages.
    """
    offset = 0
    while piece := _piece(request, read, offset):
        yield piece
        offset += len(piece)


def _piece(request: MailRequest, read: Read, offset: int) -> bytes:
    with lend_store(request, request.account) as store, closing(read(store, offset)) as pieces:
        return next(pieces, b"")


def source_response(
    pieces: Iterator[bytes], filename: str, *, inline: bool
) -> StreamingHttpResponse:
    """The message as it came: a file, or text to look at."""
    if inline:
        response = StreamingHttpResponse(pieces, content_type="text/plain; charset=utf-8")
        for name, value in PART_HEADERS.items():
            response.headers[name] = value
        return response
    return _attachment(pieces, OCTETS, filename)


def picture_type(first: bytes) -> str:
    """The type of a picture by its first octets; empty for all else, SVG above all."""
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _PICTURES if first.startswith(magic)), "")


def _attachment(pieces: Iterator[bytes], kind: str, filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=kind)
    for name, value in PART_HEADERS.items():
        response.headers[name] = value
    disposition = content_disposition_header(as_attachment=True, filename=filename)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response
