"""What a photo says beside its pixels: found, and taken out without touching the pixels.

JPEG (ITU T.81), PNG and WebP are containers of pieces: those with Exif, XMP, IPTC, comments and
whatever follows the picture's end are left out, those with pixels, colours (ICC) and the way up
stay as they are.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import wraps

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_ORIENTATION, _GPS = 0x0112, 0x8825
_SOS, _EOI = 0xDA, 0xD9
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FILLING = re.compile(rb"\xff+(?=\xff)")
_PNG_WORDS = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_VP8X_MARKS = 0x0C  # the flags for Exif and for XMP
# Photos have some thousands; of the smallest ones 50 MB would be millions.
_MOST_PIECES = 50_000

Pieces = Iterator[tuple[bytes, bytes]]


def _counted(pieces_of: Callable[[bytes], Pieces]) -> Callable[[bytes], Pieces]:
    @wraps(pieces_of)
    def counted(content: bytes) -> Pieces:
        for number, piece in enumerate(pieces_of(content)):
            if number == _MOST_PIECES:
                raise ValueError("too many pieces")
            yield piece

    return counted


def is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in _HEIF


def is_photo(content: bytes) -> bool:
    """One of the formats that this module takes apart."""
    return content.startswith((_JPEG, _PNG)) or _is_webp(content)


def has_place(content: bytes) -> bool:
    """Whether it says where it was taken; no for what cannot be read."""
    try:
        exif, xmp = _marks(content)
    except (ValueError, struct.error, IndexError):
        return False
    return b"GPSLatitude" in xmp or b"GPSLongitude" in xmp or _gps_size(exif) > 0


def without_marks(content: bytes) -> bytes | None:
    """The same pixels, the same way up; None for what cannot be read."""
    try:
        exif, _ = _marks(content)
        way_up = _exif_of(_orientation(exif)) if _orientation(exif) > 1 else b""
        if content.startswith(_JPEG):
            return _jpeg_without(content, way_up)
        return _png_without(content, way_up) if content.startswith(_PNG) else _webp(content, way_up)
    except (ValueError, struct.error, IndexError):
        return None


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _marks(content: bytes) -> tuple[bytes, bytes]:
    """The Exif block, from its TIFF header on, and all of XMP."""
    if content.startswith(_JPEG):
        blocks = [body for name, body in _segments(content) if name == b"\xe1"]
        exif = next((b[6:] for b in blocks if b.startswith(_EXIF)), b"")
        return exif, b"".join(b for b in blocks if not b.startswith(_EXIF))
    if content.startswith(_PNG):
        chunks = list(_chunks(content))
        exif = next((body for name, body in chunks if name == b"eXIf"), b"")
        return exif, b"".join(body for name, body in chunks if name == b"iTXt")
    if _is_webp(content):
        parts = dict(_riff(content))
        return parts.get(b"EXIF", b"").removeprefix(_EXIF), parts.get(b"XMP ", b"")
    raise ValueError("no photo")


# -- Exif -----------------------------------------------------------------------------------------


def _entries(tiff: bytes, at: int) -> dict[int, tuple[int, int]]:
    """The tags of one directory: how many values, and the value as a number (short or long)."""
    order = "<" if tiff[:2] == b"II" else ">"
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    found = {}
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, size = struct.unpack_from(f"{order}HHI", tiff, place)
        form = f"{order}H" if kind == 3 else f"{order}I"
        found[tag] = (size, struct.unpack_from(form, tiff, place + 8)[0])
    return found


def _first(tiff: bytes) -> dict[int, tuple[int, int]]:
    if tiff[:2] not in (b"II", b"MM"):
        return {}
    return _entries(tiff, struct.unpack_from("<I" if tiff[:2] == b"II" else ">I", tiff, 4)[0])


def _orientation(tiff: bytes) -> int:
    value = _first(tiff).get(_ORIENTATION, (1, 1))[1]
    return value if 1 <= value <= 8 else 1


def _gps_size(tiff: bytes) -> int:
    """How many tags of a place there are beside the version of them."""
    pointer = _first(tiff).get(_GPS)
    return len(set(_entries(tiff, pointer[1])) - {0}) if pointer else 0


def _exif_of(orientation: int) -> bytes:
    head = b"MM\0*" + struct.pack(">IH", 8, 1)
    return head + struct.pack(">HHIHHI", _ORIENTATION, 3, 1, orientation, 0, 0)


# -- JPEG -----------------------------------------------------------------------------------------


@_counted
def _segments(content: bytes) -> Pieces:
    """Marker and body of what comes before the first scan."""
    at = _past_filling(content, 2)
    while content[at] == 0xFF and content[at + 1] != _SOS:
        (size,) = struct.unpack_from(">H", content, at + 2)
        yield content[at + 1 : at + 2], content[at + 4 : at + 2 + size]
        at = _past_filling(content, at + 2 + size)
    if content[at] != 0xFF:
        raise ValueError("no marker")


def _past_filling(content: bytes, at: int) -> int:
    """Where the marker begins: any number of 0xFF may come before it (T.81, B.1.1.2)."""
    filling = _FILLING.match(content, at)
    return filling.end() if filling else at


def _stays(name: bytes, body: bytes) -> bool:
    if name == b"\xe0":
        return body.startswith(b"JFIF\0")
    if name == b"\xe2":
        return body.startswith(b"ICC_PROFILE\0")
    return name == b"\xee" or not (0xE0 <= name[0] <= 0xEF or name == b"\xfe")


def _jpeg_without(content: bytes, way_up: bytes) -> bytes:
    size = 2
    kept = [_segment(b"\xe1", _EXIF + way_up)] if way_up else []
    for name, body in _segments(content):
        size = _past_filling(content, size) + 4 + len(body)
        if _stays(name, body):
            # JFIF comes first, Exif right behind it.
            kept.insert(0 if name == b"\xe0" else len(kept), _segment(name, body))
    return b"".join((b"\xff\xd8", *kept, content[size : _end_of_jpeg(content, size)]))


def _segment(name: bytes, body: bytes) -> bytes:
    return b"\xff" + name + struct.pack(">H", len(body) + 2) + body


def _end_of_jpeg(content: bytes, at: int) -> int:
    """Behind the end of the picture: what cameras hang on is more pictures, films, places."""
    while found := _END_OF_SCAN.search(content, at):
        at = found.end()
        if content[at - 1] == _EOI:
            return at
        at += struct.unpack_from(">H", content, at)[0]
    raise ValueError("no end")


# -- PNG and WebP ---------------------------------------------------------------------------------


@_counted
def _chunks(content: bytes) -> Pieces:
    at, name = 8, b""
    while name != b"IEND":
        size, name = struct.unpack_from(">I4s", content, at)
        if at + 12 + size > len(content):
            raise ValueError("no end")
        yield name, content[at + 8 : at + 8 + size]
        at += 12 + size


def _png_without(content: bytes, way_up: bytes) -> bytes:
    kept = []
    for name, body in _chunks(content):
        if name not in _PNG_WORDS:
            kept.append(_chunk(name, body))
        if name == b"IHDR" and way_up:
            kept.append(_chunk(b"eXIf", way_up))
    return _PNG + b"".join(kept)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@_counted
def _riff(content: bytes) -> Pieces:
    at, end = 12, 8 + struct.unpack_from("<I", content, 4)[0]
    if end > len(content):
        raise ValueError("no end")
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _webp(content: bytes, way_up: bytes) -> bytes:
    kept = []
    for name, body in _riff(content):
        if name == b"VP8X":
            flags = body[0] & ~_VP8X_MARKS | (0x08 if way_up else 0)
            kept.append((name, bytes([flags]) + body[1:]))
        elif name not in (b"EXIF", b"XMP "):
            kept.append((name, body))
    if way_up:
        kept.append((b"EXIF", way_up))
    written = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in kept
    )
    return b"RIFF" + struct.pack("<I", len(written) + 4) + b"WEBP" + written
