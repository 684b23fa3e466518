"""Our parser of responses against IMAPClient's, which is slower and older."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_response

from webmail.store.imap_grammar import MAX_NESTING, GrammarError, parse_records

ATOM_CHARACTERS = "ABCabc019.-_\\$&+,/:;<=>?@^`|~*#!'"
ATOMS = st.text(ATOM_CHARACTERS, min_size=1, max_size=8).map(str.encode)
SECTIONS = st.sampled_from([b"BODY[1.2]<0>", b"BODY[HEADER.FIELDS (TO CC)]", b"BODY[]"])
QUOTED = st.binary(max_size=12).map(
    lambda b: b'"' + b.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
)
NUMBERS = st.integers(0, 2**40).map(lambda n: b"%d" % n)
LITERALS = st.binary(max_size=30)
TREES = st.recursive(
    ATOMS
    | SECTIONS
    | QUOTED
    | NUMBERS
    | st.just(b"NIL")
    | st.just(b"007")
    | LITERALS.map(bytearray),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=30,
)


def records_of(tree):
    """The tree as records: a bytearray stands for a literal."""
    records, text = [], b""

    def write(node):
        nonlocal text
        if isinstance(node, list):
            text += b"("
            for place, item in enumerate(node):
                text += b" " if place else b""
                write(item)
            text += b")"
        elif isinstance(node, bytearray):
            records.append((text + b"{%d}" % len(node), bytes(node)))
            text = b""
        else:
            text += node

    write(tree)
    return [*records, text] if text or not records else records


def stock(records):
    try:
        return parse_response(records)
    except (ProtocolError, ValueError, AssertionError, RecursionError):
        return None


@given(TREES)
@settings(max_examples=1500, deadline=None, database=None)
def test_what_the_grammar_allows_is_read_alike(tree):
    records = records_of(tree)
    expected = stock(records)
    assert expected is not None
    assert parse_records(records) == expected


@given(
    st.lists(
        st.sampled_from(
            [
                b"(",
                b")",
                b'"',
                b"\\",
                b"[",
                b"]",
                b" ",
                b"a",
                b"1",
                b"NIL",
                b"%",
                b"{",
                b"{3}",
                b"\0",
                b"\xff",
                b"x y",
                b'"q"',
            ]
        ),
        max_size=14,
    )
)
@settings(max_examples=3000, deadline=None, database=None)
def test_what_it_does_not_allow_is_read_alike_or_refused(pieces):
    text = b"".join(pieces)
    try:
        found = parse_records([text])
    except GrammarError:
        found = None
    expected = stock([text])
    assert expected is None or found == expected


def test_literals_hold_anything():
    assert parse_records([(b"(BODY[] {4}", b'")({'), b" UID 7)"]) == (
        (b"BODY[]", b'")({', b"UID", 7),
    )


def test_lists_too_deep_are_refused():
    deep = b"(" * (MAX_NESTING + 1) + b")" * (MAX_NESTING + 1)
    with pytest.raises(GrammarError, match="too deep"):
        parse_records([deep])


@pytest.mark.parametrize("text", [b"(", b'"', b'("x', b"a[", b"{5}", b"9" * 21])
def test_what_does_not_end_is_refused(text):
    with pytest.raises(GrammarError):
        parse_records([text])
