import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.message.outlook import HTML_RTF, compound_file, compressed, msg, msg_tree
from tests.message.reading import read
from webmail.message.enclose import message_bytes
from webmail.message.msg import enclosed_in_msg

INNER = msg_tree({0x0037: "Inner", 0x1000: "inner text"}, header_bytes=24)
LETTER = msg(
    msg_tree(
        {0x0037: "Grüße", 0x1009: compressed(HTML_RTF), 0x0C1A: "Ann Lee", 0x5D01: "ann@x.example"},
        {0x0039: 133_000_000_000_000_000},
        storages={
            "__recip_version1.0_#00000000": msg_tree(
                {0x3001: "Bob", 0x39FE: "bob@x.example"}, {0x0C15: 1}, header_bytes=8
            ),
            "__recip_version1.0_#00000001": msg_tree(
                {0x3001: "Cy", 0x3003: "cy@x.example"}, {0x0C15: 2}, header_bytes=8
            ),
            "__attach_version1.0_#00000000": msg_tree(
                {0x3707: "large.bin", 0x3701: b"x" * 5000}, header_bytes=8
            ),
            "__attach_version1.0_#00000001": msg_tree(
                {0x3001: "Inner"}, header_bytes=8, storages={"__substg1.0_3701000D": INNER}
            ),
        },
    )
)


def test_a_saved_message_is_read_as_what_it_is():
    message, body = read(message_bytes(enclosed_in_msg(LETTER)))
    envelope = message.envelope
    assert envelope.subject == "Grüße"
    people = [(a.name, a.addr_spec) for a in (*envelope.from_, *envelope.to, *envelope.cc)]
    assert people == [
        ("Ann Lee", "ann@x.example"),
        ("Bob", "bob@x.example"),
        ("Cy", "cy@x.example"),
    ]
    assert envelope.date.isoformat() == "2022-06-18T04:26:40+00:00"
    assert "Café" in body.html
    assert [(p.filename, p.size_bytes) for p in body.attachments][0] == ("large.bin", 5000)


def test_a_message_within_is_a_message():
    message, body = read(message_bytes(enclosed_in_msg(LETTER)))
    part = body.attachments[1]
    assert (part.filename, part.media_type) == ("Inner.eml", "message/rfc822")
    within, shown = read(message.part_bytes(part.section))
    assert (within.envelope.subject, shown.text) == ("Inner", "inner text")


@pytest.mark.parametrize(
    ("bodies", "text", "html"),
    [
        ({0x1000: "only text"}, "only text", ""),
        ({0x1013: b"<p>\xe9</p>", 0x1000: "e"}, "e", "<p>é</p>"),
        ({0x1009: compressed(rb"{\rtf1\ansi plain}")}, "plain", ""),
        ({0x1009: b"broken"}, "", ""),
        ({}, "", ""),
    ],
)
def test_the_body_is_html_or_rtf_or_text(bodies, text, html):
    enclosed = enclosed_in_msg(msg(msg_tree(bodies)))
    assert (enclosed.text, enclosed.html) == (text, html)


def test_other_compound_files_are_none():
    assert enclosed_in_msg(compound_file({"WordDocument": b"x"})) is None
    assert enclosed_in_msg(b"PK\x03\x04") is None


@given(st.integers(0, len(LETTER) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_file_is_no_error(place, octets):
    enclosed_in_msg(LETTER[:place] + octets + LETTER[place + len(octets) :])
    enclosed_in_msg(LETTER[:place])
