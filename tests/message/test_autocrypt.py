"""The Autocrypt field, read from others and written for our own (Autocrypt Level 1)."""

import time
from pathlib import Path

import pytest

from webmail.message.autocrypt import field, find_key

BEN = (Path(__file__).parents[1] / "corpus" / "openpgp" / "ben.asc").read_text("ascii")
WRITTEN = field("ben@hearth.test", BEN).replace(b"\r\n", b"")


def test_what_is_written_is_read_again():
    brought = find_key((("Autocrypt", WRITTEN),), "Ben@hearth.test")
    assert brought.addr_spec == "ben@hearth.test"
    assert brought.facts.fingerprint == "94DF81799474CC6AF7901F053CA33720C50BB91B"
    assert all(len(line) <= 78 for line in field("ben@hearth.test", BEN).split(b"\r\n"))


@pytest.mark.parametrize(
    "values",
    [
        (WRITTEN, WRITTEN),
        (WRITTEN.replace(b"ben@", b"eve@"),),
        (b"urgent=1; " + WRITTEN,),
        (WRITTEN.replace(b"keydata", b"_keydata"),),
        (WRITTEN[:200],),
        (b"addr=ben@hearth.test; keydata=" + b"A" * 20_000,),
        (b"addr=ben@hearth.test; keydata=\xff\xfe",),
    ],
    ids=["two", "of another", "unknown attribute", "no key", "cut", "too long", "no base64"],
)
def test_a_field_that_breaks_the_rules_is_passed_over(values):
    assert find_key(tuple(("Autocrypt", value) for value in values), "ben@hearth.test") is None


def test_attributes_that_may_be_unknown_are_passed_over():
    fields = (("Autocrypt", b"_extra=1; prefer-encrypt=mutual; " + WRITTEN),)
    assert find_key(fields, "ben@hearth.test") is not None


@pytest.mark.parametrize("filler", [b" ", b"a"])
def test_a_field_of_nothing_is_read_at_once(filler):
    fields = tuple(("Autocrypt", filler * 13_900 + b"!") for _ in range(18))
    start = time.process_time()
    assert find_key(fields, "ben@hearth.test") is None
    assert time.process_time() - start < 1
