from datetime import UTC, datetime, timedelta, timezone

import pytest

from webmail.message.address import Address
from webmail.message.envelope import date_from_field, envelope_from_header


def test_the_envelope_of_a_header() -> None:
    envelope = envelope_from_header(
        b"Date: Tue, 3 Mar 2026 10:00:00 +0100\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
        b"From: Ann <a@b>\r\nSender: s@b\r\nReply-To: r@b\r\nTo: Ben\r\n <c@d>\r\nTo: e@f\r\n"
        b"Bcc: g@h\r\nIn-Reply-To: Your message <1@b> of today\r\n"
        b"References: <0@b>\r\n <1@\r\n b>\r\nMessage-ID: <2@b>\r\n\r\nbody"
    )
    assert envelope.date == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert envelope.subject == "café"
    assert envelope.from_ == (Address("Ann", "a@b"),)
    assert envelope.sender == (Address("", "s@b"),)
    assert envelope.reply_to == (Address("", "r@b"),)
    assert envelope.to == (Address("Ben", "c@d"), Address("", "e@f"))
    assert envelope.bcc == (Address("", "g@h"),)
    assert envelope.in_reply_to == ("<1@b>",)
    assert envelope.references == ("<0@b>", "<1@b>")
    assert envelope.message_id == "<2@b>"


def test_of_two_authors_fields_the_first_counts() -> None:
    envelope = envelope_from_header(b"From: a@b\r\nFrom: evil@c\r\n\r\n")
    assert envelope.from_ == (Address("", "a@b"),)


def test_an_empty_header_has_an_empty_envelope() -> None:
    envelope = envelope_from_header(b"")
    assert envelope.date is None
    assert (envelope.subject, envelope.message_id, envelope.from_) == ("", "", ())


@pytest.mark.parametrize(
    ("field", "date"),
    [
        (b"Tue, 3 Mar 2026 10:00:00 +0100", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (b"3 Mar 26 10:00 GMT", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (b"Tue, 3 Mar 2026 10:00:00 EST (comment)", datetime(2026, 3, 3, 15, tzinfo=UTC)),
        (b"Tue, 3 Mar 2026 10:00:00 -0000", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (b"Tue, 3 Mar 2026 10:00:00", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (b"Sat, 31 Dec 2016 23:59:60 +0000", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"Tue,\r\n 3\r\n Mar 2026 10 : 00(noon): 00 +0100", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (b"2026-03-03 10:00:00", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (b"2026-03-03T10:00:00+01:00", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (b"Tue, 3 Mar 2026 10:00:00 +01:00", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (b"Tue Mar 03 2026 10:00:00 GMT+0100 (CET)", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (b"Mar 3, 2026 1:00:00 PM", datetime(2026, 3, 3, 13, tzinfo=UTC)),
        (b"Mar 3, 2026 12:00:00 AM", datetime(2026, 3, 3, 0, tzinfo=UTC)),
        (b"Tue, 3 Mar 126 10:00:00 +0000", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (b"Tue, 3 Mar 2026 10:00:00 +9999", datetime(2026, 3, 3, 10, tzinfo=UTC)),
        (b"Tue, 30 Feb 2026 10:00:00 +0000", None),
        (b"Tue, 3 Mar 2026 25:00:00 +0000", None),
        (b"Tue, 3 Mar 99999 10:00:00 +0000", None),
        (b"yesterday", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"9" * 10_000, None),
    ],
)
def test_a_date_is_read_or_none(field: bytes, date: datetime | None) -> None:
    assert date_from_field(field) == date


def test_a_date_keeps_its_zone() -> None:
    date = date_from_field(b"Tue, 3 Mar 2026 10:00:00 +0530")
    assert date is not None
    assert date.tzinfo == timezone(timedelta(hours=5, minutes=30))
