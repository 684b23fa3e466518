"""What ties a message to others."""

import pytest

from webmail.message.envelope import Envelope
from webmail.message.thread import (
    MAX_IDENTIFIERS,
    base_subject,
    identifiers,
    is_reply,
    is_telling,
    normal_message_id,
)


@pytest.mark.parametrize(
    "subject",
    [
        "Cabin at the lake",
        "Re: Cabin at the lake",
        "RE: re: Cabin at the lake",
        "AW: Cabin at the lake",
        "Sv: VS: Cabin at the lake",
        "Re[2]: Cabin at the lake",
        "Fwd: Cabin at the lake (fwd)",
        "WG: AW: Cabin  at the\tlake",
        "[family] Re: [family] Cabin at the lake",
        "回复：Cabin at the lake",
        "转发: Cabin at the lake",
        "  cabin at the LAKE ",
    ],
)
def test_prefixes_and_list_tags_do_not_belong_to_the_base_subject(subject):
    assert base_subject(subject) == "cabin at the lake"


@pytest.mark.parametrize(
    ("subject", "base"),
    [("", ""), ("Re:", ""), ("[family]", "[family]"), ("Re: [x]", "[x]"), ("Rewards", "rewards")],
)
def test_what_only_looks_like_a_prefix_stays(subject, base):
    assert base_subject(subject) == base


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Lunch", True),
        ("[list] SV: Lunch", True),
        ("Antwort: Lunch", True),
        ("Lunch", False),
        ("Fwd: Lunch", False),
        ("Regards", False),
    ],
)
def test_an_answer_is_known_by_its_prefix(subject, expected):
    assert is_reply(subject) is expected


@pytest.mark.parametrize("base", ["", "hi", "hello", "invoice", "(no subject)"])
def test_a_subject_that_everybody_writes_tells_nothing(base):
    assert not is_telling(base)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("<A.b@Host.Example>", "A.b@host.example"),
        ("< a@b.example >", "a@b.example"),
        ("no-at-sign", "no-at-sign"),
        ("<>", ""),
        ("", ""),
    ],
)
def test_a_message_id_is_compared_without_brackets_and_case_of_the_host(text, normal):
    assert normal_message_id(text) == normal


def test_the_own_identifier_comes_first_and_each_once():
    envelope = Envelope(
        message_id="<c@x>", in_reply_to=("<b@x>",), references=("<a@x>", "<b@x>", "<c@x>")
    )
    assert identifiers(envelope) == ("c@x", "a@x", "b@x")


def test_of_ten_thousand_references_the_first_and_the_last_count():
    envelope = Envelope(message_id="<me@x>", references=tuple(f"<{n}@x>" for n in range(10_000)))
    found = identifiers(envelope)
    assert len(found) == MAX_IDENTIFIERS
    assert found[:2] == ("me@x", "0@x")
    assert found[-1] == "9999@x"


def test_a_message_without_any_is_told_by_an_empty_one():
    assert identifiers(Envelope()) == ("",)


def test_a_long_hostile_subject_takes_no_time():
    assert base_subject("[" * 200_000) == "[" * 500
    assert base_subject("re: " * 100_000) == ""
