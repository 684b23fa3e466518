"""Whose a host is, and what it looks like."""

import pytest

from webmail.message.domains import (
    has_known_suffix,
    is_one_edit,
    organisation,
    registrable_domain,
    skeleton,
    suffix_of,
)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.org", "example.org"),
        ("Mail.Example.ORG.", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("anna.github.io", "anna.github.io"),
        ("mail.müller.de", "müller.de"),
        ("mail.xn--mller-kva.de", "müller.de"),
        ("shop.公司.cn", "shop.公司.cn"),
        ("mail.hearth.lan", "hearth.lan"),
        ("10.0.0.1", "10.0.0.1"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("localhost", "localhost"),
        ("co.uk", "co.uk"),
        ("xn--.com", "xn--.com"),
        ("", ""),
    ],
)
def test_the_registrable_domain_is_the_part_somebody_registered(host, domain):
    assert registrable_domain(host) == domain


@pytest.mark.parametrize("host", ["..", "a..b", "\x00.com", "é" * 300, "xn--\udcff.com", ".", "@"])
def test_nonsense_is_no_error(host):
    assert isinstance(registrable_domain(host) + skeleton(host), str)


def test_an_organisation_is_the_label_below_the_suffix():
    assert (organisation("mail.example.co.uk"), suffix_of("mail.example.co.uk")) == (
        "example",
        "co.uk",
    )


@pytest.mark.parametrize(("host", "known"), [("a.com", True), ("a.txt", False), ("a.рф", True)])
def test_endings_are_told_from_words(host, known):
    assert has_known_suffix(host) is known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypa1", "paypal"),
        ("rnicrosoft", "microsoft"),
        ("g00gle", "google"),
        ("раураӏ", "paypal"),
        ("PAYPAL", "paypaI"),
        ("müller", "muller"),
        ("vvikipedia", "wikipedia"),
    ],
)
def test_look_alikes_have_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("hearth", "hearht", True),
        ("hearth", "heart", True),
        ("hearth", "heartth", True),
        ("hearth", "hearts", True),
        ("hearth", "hearth", False),
        ("hearth", "earths", False),
        ("hearth", "hertas", False),
    ],
)
def test_one_edit_is_a_letter_changed_added_left_out_or_two_exchanged(one, other, expected):
    assert is_one_edit(one, other) is expected
