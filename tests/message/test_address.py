import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.message.address import Address, format_address, parse_address_list


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ann@example.org", [("", "ann@example.org")]),
        ("Ann <ann@example.org>", [("Ann", "ann@example.org")]),
        ('"Doe, Ann" <ann@example.org>', [("Doe, Ann", "ann@example.org")]),
        (r'"a \"b\" c" <d@e>', [('a "b" c', "d@e")]),
        ("a@b, c@d", [("", "a@b"), ("", "c@d")]),
        ("ann@example.org (Ann)", [("Ann", "ann@example.org")]),
        ("Ann (at (home)) Doe <a@b>", [("Ann Doe", "a@b")]),
        ("Team: Ann <a@b>, c@d; e@f", [("Ann", "a@b"), ("", "c@d"), ("", "e@f")]),
        ("undisclosed-recipients:;", []),
        ("", []),
        (" , ,, ", []),
        ("<@relay,@other:ann@example.org>", [("", "ann@example.org")]),
        ('"ann doe"@example.org', [("", '"ann doe"@example.org')]),
        ("ann @ example.org", [("", "ann@example.org")]),
        ("<a@b", [("", "a@b")]),
        ("a@b>", [("", "a@b")]),
        ("Ann <a@b> Ben <c@d>", [("Ann", "a@b")]),
        ("a@b c@d", [("", "a@b")]),
        ("localuser", [("", "localuser")]),
        ("MAILER-DAEMON (Mail System)", [("Mail System", "MAILER-DAEMON")]),
        ("ann at example.org (Ann)", [("Ann", "ann at example.org")]),
        (r"Ann(a nice \) one) <a@b>", [("Ann", "a@b")]),
        (r"a@b (Ann \(at home\))", [("Ann (at home)", "a@b")]),
        ("Ann <mailto:a@b>", [("Ann", "a@b")]),
        ("<<a@b>>", [("", "a@b")]),
        ('"Doe, Ann" a@b', [("Doe, Ann", "a@b")]),
        ('"Nobody"', [("Nobody", "")]),
        ('"Ann <a@b>, Ben <c@d>', [("Ann", "a@b"), ("Ben", "c@d")]),
        ("'Ann' <a@b>", [("Ann", "a@b")]),
        ("=?utf-8?q?Z=C3=BCri?= <a@b>", [("Züri", "a@b")]),
        ('"=?utf-8?q?Z=C3=BCri?=" <a@b>', [("Züri", "a@b")]),
        ("=?utf-8?q?a,_b_:)?= <a@b>", [("a, b :)", "a@b")]),
        ("a@b <c@d>", [("a@b", "c@d")]),
        ("<>", []),
        ('""', []),
        ("Ann <>", [("Ann", "")]),
    ],
)
def test_an_address_field_is_read(field: str, expected: list[tuple[str, str]]) -> None:
    found = parse_address_list(field)
    assert [(address.name, address.addr_spec) for address in found] == expected


def test_an_encoded_word_cannot_bring_an_address_of_its_own() -> None:
    (address,) = parse_address_list("=?utf-8?q?boss=40example.org=3E=2C?= <evil@example.net>")
    assert address == Address("boss@example.org>,", "evil@example.net")


def test_an_encoded_word_in_an_address_stays_as_it_came() -> None:
    (address,) = parse_address_list("=?utf-8?b?cG90dXNAd2g=?=@evil.example")
    assert address.addr_spec == "=?utf-8?b?cG90dXNAd2g=?=@evil.example"
    assert address.domain == "evil.example"


def test_a_control_in_an_address_is_seen() -> None:
    (address,) = parse_address_list("a\x00b@example.org")
    assert address.addr_spec == "a\N{REPLACEMENT CHARACTER}b@example.org"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        (Address("", "a@b"), "a@b"),
        (Address("Ann Doe", "a@b"), "Ann Doe <a@b>"),
        (Address("Zoë", "a@b"), "Zoë <a@b>"),
        (Address("Doe, Ann", "a@b"), '"Doe, Ann" <a@b>'),
        (Address('a "b"', "a@b"), r'"a \"b\"" <a@b>'),
    ],
)
def test_an_address_is_written_and_read_again(address: Address, written: str) -> None:
    assert format_address(address) == written
    assert parse_address_list(written) == (address,)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_any_visible_name_survives(name: str) -> None:
    address = Address(name.strip("'"), "a@b")
    if "=?" not in name and address.name:
        assert parse_address_list(format_address(address)) == (address,)


@given(st.text(alphabet='ab@<>(),;:"\\ \t=?._', max_size=60))
def test_no_field_is_an_error(field: str) -> None:
    for address in parse_address_list(field):
        assert address.name or address.addr_spec


@pytest.mark.parametrize("piece", ["(", "<", '"', '\\"', "a@b,", "a:", ";", "=?a?q?", "=?a?q?b?="])
def test_a_field_of_one_piece_repeated_is_read_in_time(piece: str) -> None:
    started = time.process_time()
    parse_address_list(piece * (256_000 // len(piece)))
    assert time.process_time() - started < 3
