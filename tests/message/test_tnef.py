import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.message.outlook import HTML_RTF, compressed, tnef_file, tnef_message, tnef_object
from tests.message.reading import SHARED_CORPUS, read
from webmail.message import tnef
from webmail.message.enclose import message_bytes
from webmail.message.tnef import enclosed_in_tnef

IMESSAGE = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
LETTER = tnef_message(
    {0x0037: "Grüße", 0x0C1A: "Ann Lee", 0x5D01: "ann@x.example", 0x1009: compressed(HTML_RTF)},
    tnef_file(b"LONGNA~1.TXT", b"content", {0x3707: "Long näme.txt", 0x370E: "text/plain"}),
    tnef_file(b"pic.png", b"\x89PNG", {0x3712: "pic@x"}),
)


def test_a_letter_is_opened():
    enclosed = enclosed_in_tnef(LETTER)
    assert enclosed.fields[:2] == (("Subject", "Grüße"), ("From", '"Ann Lee" <ann@x.example>'))
    assert enclosed.html == "<html><p>Café &amp; <b>bar</b></p></html>"
    assert [(f.name, f.content, f.media_type) for f in enclosed.files] == [
        ("Long näme.txt", b"content", "text/plain"),
        ("pic.png", b"\x89PNG", ""),
    ]


def test_it_is_read_as_the_message_it_stands_for():
    message, body = read(message_bytes(enclosed_in_tnef(LETTER)))
    assert message.envelope.subject == "Grüße"
    assert [a.addr_spec for a in message.envelope.from_] == ["ann@x.example"]
    assert "Café" in body.text
    assert [(p.filename, message.part_bytes(p.section)) for p in body.attachments] == [
        ("Long näme.txt", b"content"),
        ("pic.png", b"\x89PNG"),
    ]


def test_a_message_within_keeps_its_own_files():
    inner = tnef_message({0x1000: "inner text"}, tnef_file(b"deep.txt", b"deep", {}))
    outer = tnef_message({}, tnef_file(b"Re: x", b"", {0x3001: "Re: x", 0x3701: IMESSAGE + inner}))
    message, body = read(message_bytes(enclosed_in_tnef(outer)))
    (part,) = body.attachments
    assert (part.filename, part.media_type) == ("Re: x", "message/rfc822")
    within, shown = read(message.part_bytes(part.section))
    assert (within.envelope.subject, shown.text) == ("Re: x", "inner text")
    assert [p.filename for p in shown.attachments] == ["deep.txt"]


def test_old_letters_have_their_text_and_names_in_the_code_page():
    objects = tnef_object(1, 0x9007, (1251).to_bytes(4, "little")) + tnef_object(
        1, 0x800C, "Привет, как дела?".encode("cp1251") + b"\0"
    )
    enclosed = enclosed_in_tnef(b"\x78\x9f\x3e\x22\x01\x00" + objects)
    assert enclosed.text == "Привет, как дела?"


def test_what_stands_before_damage_is_found():
    enclosed = enclosed_in_tnef(LETTER[:-20])
    assert [file.name for file in enclosed.files][:1] == ["Long näme.txt"]


def test_other_files_are_none():
    assert enclosed_in_tnef(b"\x89PNG") is None


@given(st.binary(max_size=300), st.integers(0, len(LETTER)))
def test_no_octets_are_an_error(octets, place):
    enclosed_in_tnef(LETTER[:place] + octets)
    enclosed_in_tnef(LETTER[:6] + octets)


@pytest.mark.parametrize("kind", [0x1002, 0x1003, 0x1014, 0x1048, 0x101E, 0x1102])
def test_a_list_or_a_count_without_an_end_comes_to_one(kind):
    """CVE-2026-62641 and its kin; what stands before it is kept."""
    subject = struct.pack("<HHII", 0x1E, 0x37, 1, 4) + b"Seen"
    endless = struct.pack("<HHI", kind, 0x38, 0xFFFFFFFF) + b"\0" * 16
    for properties in (subject + endless, subject):
        found = tnef._properties(struct.pack("<I", 0xFFFFFFFF) + properties, "cp1252")
        assert found[0x37] == "Seen"


RAW = SHARED_CORPUS / "tnef" / "raw"
INDEX = json.loads((RAW / "index.json").read_text()) if RAW.exists() else []


@pytest.mark.parametrize("row", INDEX, ids=lambda row: row["file"])
def test_the_files_of_the_shared_corpus_are_found(row):
    enclosed = enclosed_in_tnef((RAW / row["file"]).read_bytes())
    assert {file.name for file in enclosed.files} == set(row["expected_names"]) - {"body.rtf"}
    assert "body.rtf" not in row["expected_names"] or enclosed.text or enclosed.html
