"""Octets made up at random, and those that a fuzzer found, as answers of a server."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.store.fuzzed import SEEDS, answer, read_alike
from tests.store.test_grammar import LITERALS, TREES, records_of
from webmail.store import imap_codec as codec
from webmail.store.imap_replies import Reply, Untagged
from webmail.store.protocol import Unreachable

WORDS = [
    *(
        b"* ",
        b"1 ",
        b"FETCH ",
        b"LIST ",
        b"STATUS ",
        b"NAMESPACE ",
        b"SEARCH ",
        b"ESEARCH ",
        b"TAG ",
    ),
    *(b"OK ", b"NO ", b"BAD ", b"BYE ", b"UID ", b"FLAGS ", b"BODYSTRUCTURE ", b"BODY[HEADER] "),
    *(b"(", b"((", b")", b"))", b"[", b"]", b'"', b'""', b"\\", b"NIL ", b"7 ", b"4294967296 "),
    *(b"{3}\r\n", b"{3+}\r\nabc", b"~{0}\r\n", b"{99999999999}\r\n", b"abc", b"\r\n", b"\n", b"\r"),
    *(b" ", b"\0", b"\xff", b"\x1b$B", b"=?utf-8?q?x?=", b"+ ", b"TAG OK x\r\n"),
]
SOUP = st.lists(st.sampled_from(WORDS) | st.binary(max_size=3), max_size=30).map(b"".join)


@given(SOUP, st.integers(1, 40))
@settings(max_examples=1500, deadline=None, database=None)
def test_a_soup_of_words_ends_the_session_and_nothing_else(soup, step):
    answer(soup + b"\r\nTAG OK done\r\n", step)


@given(st.sampled_from(SEEDS), st.data(), st.integers(1, 40))
@settings(max_examples=1000, deadline=None, database=None)
def test_an_answer_cut_off_or_changed_anywhere_does_no_harm(seed, data, step):
    at = data.draw(st.integers(0, len(seed)))
    till = data.draw(st.integers(at, min(at + 8, len(seed))))
    put = data.draw(st.sampled_from([b"", *WORDS]))
    answer(seed[:at] + put + seed[till:], step)
    answer(seed[:at], step)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("step", [1, 2, 7, 4096])
def test_an_answer_means_the_same_however_it_comes(seed, step):
    assert answer(seed, step) == answer(seed, 64)


@given(TREES, st.lists(LITERALS, max_size=3))
@settings(max_examples=500, deadline=None, database=None)
@example([], [b""])
def test_lists_around_literals_are_read_alike(tree, literals):
    read_alike(records_of([tree, *map(bytearray, literals), [tree]]))


def untagged(kind, text, number=0):
    return Untagged(kind, number, (text,))


# What the fuzzer found, each once an exception nobody expected.
@pytest.mark.parametrize("text", [b"(())", b"()", b"", b"(NIL)", b'("x")', b"((()))"])
def test_a_namespace_without_a_prefix_is_none(text):
    assert codec.personal_prefix(untagged("NAMESPACE", text)) == ""


@pytest.mark.parametrize("uid", [b"0", b"4294967296", b"NIL", b"x", b"(7)", b'"7"'])
def test_a_uid_that_is_none_makes_the_response_unreadable(uid):
    reply = Reply("OK", (untagged("FETCH", b"(UID %s FLAGS ())" % uid, 1),), "", b"", "")
    with pytest.raises(Unreachable, match="cannot be read"):
        list(codec.fetched(reply))


@pytest.mark.parametrize("flags", [b"7", b"NIL", b'"abc"', b"\\Seen"])
def test_flags_that_are_no_list_are_none(flags):
    reply = Reply("OK", (untagged("FETCH", b"(UID 7 FLAGS %s)" % flags, 1),), "", b"", "")
    (items,) = codec.fetched(reply)
    assert codec.summary_from_fetch(items, "INBOX", 9).flags == frozenset()


def test_numbers_that_name_no_message_are_not_found():
    reply = Reply("OK", (untagged("SEARCH", b"0 5 x 4294967296 (7) NIL"),), "", b"", "")
    assert codec.numbers_from(reply) == [5]


def test_numbers_no_database_holds_count_as_none():
    status = untagged("STATUS", b"INBOX (MESSAGES 9223372036854775808 UNSEEN 9223372036854775807)")
    _, found = codec.status_from(status, is_utf8=False)
    assert (found.messages, found.unseen) == (0, 2**63 - 1)
