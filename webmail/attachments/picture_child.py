"""The child process of ``pictures``: a picture on stdin, the same made new on stdout."""

import io
import resource
import sys
import warnings
from pathlib import Path

CPU_S = 8
MEMORY_BYTES = 1024 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_FRAMES = 300
MAX_MOVING_PIXELS = 40_000_000  # of all frames of an animation
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")


def main() -> None:
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from webmail.message.jail import confine

    confine(cpu_s=CPU_S, memory_bytes=MEMORY_BYTES)
    content = sys.stdin.buffer.read()
    from PIL import Image

    # What would only be warned of is refused.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    # From here on no file can be written, nor opened.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.buffer.write(made_new(content, int(sys.argv[1])))


def made_new(content: bytes, max_px: int) -> bytes:
    """Raises what Pillow raises for broken pictures, ValueError for too large ones."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        if _moves(picture, max_px):
            return _animation(picture)
        picture.seek(0)
        picture.draft("RGB", (max_px, max_px))
        still = ImageOps.exif_transpose(picture)
        still.thumbnail((max_px, max_px))
        return _still(still, is_photo=picture.format in ("JPEG", "AVIF"))


def _moves(picture, max_px: int) -> bool:
    frames = getattr(picture, "n_frames", 1)
    pixels = picture.width * picture.height * frames
    fits = max(picture.size) <= max_px
    return 1 < frames <= MAX_FRAMES and pixels <= MAX_MOVING_PIXELS and fits


def _animation(picture) -> bytes:
    """As WebP, which Pillow writes frame by frame with what was transparent."""
    from PIL import Image, ImageSequence

    frames, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(min(max(int(frame.info.get("duration", 100)), 20), 60_000))
        frames.append(_plain(frame.convert("RGBA"), Image))
    made = io.BytesIO()
    frames[0].save(
        made,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=int(picture.info.get("loop", 0)),
        method=0,
        quality=75,
    )
    return made.getvalue()


def _still(picture, *, is_photo: bool) -> bytes:
    from PIL import Image

    has_alpha = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "RGBa")
    pixels = _plain(picture.convert("RGBA" if has_alpha else "RGB"), Image)
    made = io.BytesIO()
    if is_photo and not has_alpha:
        pixels.save(made, "JPEG", quality=88, optimize=True)
    else:
        pixels.save(made, "PNG", compress_level=6)
    return made.getvalue()


def _plain(picture, image_module):
    """The pixels alone, in an image that knows nothing of where they come from."""
    fresh = image_module.new(picture.mode, picture.size)
    fresh.paste(picture)
    return fresh


if __name__ == "__main__":
    main()
