"""Small real files for the demo mail: pictures, a PDF, a zip; drawn here, owned by nobody."""

import math
import struct
import zipfile
import zlib
from functools import cache
from io import BytesIO

Colour = tuple[int, int, int]


def png(width: int, height: int, top: Colour, bottom: Colour, sun: Colour) -> bytes:
    """A sky from one colour to another, a sun in it and a hill below."""
    rows = b"".join(_sky_row(y, width, height, top, bottom, sun) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _sky_row(y: int, width: int, height: int, top: Colour, bottom: Colour, sun: Colour) -> bytes:
    row = bytearray(bytes(_mixed(top, bottom, y / height)) * width)
    radius, centre = height // 6, (width * 2 // 3, height // 3)
    reach = radius**2 - (y - centre[1]) ** 2
    if reach > 0:
        half = int(math.sqrt(reach))
        row[(centre[0] - half) * 3 : (centre[0] + half) * 3] = bytes(sun) * (2 * half)
    hill = int(max(0, y - height * 3 // 4) * 2.2)
    row[: hill * 3] = bytes(_mixed(bottom, (30, 50, 45), 0.7)) * min(hill, width)
    return b"\0" + bytes(row[: width * 3])


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (int(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


# A JPEG in which every block of 8x8 is one colour: only the DC coefficients are coded.
# Nine DC categories with codes of four bits, one AC symbol (end of block) with the code 0.
_TABLES = (
    b"\xff\xdb\x00\x43\x00" + b"\x08" * 64
    + b"\xff\xc4\x00\x1c\x00" + bytes([0, 0, 0, 9] + [0] * 12) + bytes(range(9))
    + b"\xff\xc4\x00\x14\x10" + bytes([1] + [0] * 15) + b"\x00"
)  # fmt: skip
_SCAN = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"


@cache
def jpeg(columns: int, rows: int, top: Colour, bottom: Colour, hills: int) -> bytes:
    """A landscape of ``columns`` x ``rows`` blocks, with ``hills`` waves in the distance."""
    bits, before = [], [0, 0, 0]
    for row in range(rows):
        for column in range(columns):
            wave = 0.62 + 0.13 * math.sin(column * hills / columns * math.tau)
            share = row / rows
            colour = (
                _mixed(top, bottom, share) if share < wave else _mixed(bottom, (28, 48, 40), share)
            )
            for place, value in enumerate(_ycc(colour)):
                bits.append(_dc_bits(value - before[place]))
                before[place] = value
    size = struct.pack(">HH", rows * 8, columns * 8)
    frame = b"\xff\xc0\x00\x11\x08" + size + b"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    return b"\xff\xd8" + _TABLES + frame + _SCAN + _packed("".join(bits)) + b"\xff\xd9"


def _ycc(colour: Colour) -> tuple[int, int, int]:
    """Y, Cb and Cr, less 128, as JFIF has them."""
    red, green, blue = colour
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return int(light) - 128, int(0.564 * (blue - light)), int(0.713 * (red - light))


def _dc_bits(difference: int) -> str:
    size = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << size) - 1
    return f"{size:04b}" + (f"{value:0{size}b}" if size else "") + "0"


def _packed(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


@cache
def pdf(title: str, *lines: str) -> bytes:
    """One A4 page in Helvetica."""
    text = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
    page = f"BT /F 20 Tf 60 770 Td ({_escaped(title)}) Tj /F 11 Tf 16 TL 0 -34 Td {text}ET"
    stream = page.encode("cp1252", "replace")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )
    return _pdf_file(objects)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _pdf_file(objects: tuple[bytes, ...]) -> bytes:
    out, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, rows)
    return (
        out + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    )


def archive(**files: bytes) -> bytes:
    """A zip; ``__`` in a name stands for its dot."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name.replace("__", "."), (2026, 1, 1, 12, 0, 0))
            zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
