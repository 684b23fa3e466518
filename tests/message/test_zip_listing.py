"""What a ZIP file holds, from its last octets; whatever it claims, little is read."""

import io
import struct
import zipfile

import pytest

from webmail.message.zip_listing import MOST_SHOWN, list_zip


class Reading:
    def __init__(self, content):
        self.content, self.octets = content, 0

    def __call__(self, start, stop):
        piece = self.content[start:stop]
        self.octets += len(piece)
        return piece


def listed(content):
    reading = Reading(content)
    return list_zip(reading, len(content)), reading


def archive(files, *, comment=b"", compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as written:
        for name, content in files.items():
            written.writestr(name, content)
        written.comment = comment
    return out.getvalue()


def entry(name, *, flags=0, size=5, extra=b""):
    return struct.pack(
        "<4s6H3L5H2L",
        b"PK\x01\x02", 20, 20, flags, 8, 0, 0, 0, 5, size, len(name), len(extra), 0, 0, 0, 0, 0,
    ) + name + extra  # fmt: skip


def made(*entries, count=None):
    directory = b"".join(entries)
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), count or len(entries), len(directory), 0, 0
    )
    return directory + end


def test_names_and_sizes_are_told():
    content = archive({"a.txt": b"hello", "Möte/旅行.pdf": b"x" * 1000, "inner.zip": b"PK"})
    listing, _ = listed(content)
    assert [(each.name, each.size_bytes) for each in listing.entries] == [
        ("a.txt", 5),
        ("Möte/旅行.pdf", 1000),
        ("inner.zip", 2),
    ]
    assert [each.is_archive for each in listing.entries] == [False, False, True]
    assert listing.count == 3


def test_a_large_file_is_not_read_for_it():
    files = {f"{n}.bin": b"\x01" * 100_000 for n in range(40)}
    content = archive(files, compression=zipfile.ZIP_STORED)
    listing, reading = listed(content)
    assert listing.count == 40
    assert reading.octets < 80_000


def test_a_comment_and_something_in_front_do_no_harm():
    listing, _ = listed(b"MZ" * 5000 + archive({"a": b"x"}, comment=b"c" * 60_000))
    assert [each.name for each in listing.entries] == ["a"]


def test_a_bomb_is_only_listed():
    bomb = made(*(entry(b"%d" % n, size=0xFFFFFFFE) for n in range(5000)))
    listing, _ = listed(bomb)
    assert len(listing.entries) == MOST_SHOWN
    assert listing.count == 5000
    assert listing.size_bytes == MOST_SHOWN * 0xFFFFFFFE


def test_locked_files_and_folders_are_told():
    listing, _ = listed(made(entry(b"secret.txt", flags=1), entry(b"folder/")))
    assert [each.is_encrypted for each in listing.entries] == [True, False]
    assert [each.is_folder for each in listing.entries] == [False, True]


def test_a_size_beyond_four_gigabytes_is_read_from_its_extra_field():
    extra = struct.pack("<HHHHQ", 9, 0, 1, 8, 5_000_000_000)
    listing, _ = listed(made(entry(b"film", size=0xFFFFFFFF, extra=extra)))
    assert listing.entries[0].size_bytes == 5_000_000_000


def test_more_files_than_the_short_form_can_count():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for number in range(66_000):
            written.writestr(zipfile.ZipInfo(str(number)), b"")
    listing, _ = listed(out.getvalue())
    assert listing.count == 66_000
    assert listing.entries[0].name == "0"


@pytest.mark.parametrize(
    ("name", "flags", "shown"),
    [
        ("Grüße".encode("cp437"), 0, "Grüße"),
        ("Grüße".encode(), 0, "Grüße"),
        (b"\xff\xfe", 0x800, "\ufffd\ufffd"),
    ],
)
def test_names_in_old_codes_are_read(name, flags, shown):
    listing, _ = listed(made(entry(name, flags=flags)))
    assert listing.entries[0].name == shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"not a zip at all" * 100,
        b"PK\x05\x06",
        b"PK\x05\x06" + b"\xff" * 18,
        made(entry(b"a"))[10:],
        made(entry(b"a" * 10)).replace(b"PK\x01\x02", b"XXXX"),
    ],
)
def test_what_is_none_has_no_listing(content):
    assert listed(content)[0] is None


def test_an_empty_archive_is_one():
    assert listed(archive({}))[0].entries == ()
