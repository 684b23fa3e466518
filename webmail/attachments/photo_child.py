"""The child process of ``photos``: a photo on stdin, a smaller one on stdout."""

import io
import resource
import sys
import warnings
from pathlib import Path

CPU_S = 15
MEMORY_BYTES = 1536 * 1024 * 1024
MAX_PIXELS = 120_000_000  # what telephones take, whole
_FORMATS = ("PNG", "JPEG", "WEBP")


def main() -> None:
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from webmail.message.jail import confine

    confine(cpu_s=CPU_S, memory_bytes=MEMORY_BYTES)
    content = sys.stdin.buffer.read()
    from PIL import Image

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    # From here on no file can be written, nor opened.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.buffer.write(smaller(content, int(sys.argv[1])))


def smaller(content: bytes, max_px: int) -> bytes:
    """In the same format and colours (ICC), the way up written into the pixels.

    What it says beside them stays: whether that goes is another question.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        kind = picture.format
        if getattr(picture, "n_frames", 1) > 1:
            raise ValueError("an animation")
        if max(picture.size) <= max_px:
            raise ValueError("small already")
        if picture.mode in ("RGB", "L"):
            picture.draft(picture.mode, (max_px, max_px))
        profile = picture.info.get("icc_profile")
        turned = ImageOps.exif_transpose(picture)
        turned.thumbnail((max_px, max_px), Image.Resampling.LANCZOS)
        more = {"icc_profile": profile} if profile else {}
        exif = turned.getexif()
        if exif:
            more["exif"] = exif.tobytes()
        made = io.BytesIO()
        quality = {"JPEG": {"quality": 85, "optimize": True, "progressive": True}}
        turned.save(made, kind, **quality.get(kind, {}), **more)
    return made.getvalue()


if __name__ == "__main__":
    main()
