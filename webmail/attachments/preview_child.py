"""The child process of ``preview_job``: a file on stdin, its preview on stdout.

Nothing is imported above that the limits should hold: decoders of pictures and of PDF
are old, large and written in C.
"""

import ctypes
import io
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CPU_S = 6
MEMORY_BYTES = 1024 * 1024 * 1024
ANSWER_BYTES = 16 * 1024 * 1024
THUMB, VIEW = 320, 1600
MOST_PIXELS = 64_000_000
MOST_PAGES = 5
PAGES_CPU_S = 3.0
TEXT_BYTES = 100_000
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000

Files = list[tuple[str, bytes]]


def main() -> None:
    _limit()
    kind, charset = sys.argv[1:3]
    source = sys.stdin.buffer.read()
    files, shown, total = _JOBS[kind](source, "" if charset == "-" else charset)
    sizes = [(name, len(content)) for name, content in files]
    head = json.dumps({"files": sizes, "shown": shown, "total": total})
    sys.stdout.buffer.write(b"".join((head.encode(), b"\n", *(content for _, content in files))))


def _limit() -> None:
    """Ends it when it takes too much; where Linux lets anybody do so, the net goes away too."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (ANSWER_BYTES, ANSWER_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None:
        unshare(_NEW_USER | _NEW_NET)


def picture(source: bytes, _: str = "") -> tuple[Files, int, int]:
    """Decoded and encoded anew: no metadata, no place, nothing hidden behind the pixels."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own cap, after a JPEG was asked for a smaller size
    with Image.open(io.BytesIO(source), formats=_FORMATS) as image:
        image.draft("RGB", (VIEW, VIEW))
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        image.thumbnail((VIEW, VIEW), reducing_gap=3.0)
        view = _in_srgb(ImageOps.exif_transpose(image))
    return [("thumb.webp", _webp(_thumb(view))), ("view-1.webp", _webp(view))], 1, 1


def pdf(source: bytes, _: str = "") -> tuple[Files, int, int]:
    """The first pages.  pdfium comes without JavaScript; forms show what was filled in."""
    import pypdfium2

    document = pypdfium2.PdfDocument(source)
    total = len(document)
    if document.get_formtype():
        document.init_forms()
    pages = [_webp(image) for image in _pages(document, min(total, MOST_PAGES))]
    first = next(_pages(document, 1))
    files = [(f"view-{number}.webp", page) for number, page in enumerate(pages, start=1)]
    return [("thumb.webp", _webp(_thumb(first))), *files], len(pages), total


def text(source: bytes, charset: str) -> tuple[Files, int, int]:
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from webmail.message.charset import decode_text

    decoded = decode_text(source[:TEXT_BYTES], charset)
    if len(source) >= TEXT_BYTES:
        decoded = decoded.rstrip("\ufffd")  # a character that was cut in two
    lines = decoded.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(c for c in lines if c in "\n\t" or c >= " " and c != "\x7f")
    return [("text.txt", shown.encode("utf-8", "replace"))], 1, 1


_JOBS = {"picture": picture, "pdf": pdf, "text": text}


def _pages(document, count: int) -> Iterator:  # type: ignore[no-untyped-def, type-arg]
    """Rendered until the time for it is up; at least one."""
    for number in range(count):
        if number and time.process_time() > PAGES_CPU_S:
            return
        page = document[number]
        scale = min(VIEW / max(page.get_width(), page.get_height(), 1), 4)
        yield page.render(scale=scale).to_pil()


def _in_srgb(image):  # type: ignore[no-untyped-def]
    """The colours a screen shows; the profile that says how stays behind."""
    from PIL import ImageCms

    is_clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            ours = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, theirs, ours, outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile: as if there were none
    return image.convert("RGBA" if is_clear else "RGB")


def _thumb(image):  # type: ignore[no-untyped-def]
    small = image.copy()
    small.thumbnail((THUMB, THUMB), reducing_gap=3.0)
    return small


def _webp(image) -> bytes:  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    image.save(out, "WEBP", quality=85, method=2, exif=b"", icc_profile=None)
    return out.getvalue()


if __name__ == "__main__":
    main()
