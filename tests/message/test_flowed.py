"""Flowed text: short lines on the wire, the same words for the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.flowed import WIDTH, flow
from webmail.message.plaintext import unflow

LONG = "word " * 40


def test_long_lines_break_softly_at_spaces():
    lines = flow(LONG + "end").split("\n")
    assert max(map(len, lines)) <= WIDTH
    assert all(line.endswith(" ") for line in lines[:-2])
    assert unflow("\n".join(lines)).strip("\n") == LONG + "end"


def test_a_quotation_stays_at_its_depth_in_every_line():
    lines = flow(f"> > {LONG}end").removesuffix("\n").split("\n")
    assert len(lines) > 2
    assert all(line.startswith(">> word") for line in lines[:-1])


def test_endless_quote_marks_are_not_repeated_in_every_line():
    assert len(flow("> " * 100_000 + LONG)) < 1_000_000


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("", "\n"),
        ("a\n\nb\n", "a\n\nb\n"),
        ("a   \nb", "a\nb\n"),
        ("-- \nMara", "-- \nMara\n"),
        (" indented", "  indented\n"),
        ("From here", " From here\n"),
        ("> said\n>> before", "> said\n>> before\n"),
        (">", ">\n"),
        ("x" * 100, "x" * 100 + "\n"),
        ("-- " + "x" * 100, "-- " + "x" * 100 + "\n"),
    ],
)
def test_what_would_be_misread_is_stuffed_and_the_rest_is_left(text, wire):
    assert flow(text) == wire


@given(st.lists(st.text("ab ->é漢F", max_size=200)).map("\n".join))
def test_a_reader_gets_the_lines_that_were_written(text):
    lines = [line.rstrip(" ") for line in text.split("\n")]
    written = [line for line in lines if not line.startswith(">") and line != "--"]
    read = unflow(flow("\n".join(written))).split("\n")
    assert "\n".join(line.rstrip() for line in read).rstrip("\n") == "\n".join(written).rstrip("\n")
