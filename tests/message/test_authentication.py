"""Authentication-Results (RFC 8601): the grammar, and whom one believes."""

import random
import time

import pytest

from webmail.message.authentication import (
    authentication_of,
    find_authserv_id,
    parse_results,
    trusted_results,
)
from webmail.message.header import split_fields

MX = "mx.hearth.example"
PASS = f"{MX}; dkim=pass header.d=example.org; dmarc=pass header.from=example.org"


def fields(*lines):
    return split_fields("\r\n".join(lines).encode() + b"\r\n\r\n")


def results(value):
    return [(each.method, each.result) for each in parse_results(value.encode()).results]


@pytest.mark.parametrize(
    ("value", "authserv_id", "expected"),
    [
        ("example.org 1; none", "example.org", []),
        ("example.org; none", "example.org", []),
        ("example.com; spf=pass smtp.mailfrom=example.net", "example.com", [("spf", "pass")]),
        (
            "example.com; auth=pass (cram-md5) smtp.auth=a@example.com; spf=fail smtp.mailfrom=b",
            "example.com",
            [("auth", "pass"), ("spf", "fail")],
        ),
        (
            "foo.example.net (foobar) 1 (baz);\tdkim (Because I like it) / 1 (One yay) = (wait "
            "for it) fail\tpolicy (A dot can go here) . (like that) expired\t(this surprised me)"
            " = (as I wasn't expecting it) 1362471462",
            "foo.example.net",
            [("dkim", "fail")],
        ),
        ('"mx; one" 1; dkim=pass reason="a;b=c (d"', "mx; one", [("dkim", "pass")]),
        ("MX.example.org; DKIM=Pass; SPF = SoftFail", "MX.example.org", None),
        ("x (a (nested; dkim=pass) comment); spf=none", "x", [("spf", "none")]),
        ("x; =; ;;; dkim; spf=pass; junk junk", "x", [("spf", "pass")]),
        ("x 2; spf=pass", "x", []),
        ("x; dkim=pass header.b=aa/bb+cc== header.i=@e.org", "x", [("dkim", "pass")]),
    ],
)
def test_the_grammar_is_read(value, authserv_id, expected):
    assert parse_results(value.encode()).authserv_id == authserv_id
    if expected is not None:
        assert results(value) == expected
    else:
        assert results(value) == [("dkim", "pass"), ("spf", "softfail")]


def test_properties_reason_version_and_comments_are_kept():
    value = (
        b'x; dmarc/1=fail (p=REJECT dis=NONE) reason="no \\"key\\"" header.from=e.org policy.x=1'
    )
    (one,) = parse_results(value).results
    assert (one.value("header.from"), one.value("policy.x"), one.reason, one.version) == (
        "e.org",
        "1",
        'no "key"',
        1,
    )
    assert "p=REJECT" in one.comments


@pytest.mark.parametrize("value", [b"", b";", b"(((", b'"', b"=x; dkim=pass", b"\xff\xfe", b"\\"])
def test_what_cannot_be_read_is_nothing(value):
    parsed = parse_results(value)
    assert parsed is None or not parsed.results


def test_broken_ones_never_raise():
    chance = random.Random(8601)
    alphabet = b'mx.org;=/()"\\ \tdkim=passheader.d=1\xc3\xbc\xff'
    broken = (bytes(chance.choices(alphabet, k=chance.randrange(60))) for _ in range(3000))
    read = [parsed for each in broken if (parsed := parse_results(each))]
    assert len(read) > 1000, "most get past the name of the server"
    assert sum(len(each.results) for each in read) > 20, "and some are results"


def test_an_endless_one_is_quickly_read():
    begun = time.monotonic()
    nested = parse_results(b"x; " + b"(" * 1_000_000)
    long = parse_results(b"x; dkim=pass " + b"header.d=a " * 500_000)
    assert time.monotonic() - begun < 0.3
    assert nested is None or not nested.results
    assert len(long.results[0].properties) < 100


def test_only_the_named_server_is_believed():
    forged = fields("Authentication-Results: other.example; dmarc=pass header.from=example.org")
    assert trusted_results(forged, MX) == ()
    assert authentication_of(forged, "example.org", "").is_confirmed is False


def test_ours_counts_whatever_servers_of_ours_it_passed_afterwards():
    found = fields(
        "Received: from mx.hearth.example by imap.hearth.example with LMTP; now",
        f"Authentication-Results: {PASS}",
        "Received: from mail.example.org by mx.hearth.example; now",
    )
    assert authentication_of(found, "example.org", MX).is_confirmed


@pytest.mark.parametrize(
    "lines",
    [
        # below what the sender's own servers wrote
        (
            "Received: from a by relay.example.org; now",
            f"Authentication-Results: {PASS}",
        ),
        # below ours, and a Received between
        (
            f"Authentication-Results: {MX}; dkim=none; dmarc=fail header.from=example.org",
            "Received: from a by mx.hearth.example; now",
            f"Authentication-Results: {PASS}",
        ),
        # directly below ours: the first of a method counts
        (
            f"Authentication-Results: {MX}; dmarc=fail header.from=example.org",
            f"Authentication-Results: {PASS}",
        ),
        # of another domain in From
        (f"Authentication-Results: {MX}; dmarc=pass header.from=evil.example",),
        (f"Authentication-Results: {MX}; dkim=pass header.d=evil.example",),
        # two From: which was judged?
        (f"Authentication-Results: {PASS}", "From: a@example.org", "From: b@evil.example"),
    ],
)
def test_what_others_can_write_confirms_nothing(lines):
    assert not authentication_of(fields(*lines), "example.org", MX).is_confirmed


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "dkim=pass header.d=example.org; dmarc=pass header.from=example.org",
            "example.org confirmed by its signature (DKIM), and its rules agree (DMARC).",
        ),
        (
            "spf=pass smtp.mailfrom=a@example.org; dmarc=pass header.from=example.org",
            "example.org confirmed by the server it came from (SPF), and its rules agree (DMARC).",
        ),
        ("dkim=pass header.i=@mail.example.org", "example.org confirmed by its signature (DKIM)."),
        (
            "dmarc=fail (p=reject) header.from=example.org; arc=pass",
            "Not confirmed: by its own rules example.org did not send this (DMARC). A forwarder "
            "vouches for it (ARC).",
        ),
        (
            "spf=fail smtp.mailfrom=a@example.org; dkim=fail header.d=example.org",
            "Not confirmed: a signature does not fit (DKIM) and the server it came from is none "
            "of example.org (SPF).",
        ),
        ("spf=pass smtp.mailfrom=a@other.example", ""),
        ("none", ""),
    ],
)
def test_one_plain_line_says_it(value, sentence):
    found = authentication_of(fields(f"Authentication-Results: {MX}; {value}"), "example.org", MX)
    assert found.sentence == sentence


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("dmarc=fail (p=REJECT sp=NONE) header.from=example.org", "reject"),
        ("dmarc=fail policy.dmarc=quarantine header.from=example.org", "quarantine"),
        ("dmarc=fail header.from=example.org", ""),
    ],
)
def test_what_the_domain_asks_for_is_known_where_the_server_tells(value, policy):
    found = authentication_of(fields(f"Authentication-Results: {MX}; {value}"), "example.org", MX)
    assert found.policy == policy


def test_without_a_name_only_the_mailboxs_own_organisation_above_every_received_counts():
    own = f"Authentication-Results: {PASS}"
    received = "Received: from a by mx.hearth.example; now"
    assert find_authserv_id(fields(own, received), "hearth.example") == MX
    assert find_authserv_id(fields(received, own), "hearth.example") == ""
    assert find_authserv_id(fields(own), "other.example") == ""
    assert find_authserv_id(fields("Authentication-Results: localhost; dmarc=pass"), "") == ""
