"""Address cards as address books write them."""

import json
import time

import pytest

from tests.message.reading import SHARED_CORPUS
from webmail.message.vcard import Entry, read_contacts

FOLDER = SHARED_CORPUS / "vcard"
INDEX = json.loads((FOLDER / "index.json").read_text("utf-8")) if FOLDER.is_dir() else []


@pytest.mark.parametrize("item", INDEX, ids=lambda item: item["file"])
def test_every_card_of_the_corpus_is_read(item):
    started = time.process_time()
    found = read_contacts((FOLDER / item["file"]).read_bytes())
    assert time.process_time() - started < 2
    assert len(found) == item["cards"]
    assert all(each.name or each.entries or item for each in found)


def card(*lines, version="4.0"):
    whole = ("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", "")
    (found,) = read_contacts("\r\n".join(whole).encode())
    return found


def test_a_card_has_a_name_an_organisation_and_ways_to_reach_somebody():
    found = card(
        "FN:Anna Ek",
        "ORG:Ek\\, Wood & Co;Sales",
        "TITLE:Seller",
        "EMAIL;TYPE=work:anna@example.org",
        'TEL;VALUE=uri;TYPE="cell,voice":tel:+46-70-123',
        "ADR;TYPE=home:;;Storgatan 1;Umeå;;90320;Sweden",
        "URL:https://example.org/",
        "BDAY:--1126",
    )
    assert (found.name, found.title) == ("Anna Ek", "Seller")
    assert found.organisation == "Ek, Wood & Co, Sales"
    assert found.entries == (
        Entry("mail", "anna@example.org", "work", is_usable=True),
        Entry("phone", "+46-70-123", "mobile", is_usable=True),
        Entry("address", "Storgatan 1, Umeå, 90320, Sweden", "home"),
        Entry("page", "https://example.org/", is_usable=True),
        Entry("birthday", "11-26"),
    )


def test_an_old_card_is_read_too():
    found = card(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=96berg;J=C3=B6ran;;Dr.;",
        "TEL;HOME;FAX:0901-23",
        version="2.1",
    )
    assert found.name == "Dr. Jöran Öberg"
    assert found.entries[0].field == "phone"
    assert found.entries[0].kind in ("home", "fax")


def test_what_is_no_page_and_no_address_is_no_link():
    found = card("FN:Eve", "URL:javascript:alert(1)", "EMAIL:a@b@c", "TEL:1;ext")
    assert not any(entry.is_usable for entry in found.entries)


def test_pictures_are_passed_over():
    found = card("FN:Eve", "PHOTO;VALUE=uri:https://tracker.example/x.png")
    assert found.entries == ()
