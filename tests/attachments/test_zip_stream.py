"""A ZIP file that is sent while it is written."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from webmail.attachments.zip_stream import Member, unique_names, zip_pieces

AT = datetime(2026, 11, 22, 9, 30, 10, tzinfo=UTC)


def opened(*members, at=AT):
    return zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(members, at))))


def test_every_file_comes_out_as_it_went_in():
    content = bytes(range(256)) * 4000
    archive = opened(
        Member("a.bin", len(content), [content[:1000], content[1000:]]),
        Member("Möte/旅行.txt", 5, [b"hello"]),
        Member("empty", 0, []),
    )
    assert archive.testzip() is None
    assert archive.namelist() == ["a.bin", "Möte/旅行.txt", "empty"]
    assert archive.read("a.bin") == content
    assert archive.read("Möte/旅行.txt") == b"hello"
    assert archive.getinfo("a.bin").date_time == (2026, 11, 22, 9, 30, 10)


def test_it_is_written_piece_by_piece():
    asked = []

    def pieces():
        for number in range(50):
            asked.append(number)
            yield number.to_bytes(2, "big") * 30_000

    stream = zip_pieces([Member("large", 0, pieces())], AT)
    next(stream)
    assert len(asked) < 3


@pytest.mark.parametrize("year", [1601, 9999])
def test_a_date_the_format_cannot_say_breaks_nothing(year):
    assert opened(Member("a", 1, [b"a"]), at=AT.replace(year=year)).read("a") == b"a"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.txt", "b.txt"], ["a.txt", "b.txt"]),
        (["a.txt", "a.txt", "A.TXT"], ["a.txt", "a (2).txt", "A (3).TXT"]),
        (["a (2).txt", "a.txt", "a.txt"], ["a (2).txt", "a.txt", "a (3).txt"]),
        (["m/a.txt", "a.txt", "m/a.txt"], ["m/a.txt", "a.txt", "m/a (2).txt"]),
        (["x", "x"], ["x", "x (2)"]),
    ],
)
def test_no_name_hides_another(names, expected):
    assert unique_names(names) == expected
