import base64

import pytest

from tests.message.outlook import tnef_file, tnef_message
from tests.message.test_msg import LETTER as SAVED
from tests.message.test_tnef import LETTER
from webmail.message import jail, opening_job
from webmail.message.bodystructure import Part, decode_part
from webmail.message.inside import find_inside, is_message, message_in, read_unwrapped
from webmail.message.parse import parse_message

HEAD = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"


def mixed(*parts):
    return HEAD + b"".join(b"--B\r\n" + part + b"\r\n" for part in parts) + b"--B--\r\n"


def attached(content, kind=b"application/ms-tnef; name=winmail.dat"):
    head = b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + base64.encodebytes(content)


def opened(raw):
    message = parse_message(raw)

    def fetch(part):
        return message.part_bytes(part.section)

    body = read_unwrapped(message.structure, fetch, fetch, cid_url=lambda part: part.section)
    return message, body


def test_the_files_of_winmail_dat_stand_in_its_place():
    _, body = opened(mixed(b"\r\nHello", attached(LETTER)))
    assert body.text == "Hello"
    assert [(p.section, p.filename) for p in body.attachments] == [
        ("2:2", "Long näme.txt"),
        ("2:3", "pic.png"),
    ]
    assert [part.filename for part in body.originals] == ["winmail.dat"]


def test_its_text_is_shown_where_there_is_no_other():
    _, body = opened(mixed(attached(LETTER)))
    assert "Café" in body.html
    assert "Café" in body.text


def test_what_cannot_be_opened_stays_a_file():
    _, body = opened(mixed(b"\r\nHello", attached(b"no such thing")))
    assert [(p.section, p.filename) for p in body.attachments] == [("2", "winmail.dat")]
    assert body.originals == ()


def test_uuencoded_files_are_attachments_and_no_text():
    _, body = opened(b"Subject: s\r\n\r\nsee\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbye\r\n")
    assert body.text == "see\nbye"
    assert [(p.section, p.filename) for p in body.attachments] == [("1:2", "cat.txt")]


@pytest.mark.parametrize(
    ("part", "content", "way", "found"),
    [
        (Part("2", "application/ms-tnef"), LETTER, "2", b"content"),
        (Part("2", "application/vnd.ms-outlook"), SAVED, "2", b"x" * 5000),
        (Part("2", "application/octet-stream", filename="x.msg"), SAVED, "3:1", b"inner text"),
        (Part("2", "message/rfc822"), mixed(b"\r\nHello"), "1", b"Hello"),
        (Part("2", "message/rfc822"), mixed(attached(LETTER)), "1:2", b"content"),
        (Part("2", "message/rfc822"), mixed(b"\r\nHello"), "9", None),
        (Part("2", "message/rfc822"), mixed(b"\r\nHello"), "", None),
        (Part("2", "message/rfc822"), mixed(b"\r\nHello"), ":".join("1" * 9), None),
        (Part("2", "image/png"), b"x", "1", None),
    ],
)
def test_a_part_within_a_part_is_found(part, content, way, found):
    inside = find_inside(part, content, way)
    assert (inside and inside[1]) == found


@pytest.mark.parametrize(
    ("media_type", "filename", "is_one"),
    [
        ("message/rfc822", "", True),
        ("application/octet-stream", "Fwd.EML", True),
        ("application/vnd.ms-outlook", "", True),
        ("application/octet-stream", "a.msg", True),
        ("application/ms-tnef", "winmail.dat", True),
        ("text/plain", "a.txt", False),
        ("message/external-body", "", False),
    ],
)
def test_what_can_be_opened_as_a_message(media_type, filename, is_one):
    assert is_message(Part("1", media_type, filename=filename)) is is_one


def test_a_child_that_fails_is_asked_once(monkeypatch):
    asked = []
    monkeypatch.setattr(jail, "ask", lambda child, question: asked.append(question))
    broken = LETTER + b"broken"
    assert opening_job.opened(broken) is opening_job.opened(broken) is None
    assert len(asked) == 1


def test_a_file_that_is_too_large_is_not_opened():
    assert message_in(Part("1", "message/rfc822"), b"x" * 20_000_001) is None
    assert opening_job.opened(LETTER.ljust(20_000_001)) is None


def test_a_bomb_of_a_file_is_given_up(monkeypatch):
    """Many small files, each of them a message of many: time is limited, not depth alone."""
    files = [tnef_file(b"x", b"y" * 10, {}) for _ in range(20_000)]
    message = opening_job.opened(tnef_message({}, *files))
    assert message is None or len(parse_message(message).structure.children) <= 1000


def test_the_octets_are_the_same_however_they_are_reached():
    message, body = opened(mixed(attached(LETTER)))
    outer = message.structure.children[0]
    content = decode_part(message.part_bytes("1"), outer.encoding)
    for part in body.attachments:
        found = find_inside(outer, content, part.section.partition(":")[2])
        assert found is not None
        assert len(found[1]) == part.size_bytes
