"""Pictures of strangers made new, and kept for one person (T28)."""

import io
import os
import struct
import time
import zlib

import pytest
from PIL import Image

from webmail.accounts.models import User
from webmail.attachments import picture_cache
from webmail.attachments.pictures import re_encode


def drawn(kind, size=(80, 40), **options):
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, kind, **options)
    return made.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_a_picture_is_made_new(kind):
    made = re_encode(drawn(kind), 2000)
    assert opened(made).size == (80, 40)
    red, green, blue = opened(made).convert("RGB").getpixel((40, 20))
    assert red > 240
    assert max(green, blue) < 20


def test_nothing_but_the_pixels_is_left():
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif[0x0112] = 6  # turned by a quarter
    made = re_encode(drawn("JPEG", exif=exif, comment=b"at home", icc_profile=b"at home"), 2000)
    assert b"at home" not in made
    assert opened(made).size == (40, 80)
    assert not opened(made).getexif()


def test_no_side_is_longer_than_asked_for():
    assert opened(re_encode(drawn("JPEG", (3000, 1000)), 600)).size == (600, 200)


def test_a_small_animation_still_moves():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], duration=70, loop=0)
    found = opened(re_encode(made.getvalue(), 2000))
    assert (found.format, found.n_frames) == ("WEBP", 3)


def test_what_was_transparent_stays_so():
    made = io.BytesIO()
    Image.new("RGBA", (9, 9), (255, 0, 0, 0)).save(made, "PNG")
    assert opened(re_encode(made.getvalue(), 2000)).getpixel((4, 4))[3] == 0


def bomb(width, height):
    """A PNG that claims to be large; its pixels are not even there."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, content):
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    pixels = zlib.compress(b"\0" * 1_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4",
        drawn("BMP"),
        drawn("PNG")[:60],
        b"GIF89a" + b"\0" * 50,
        bomb(30_000, 30_000),
        bomb(6000, 5000),
    ],
    ids=["empty", "svg", "pdf", "bmp", "cut", "broken", "bomb", "large"],
)
def test_what_is_no_picture_of_ours_is_none(content):
    assert re_encode(content, 2000) is None


@pytest.fixture
def mara(db, settings, tmp_path):
    settings.WEBMAIL_DATA_DIR = tmp_path
    return User.objects.create(address="mara@hearth.example")


def test_a_picture_is_kept_for_one_person(mara):
    eve = User.objects.create(address="eve@hearth.example")
    picture_cache.keep(mara, "https://a.example/", b"picture")
    assert picture_cache.find(mara, "https://a.example/") == b"picture"
    assert picture_cache.find(eve, "https://a.example/") is None
    picture_cache.forget(mara)
    assert picture_cache.find(mara, "https://a.example/") is None


def test_a_failure_is_tried_again_after_ten_minutes(mara, tmp_path):
    picture_cache.keep(mara, "https://a.example/", b"")
    assert picture_cache.find(mara, "https://a.example/") == b""
    (path,) = (tmp_path / "pictures" / str(mara.pk)).iterdir()
    os.utime(path, (0, time.time() - 601))
    assert picture_cache.find(mara, "https://a.example/") is None


def test_what_was_longest_not_looked_at_makes_room(mara, tmp_path):
    for number in range(4):
        picture_cache.keep(mara, f"https://a.example/{number}", b"a" * 100)
    folder = tmp_path / "pictures" / str(mara.pk)
    for number, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (number, number))
    oldest = sorted(folder.iterdir())[:2]
    picture_cache.make_room(folder, max_bytes=250)
    assert len(list(folder.iterdir())) == 2
    assert not any(path.exists() for path in oldest)
