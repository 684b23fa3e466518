"""A decoded octet is found in lines of one length, and in no others."""

import base64

import pytest

from webmail.message.base64_layout import PROBE_BYTES, find_layout
from webmail.message.bodystructure import decode_part

FILE = bytes(range(256)) * 80


def lines(content, *, symbols=76, ending=b"\r\n"):
    text = base64.b64encode(content)
    return ending.join(text[at : at + symbols] for at in range(0, len(text), symbols))


def layout_of(raw):
    return find_layout(raw[:PROBE_BYTES], raw[-PROBE_BYTES:], len(raw))


@pytest.mark.parametrize(
    "length", [len(FILE), len(FILE) - 1, len(FILE) - 2, 57 * 300, 57 * 300 + 1]
)
@pytest.mark.parametrize(("symbols", "ending"), [(76, b"\r\n"), (72, b"\r\n"), (60, b"\n")])
@pytest.mark.parametrize("after", [b"", b"\r\n", b"\r\n\r\n"])
def test_the_size_and_every_octet_of_regular_lines_are_found(length, symbols, ending, after):
    content = FILE[:length]
    raw = lines(content, symbols=symbols, ending=ending) + after
    layout = layout_of(raw)
    assert layout.size_bytes == length
    for position in (0, 1, 2, 3, 56, 57, 58, 5_000, 5_001, length - 1):
        offset, before = layout.offset_of(position)
        assert layout.holds(raw[offset : offset + 5_000], offset)
        assert decode_part(raw[offset:], "base64")[before:] == content[position:]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"A" * 9_000,
        lines(FILE, symbols=74),
        lines(FILE)[:-3],
        lines(FILE) + b"\r\n-- \r\nThe list",
        lines(FILE).replace(b"\r\n", b"\r\n ", 1),
        lines(FILE[:57]) + b"\r\n" + lines(FILE[:100]) + b"\r\n" + lines(FILE),
        lines(FILE[:-20_000]) + b"\r\n" + lines(FILE),
    ],
    ids=["none", "one line", "half groups", "cut", "footer", "blank", "short line", "two files"],
)
def test_lines_that_let_nobody_count_have_no_layout(raw):
    assert layout_of(raw) is None


def test_a_line_that_is_longer_in_the_midst_is_noticed():
    rows = lines(FILE).split(b"\r\n")
    rows[150:152] = [rows[150] + rows[151][:4], rows[151][4:]]
    raw = b"\r\n".join(rows)
    layout = layout_of(raw)
    assert layout.holds(raw[: 78 * 150], 0)
    assert not layout.holds(raw[78 * 140 : 78 * 160], 78 * 140)
