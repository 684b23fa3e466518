"""Searches: typed, shown again, compiled and evaluated."""

import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webmail.message.address import Address
from webmail.message.envelope import Envelope
from webmail.message.query import (
    EVERYTHING,
    MAX_TERMS,
    And,
    Candidate,
    Not,
    Or,
    Term,
    Value,
    mailbox_of,
    matches,
    parse_query,
    query_text,
    search_criteria,
)

TODAY = date(2026, 11, 22)


def parsed(text):
    return parse_query(text, today=TODAY)


def text(value):
    return Term("text", value)


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("", EVERYTHING),
        ("  \t ", EVERYTHING),
        ("boiler", text("boiler")),
        ("two words", And((text("two"), text("words")))),
        ('"two  words"', text("two words")),
        ("“two words”", text("two words")),
        ('"never closed', text("never closed")),
        ("from:ingrid", Term("from", "ingrid")),
        ("FROM:ingrid", Term("from", "ingrid")),
        ('from:"Ingrid Lindgren"', Term("from", "Ingrid Lindgren")),
        ("to:a cc:b", And((Term("to", "a"), Term("cc", "b")))),
        ("subject:re:", Term("subject", "re:")),
        ("has:attachment", Term("has", "attachment")),
        ("has:teeth", text("has:teeth")),
        ("is:unread", Term("is", "unread")),
        ("is:UNSEEN", Term("is", "unread")),
        ("is:starred", Term("is", "flagged")),
        ("is:happy", text("is:happy")),
        ("before:2026-11-05", Term("before", date(2026, 11, 5))),
        ("after:2026/11", Term("after", date(2026, 11, 1))),
        ("after:2026", Term("after", date(2026, 1, 1))),
        ("after:7d", Term("after", date(2026, 11, 15))),
        ("after:yesterday", Term("after", date(2026, 11, 21))),
        ("after:2026-02-30", text("after:2026-02-30")),
        ("after:9999y", text("after:9999y")),
        ("larger:2M", Term("larger", 2 * 1024 * 1024)),
        ("larger:1.5k", Term("larger", 1536)),
        ("smaller:900", Term("smaller", 900)),
        ("larger:99999999999m", Term("larger", 2**32 - 1)),
        ("larger:big", text("larger:big")),
        ('in:"Family/School"', Term("in", "Family/School")),
        ("-spam", Not(text("spam"))),
        ("-from:x", Not(Term("from", "x"))),
        ('-"a b"', Not(text("a b"))),
        ("-", text("-")),
        ("a OR b", Or((text("a"), text("b")))),
        ("a OR b OR -c", Or((text("a"), text("b"), Not(text("c"))))),
        ("a OR b c", And((Or((text("a"), text("b"))), text("c")))),
        ("a or b", And((text("a"), text("or"), text("b")))),
        ('a "OR" b', And((text("a"), text("OR"), text("b")))),
        ("OR a OR", text("a")),
        ("in:A OR b", And((Term("in", "A"), text("b")))),
        ("https://a.example", text("https://a.example")),
        ("foo:bar", text("foo:bar")),
        ("a\0b", And((text("a"), text("b")))),
    ],
)
def test_text_is_read_kindly(typed, query):
    assert parsed(typed) == query


@pytest.mark.parametrize("typed", ["from:", 'from:""', "subject: "])
def test_an_operator_without_a_value_is_still_being_typed(typed):
    assert parsed(typed) == EVERYTHING


def test_leaving_out_a_mailbox_is_not_a_place_to_search():
    query = parsed("-in:Spam x")
    assert mailbox_of(query) == ""
    assert query == And((Not(text("in:Spam")), text("x")))


@pytest.mark.parametrize(
    ("typed", "mailbox"), [("x", ""), ("in:A", "A"), ("in:A x in:旅行", "旅行")]
)
def test_the_last_place_named_is_searched(typed, mailbox):
    assert mailbox_of(parsed(typed)) == mailbox


def test_only_so_many_terms_are_read():
    assert len(parsed("a " * 500).operands) == MAX_TERMS


@pytest.mark.parametrize(
    ("typed", "criteria"),
    [
        ("", ["ALL"]),
        ("in:A", ["ALL"]),
        ("boiler", ["TEXT", Value("boiler")]),
        ("a b", ["TEXT", Value("a"), "TEXT", Value("b")]),
        ("to:x", ["OR", "TO", Value("x"), "CC", Value("x")]),
        ("-to:x", ["NOT", "OR", "TO", Value("x"), "CC", Value("x")]),
        ("is:unread", ["UNSEEN"]),
        ("-is:flagged", ["NOT", "FLAGGED"]),
        ("before:2026-11-05", ["BEFORE", "5-Nov-2026"]),
        ("after:0987-01-02", ["SINCE", "2-Jan-0987"]),
        ("larger:10", ["LARGER", "10"]),
        ("a OR b OR c", ["OR", "TEXT", Value("a"), "OR", "TEXT", Value("b"), "TEXT", Value("c")]),
        ('from:"a\\"', ["FROM", Value("a\\")]),
    ],
)
def test_a_query_becomes_search_keys(typed, criteria):
    assert search_criteria(parsed(typed)) == criteria


def test_an_attachment_is_what_search_can_tell_of_one():
    header = ["HEADER", "Content-Type"]
    assert search_criteria(parsed("has:attachment")) == [
        "OR", *header, Value("multipart/mixed"),
        "OR", *header, Value("application/pdf"), *header, Value("application/octet-stream"),
    ]  # fmt: skip


def test_several_conditions_inside_another_are_in_parentheses():
    query = Not(And((text("a"), text("b"))))
    assert search_criteria(query) == ["NOT", ["TEXT", Value("a"), "TEXT", Value("b")]]
    assert search_criteria(Not(EVERYTHING)) == ["NOT", ["ALL"]]
    assert search_criteria(Or()) == ["NOT", "ALL"]


LETTER = Candidate(
    envelope=Envelope(
        subject="Årsmöte: the boiler",
        from_=(Address("Ingrid Lindgren", "ingrid@hearth.example"),),
        to=(Address("", "mara@hearth.example"),),
        cc=(Address("Jonas", "jonas@hearth.example"),),
    ),
    flags=frozenset({"\\seen", "\\flagged"}),
    size_bytes=5000,
    internal_date=datetime(2026, 11, 5, 23, 59, tzinfo=UTC),
    text="Subject: Årsmöte: the boiler\n\nIt loses pressure.",
    body="It loses pressure.",
    media_type="multipart/mixed",
)


@pytest.mark.parametrize(
    "typed",
    [
        "", "BOILER", "årsmöte pressure", "from:lindgren", "from:ingrid@", "to:mara", "to:jonas",
        "cc:jonas", "subject:boiler", "body:pressure", "-body:boiler", "has:attachment", "is:read",
        "is:flagged", "-is:unread", "-is:answered", "after:2026-11-05", "before:2026-11-06",
        "larger:4k", "smaller:5001", "in:Elsewhere", "zebra OR boiler", '"loses pressure"',
    ],
)  # fmt: skip
def test_a_letter_is_found(typed):
    assert matches(parsed(typed), LETTER)


@pytest.mark.parametrize(
    "typed",
    [
        "zebra", "boiler zebra", "from:mara", "to:ingrid", "cc:mara", "body:boiler", "is:unread",
        "is:answered", "is:draft", "after:2026-11-06", "before:2026-11-05", "larger:5000",
        "smaller:5000", "-boiler", "zebra OR from:mara", "-has:attachment",
    ],
)  # fmt: skip
def test_a_letter_is_not_found(typed):
    assert not matches(parsed(typed), LETTER)


words = st.sampled_from(
    [
        "from:", "to:", "subject:", "is:unread", "has:attachment", "in:", "-", "OR", '"', " ", "(",
        "{5}", "{5+}", "*", "%", "\\", "]", "after:1d", "a", "漢", "\r\n", "\0", "\ud800", "“",
        "larger:2M", ":", "-in:x", "\u2028", "\x85",
    ]
)  # fmt: skip
typed = st.one_of(
    st.text(max_size=200),
    st.lists(words, max_size=30).map("".join),
    st.lists(words, max_size=30).map(" ".join),
)


def atoms_and_values(criteria):
    for each in criteria:
        if isinstance(each, list):
            yield from atoms_and_values(each)
        else:
            yield each


@settings(deadline=None, max_examples=1000)
@given(typed)
def test_no_text_raises_or_becomes_an_atom(text):
    query = parsed(text)
    matches(query, LETTER)
    mailbox_of(query)
    for each in atoms_and_values(search_criteria(query)):
        if isinstance(each, Value):
            assert each.text
            assert not set("\r\n\0") & set(each.text)
            assert each.text.encode()
        else:
            assert each in KEYS or each.isdigit() or datetime.strptime(each, "%d-%b-%Y")  # noqa: DTZ007


KEYS = {
    "ALL", "TEXT", "FROM", "TO", "CC", "SUBJECT", "BODY", "OR", "NOT", "HEADER", "Content-Type",
    "UNSEEN", "SEEN", "FLAGGED", "ANSWERED", "DRAFT", "BEFORE", "SINCE", "LARGER", "SMALLER",
}  # fmt: skip


@settings(deadline=None, max_examples=1000)
@given(typed)
def test_a_query_shown_and_typed_again_is_the_same(text):
    query = parsed(text)
    assert parsed(query_text(query)) == query


@pytest.mark.parametrize("text", ['"' * 100_000, "-" * 100_000, "a:" * 50_000, "a OR " * 50_000])
def test_endless_text_is_read_at_once(text):
    start = time.perf_counter()
    search_criteria(parsed(text))
    assert time.perf_counter() - start < 0.5
