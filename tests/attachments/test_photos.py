"""Photos made smaller, and silent about where they were taken, their pixels untouched."""

import io

import pytest
from PIL import Image, ImageCms

from webmail.attachments import photo_child, photo_marks

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="57,42N"/></x:xmpmeta>'


def photo(kind="JPEG", *, size=(64, 32), orientation=6, place=True, **more):
    """Red on the left, blue on the right, as the sensor saw it."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[0x0112], exif[0x0110], exif[0x0132] = orientation, "Camera X", "2026:11:30 10:00:00"
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: (57.0, 42.0, 0.0), 3: "E", 4: (11.0, 58.0, 0.0)})
    made = io.BytesIO()
    picture.save(made, kind, exif=exif.tobytes(), icc_profile=PROFILE, **more)
    return made.getvalue()


def opened(content):
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_place_is_found_and_taken_out_and_the_pixels_stay_as_they_are(kind):
    content = photo(kind)
    without = photo_marks.without_marks(content)
    assert (photo_marks.has_place(content), photo_marks.has_place(without)) == (True, False)
    before, after = opened(content), opened(without)
    assert after.tobytes() == before.tobytes()
    assert dict(after.getexif()) == {0x0112: 6}  # the way up, and nothing else
    assert after.info["icc_profile"] == PROFILE
    assert b"Camera X" not in without


def test_of_a_jpeg_the_picture_itself_is_not_even_written_anew():
    content = photo(progressive=True, comment=b"At home", xmp=XMP)
    without = photo_marks.without_marks(content + b"a film with its place")
    first_scan = content.index(b"\xff\xdb")
    assert without.endswith(content[first_scan:])
    assert b"At home" not in without
    assert b"GPSLatitude" not in without


def test_filling_before_a_marker_hides_nothing():
    content = photo()
    without = photo_marks.without_marks(content)
    for marker in (b"\xff\xe1", b"\xff\xdb", b"\xff\xda"):
        content = content.replace(marker, b"\xff\xff" + marker, 1)
    assert photo_marks.has_place(content)
    filled = photo_marks.without_marks(content)
    assert not photo_marks.has_place(filled)
    assert opened(filled).tobytes() == opened(without).tobytes()


def test_a_place_that_only_xmp_tells_is_a_place():
    assert photo_marks.has_place(photo(place=False, xmp=XMP))
    assert not photo_marks.has_place(photo(place=False))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_cut_off_anywhere_harms_nobody(kind):
    content = photo(kind)
    for end in range(0, len(content), 7):
        photo_marks.has_place(content[:end])
        without = photo_marks.without_marks(content[:end])
        assert without is None or not photo_marks.has_place(without)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"\xff\xd8\xff\xe1\0\x02", b"\xff\xec\0\x02"),
        (b"\x89PNG\r\n\x1a\n", b"\0\0\0\0abCd\0\0\0\0"),
        (b"RIFF\xf8\xff\x0f\0WEBP", b"abcd\0\0\0\0"),
    ],
)
def test_a_photo_of_countless_pieces_is_not_taken_apart(head, piece):
    end = b"\xff\xda\0\x02\xff\xd9" if head.startswith(b"\xff") else b"\0\0\0\0IEND\0\0\0\0"
    content = head + piece * 200_000 + end
    assert photo_marks.without_marks(content) is None


def test_a_heic_photo_is_known_by_its_first_octets():
    assert photo_marks.is_heic(b"\0\0\0\x18ftypheic\0\0\0\0")
    assert not photo_marks.is_photo(b"\0\0\0\x18ftypheic\0\0\0\0")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_smaller_one_keeps_its_format_its_colours_and_its_way_up(kind):
    small = photo_child.smaller(photo(kind, size=(400, 200)), 100)
    picture = opened(small)
    assert (picture.format, picture.size) == (kind, (50, 100))
    red, blue = picture.convert("RGB").getpixel((25, 10)), picture.convert("RGB").getpixel((25, 90))
    assert red[0] > 200 > blue[0]
    assert picture.getexif().get(0x0112, 1) == 1
    assert picture.info["icc_profile"] == PROFILE


def test_what_is_small_already_is_left_alone():
    with pytest.raises(ValueError, match="small already"):
        photo_child.smaller(photo(), 100)
