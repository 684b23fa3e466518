"""The demo mail: believable, whole, the same every time, and readable by our own reader."""

import struct
import time
import zipfile
import zlib
from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import cache
from io import BytesIO

import pytest

from start import seed_files
from start.seed import MAILBOXES, PEOPLE, seed_messages
from webmail.message.bodystructure import decode_part
from webmail.message.parse import parse_message

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=timezone(timedelta(hours=1)))
MARA, JONAS, INGRID = (person.address for person in PEOPLE)


@cache
def mail():
    return tuple(seed_messages(NOW))


def inbox(owner=MARA):
    return [each for each in mail() if each.owner == owner and each.mailbox == "INBOX"]


@cache
def parsed():
    return tuple(parse_message(each.raw) for each in mail())


def test_the_same_moment_gives_the_same_bytes():
    assert tuple(seed_messages(NOW)) == mail()


def test_it_is_written_in_less_than_three_seconds():
    start = time.process_time()
    list(seed_messages(NOW))
    assert time.process_time() - start < 3


def test_one_inbox_is_large_and_reaches_back_two_years():
    assert 1900 < len(inbox()) < 2200
    assert inbox()[0].internal_date < NOW - timedelta(days=700)
    assert NOW - timedelta(hours=1) < inbox()[-1].internal_date < NOW


def test_a_few_are_unread_and_some_are_flagged():
    assert sum("\\Seen" not in each.flags for each in inbox()) == 4
    assert 10 < sum("\\Flagged" in each.flags for each in inbox()) < 60
    assert any("\\Answered" in each.flags for each in inbox())


def test_messages_come_oldest_first_into_mailboxes_that_are_known():
    dates = [each.internal_date for each in mail()]
    assert dates == sorted(dates)
    assert {each.mailbox for each in mail()} <= {"INBOX", *MAILBOXES}
    assert {each.mailbox for each in mail() if each.owner == MARA} == {"INBOX", *MAILBOXES}
    assert {each.owner for each in mail()} == {MARA, JONAS, INGRID}


@pytest.mark.parametrize("hour", [0, 3, 12, 23])
def test_nothing_is_from_the_future_at_any_hour(hour):
    now = NOW.replace(hour=hour, minute=1)
    assert max(each.internal_date for each in seed_messages(now)) < now


def test_every_address_is_under_example():
    for message in parsed():
        envelope = message.envelope
        for address in (*envelope.from_, *envelope.to, *envelope.cc):
            assert address.addr_spec.endswith(".example")


def test_lines_end_in_crlf_and_are_short():
    for each in mail():
        assert each.raw.count(b"\r\n") == each.raw.count(b"\n") == each.raw.count(b"\r")
        assert max(map(len, each.raw.split(b"\r\n"))) <= 998


def test_our_reader_finds_who_wrote_what_and_when():
    for message in parsed():
        assert message.envelope.from_
        assert message.envelope.subject
        assert message.envelope.date
        assert message.envelope.message_id


def test_answers_join_letters_that_are_there():
    known = {message.envelope.message_id for message in parsed()}
    answers = [message.envelope for message in parsed() if message.envelope.references]
    assert len(answers) > 100
    assert all(set(each.references) <= known for each in answers)
    longest = max(len(each.references) for each in answers)
    assert longest == 6


def test_what_one_sends_the_other_has():
    sent = Counter(
        message.envelope.message_id
        for each, message in zip(mail(), parsed(), strict=True)
        if each.mailbox == "Sent"
    )
    received = {
        message.envelope.message_id
        for each, message in zip(mail(), parsed(), strict=True)
        if each.mailbox not in ("Sent", "Drafts")
    }
    assert max(sent.values()) == 1
    assert sum(each in received for each in sent) > 300


def test_there_is_one_of_each_kind():
    types = {part.media_type for message in parsed() for part in message.structure.walk()}
    assert types >= {
        "text/plain", "text/html", "text/calendar", "text/csv", "image/png", "image/jpeg",
        "application/pdf", "application/zip", "message/rfc822", "message/delivery-status",
        "multipart/related", "multipart/report", "multipart/alternative", "multipart/mixed",
    }  # fmt: skip
    subjects = " ".join(message.envelope.subject for message in parsed())
    assert all(word in subjects for word in ("旅行", "وصفة", "🎂", "[lichens]", "Undelivered"))
    names = {name.lower() for message in parsed() for name, _ in message.headers}
    assert {"list-id", "list-unsubscribe-post", "authentication-results"} <= names


def test_every_attachment_is_a_real_file():
    openers = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG", "application/pdf": b"%PDF-"}
    for message in parsed():
        for part in message.structure.walk():
            if part.media_type in openers:
                content = decode_part(message.part_bytes(part.section), part.encoding)
                assert content.startswith(openers[part.media_type])
                assert part.filename


def test_a_picture_holds_the_pixels_it_says():
    picture = seed_files.png(20, 12, (0, 0, 0), (250, 250, 250), (255, 0, 0))
    assert struct.unpack(">II", picture[16:24]) == (20, 12)
    place = picture.index(b"IDAT") + 4
    assert len(zlib.decompressobj().decompress(picture[place:])) == 12 * (1 + 20 * 3)


def test_a_photo_has_no_marker_inside_its_scan():
    photo = seed_files.jpeg(40, 30, (150, 190, 235), (238, 228, 222), 3)
    scan = photo[photo.index(b"\xff\xda") + 14 : -2]
    assert photo.endswith(b"\xff\xd9")
    assert scan.count(b"\xff") == scan.count(b"\xff\x00")


def test_a_pdf_finds_its_objects():
    document = seed_files.pdf("Räkning (1)", "412 kWh")
    table = int(document.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert document[table:].startswith(b"xref\n0 6\n")
    for number, row in enumerate(document[table:].split(b"\n")[3:8], 1):
        assert document[int(row[:10]) :].startswith(b"%d 0 obj" % number)


def test_a_zip_opens():
    archive = zipfile.ZipFile(BytesIO(seed_files.archive(a__txt=b"x")))
    assert archive.read("a.txt") == b"x"
