"""Names in letters that look like others; nothing of the corpus is tested where it is absent."""

import json

import pytest

from tests.message.reading import SHARED_CORPUS
from webmail.message.address import parse_address_list
from webmail.message.homograph import (
    Oddity,
    find_local_oddity,
    find_name_oddity,
    find_oddity,
    shown_addr_spec,
    shown_host,
)

INDEX = SHARED_CORPUS / "homograph" / "index.json"
CASES = json.loads(INDEX.read_text("utf-8")) if INDEX.exists() else []
# In the list these two are the plain word "text": what made them attacks is lost.
LOST = {("local", "text"), ("quoted_string", "text")}


def is_odd(kind, value):
    if kind == "idn":
        return find_oddity(value) is not None
    if kind == "local":
        return find_local_oddity(value) is not None
    if kind == "quoted_string":
        return find_name_oddity(value) is not None
    address = parse_address_list(value)[0]
    local, at, host = address.addr_spec.rpartition("@")
    odd = find_name_oddity(address.name)
    return bool(odd or (at and (find_oddity(host) or find_local_oddity(local))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} {ascii(case['value'])}")
def test_attacks_are_told_from_names(case):
    if (case["kind"], case["value"]) in LOST:
        assert not is_odd(case["kind"], case["value"])
    else:
        assert is_odd(case["kind"], case["value"]) is case["attack"]


@pytest.mark.parametrize(
    "host",
    [
        *("bücher.ch", "łódź.pl", "ñandú.es", "việtnam.vn", "ísland.is", "smörgås.se"),
        *("москва.рф", "яндекс.com", "пример.com", "ελλάδα.gr", "한국.kr", "日本語.jp"),
        *("例え.テスト", "שלום.co.il", "مثال.com", "ประเทศไทย.ไทย", "भारत.भारत", "example.org"),
        *("xn--mller-kva.de", "a-b_c.example", "10.0.0.1", "[2001:db8::1]", ""),
    ],
)
def test_names_in_their_own_letters_are_shown_in_them(host):
    assert find_oddity(host) is None


@pytest.mark.parametrize(
    ("host", "odd"),
    [
        ("аррӏе.com", Oddity.WHOLE),
        ("xn--80ak6aa92e.com", Oddity.WHOLE),
        ("gооgle.com", Oddity.MIXED),
        ("thyssєnkrupp.com", Oddity.MIXED),
        ("exam\u200cple.com", Oddity.DEVIATION),
        ("faß.de", Oddity.DEVIATION),
        ("ｐaypal.com", Oddity.SIGN),
        ("pay\u2024pal.com", Oddity.SIGN),
        ("bad domain.com", Oddity.BROKEN),
    ],
)
def test_look_alike_letters_have_a_reason(host, odd):
    assert find_oddity(host) is odd


def test_a_deceiving_domain_is_shown_in_a_labels_and_an_honest_one_in_its_letters():
    assert shown_host("gооgle.com") == "xn--ggle-55da.com"
    assert shown_host("xn--mller-kva.de") == "müller.de"
    assert shown_addr_spec("jonas@xn--mller-kva.de") == "jonas@müller.de"
    assert shown_addr_spec("jonas@gооgle.com") == "jonas@xn--ggle-55da.com"
    assert shown_addr_spec("nobody") == "nobody"
