"""What is read the short way is read as the long way reads it."""

import base64

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.message.reading import FIXTURES, SHARED_CORPUS
from webmail.message import address, envelope, words
from webmail.message.charset import decode_text
from webmail.message.envelope import envelope_from_header
from webmail.message.header import MAX_FIELDS, MAX_HEADER_BYTES, header_end, split_fields

MESSAGES = sorted([*FIXTURES.glob("*.eml"), *SHARED_CORPUS.rglob("*.eml")])
NEVER = type("Never", (), {"fullmatch": lambda _self, _text: None})()

PIECES = [
    *("ann@x.org", "<ann@x.org>", "Ann", "Ann Lee", '"Lee, Ann"', '"A\\"B"', "'Ann'", "\"'Ann'\""),
    *("=?utf-8?q?J=C3=B6rg?=", "=?utf-8?q?a,?=", "=?utf-8?b?QW5u?=", '"=?utf-8?q?x_y?="', "=?"),
    *("=?x?q?a <b@c>, d?=", "?=", "=", "?", "q", "Jörg", "(c)", "(", ")", '"', "\\", "'", "\u00a0"),
    *(",", ", ", ",,", ";", ":", "Group:", "<", ">", "@", " ", "  ", "\t", "\r\n ", ".", "\x00"),
    *("<@r:a@b>", "a@b@c", "@", "a b@c", "<>", '""', "\u2028", "\ufeff", "\x1b$B", "\ud800"),
]
FIELDS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)


@given(FIELDS)
@example("=?u?q?a <b@c>, d?= <e@f>")
@example("=?u?q?x?=?= <a@b>, y?=")
@example('"Ann\tLee"\t<a@b>,\r\n\tb@c')
@settings(max_examples=1500, deadline=None, database=None)
def test_address_lists_are_read_alike(text):
    assert address.parse_address_list(text) == address._any_list(text)


def test_usual_address_lists_are_read_the_short_way():
    text = 'Ann <a@x>, "Lee, Ann" <b@x>,c@x, =?utf-8?q?J=C3=B6rg?=\t<d@x>, e@x <e@x>'
    assert address._plain_list(text.replace("\t", " ")) == address._any_list(text)


def test_a_list_of_thousands_is_cut_alike():
    text = "a@b, " * 6000
    assert len(address.parse_address_list(text)) == address.MAX_ADDRESSES
    assert address.parse_address_list(text) == address._any_list(text)


DATES = st.builds(
    "{}{} {} {} {}:{}:{} {}{}".format,
    st.sampled_from(["", "Mon, ", "Sun,", "mon, ", "Xyz, "]),
    st.sampled_from(["1", "09", "31", "0", "32"]),
    st.sampled_from(["Jan", "Feb", "dec", "May", "Foo"]),
    st.sampled_from(["2026", "1999", "99", "0050", "2100"]),
    st.sampled_from(["00", "9", "23", "24"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(["00", "59", "60", "61"]),
    st.sampled_from(
        ["+0000", "-0000", "+0530", "-1459", "+1500", "GMT", "EST", "", "+2400", "+0260"]
    ),
    st.sampled_from(["", " (CEST)", " (x)", " x", "\t"]),
)


@given(DATES)
@settings(max_examples=1000, deadline=None, database=None)
def test_dates_are_read_alike(text):
    found = envelope.date_from_field(text.encode())
    expected = envelope._any_date(text)
    assert found == expected
    assert found is None or found.tzinfo == expected.tzinfo


def lines_of(raw):
    """Field by field, as RFC 5322, 2.2.3, tells it."""
    fields, pieces = [], []
    for line in [
        *raw[:MAX_HEADER_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"),
        b"",
    ]:
        if line[:1] in (b" ", b"\t"):
            pieces.append(line)
            continue
        name, colon, value = b"".join(pieces).partition(b":")
        name = name.rstrip(b" \t")
        if colon and 0 < len(name) <= 256 and all(32 < octet < 127 for octet in name):
            fields.append((name.decode(), value.strip()))
        if not line:
            break
        pieces = [line]
    return fields[:MAX_FIELDS]


@given(
    st.lists(
        st.sampled_from(
            [
                b"a",
                b"Subject",
                b":",
                b" ",
                b"\t",
                b"\r\n",
                b"\n",
                b"\r",
                b"\x0b",
                b"\0",
                b"\xff",
                b"x: y\r\n",
            ]
        ),
        max_size=20,
    ).map(b"".join)
)
@example(b"a:" + b"\n b" * 3)
@example(b"\nA: 1")
@example(b" x\nA: 1")
@example(b"x" * 257 + b": 1\nB: 2")
@example(b"A: 1\n" * 1001)
@settings(max_examples=1000, deadline=None, database=None)
def test_fields_are_split_alike(raw):
    assert split_fields(raw) == lines_of(raw)


@given(st.text(max_size=20) | FIELDS)
@settings(max_examples=500, deadline=None, database=None)
def test_words_are_read_alike(text):
    if "=?" not in text:
        long_way = words._FOLDS.sub("", text)
        long_way = words._CONTROLS.sub("", words._BREAKS.sub(" ", long_way)).strip()
        assert words.decode_header_words(text) == long_way


BASE64 = st.binary(max_size=20).map(base64.b64encode) | st.lists(
    st.sampled_from([b"=", b"==", b"QQ", b"QUJD", b"Q", b" ", b"-", b"+/", b"\xff", b"QR=="])
).map(b"".join)


@given(BASE64)
@settings(max_examples=1000, deadline=None, database=None)
def test_base64_is_read_alike(encoded):
    assert words._decode_b(encoded) == words._decode_broken_b(encoded)


@given(st.binary(max_size=30) | st.text(max_size=20).map(lambda t: t.encode("utf-8", "replace")))
@settings(max_examples=1000, deadline=None, database=None)
def test_text_without_a_label_is_decoded_as_ascii_would_be(raw):
    if raw.isascii() and b"\x1b" not in raw:
        assert decode_text(raw) == decode_text(raw, "us-ascii") == raw.decode("ascii")


@pytest.fixture
def long_way(monkeypatch):
    """Reads an envelope with every short way closed."""

    def read(header):
        with monkeypatch.context() as closed:
            closed.setattr(address, "_plain_list", lambda _text: None)
            closed.setattr(address, "_CACHED_CHARACTERS", -1)
            closed.setattr(envelope, "_PLAIN_DATE", NEVER)
            return envelope_from_header(header)

    return read


def test_every_message_of_the_corpora_is_read_alike(long_way):
    assert len(MESSAGES) >= 18
    for path in MESSAGES:
        raw = path.read_bytes()
        header = raw[: header_end(raw)]
        assert envelope_from_header(header) == long_way(header), path.name
        assert split_fields(header) == lines_of(header), path.name
