"""Read receipts: what one says, who may be given one, and how it is written."""

from datetime import UTC, datetime

import pytest

from tests.message.reading import SHARED_CORPUS, read
from webmail.message.address import Address
from webmail.message.bodystructure import decode_part
from webmail.message.build import BuildError
from webmail.message.header import split_fields
from webmail.message.parse import parse_message
from webmail.message.receipt import build_receipt, find_asked, read_receipt

ASKS = b"Disposition-Notification-To: Anna <anna@example.org>\r\n"
FROM_ANNA = b"Return-Path: <anna@example.org>\r\n"


@pytest.mark.parametrize("path", sorted(SHARED_CORPUS.glob("mdn/*.eml")), ids=lambda p: p.stem)
def test_the_receipts_of_the_corpus_are_read(path):
    message, _ = read(path.read_bytes())
    part = next(p for p in message.structure.walk() if "disposition" in p.media_type)
    found = read_receipt(decode_part(message.part_bytes(part.section), part.encoding))
    assert found.recipient == "Joe_Recipient@example.com"
    assert found.kind == "displayed"
    assert found.original_message_id == "<199509192301.23456@example.org>"


def asked(*more, head=ASKS + FROM_ANNA):
    return find_asked(split_fields(head + b"".join(more)))


def test_the_sender_may_ask():
    assert asked().address == Address("Anna", "anna@example.org")
    assert asked().is_sure


def test_without_a_return_path_only_the_reader_can_settle_the_doubt():
    assert not asked(head=ASKS).is_sure


@pytest.mark.parametrize(
    "head",
    [
        b"List-Id: <wood.example.org>\r\n",
        b"List-Unsubscribe: <mailto:leave@example.org>\r\n",
        b"Precedence: bulk\r\n",
        b"Auto-Submitted: auto-generated\r\n",
        b"Content-Type: multipart/report; report-type=delivery-status\r\n",
        b"Disposition-Notification-Options: x=required,y\r\n",
    ],
)
def test_lists_machines_and_unknown_terms_are_never_told(head):
    assert asked(head) is None


@pytest.mark.parametrize(
    "head",
    [
        ASKS + b"Return-Path: <eve@example.net>\r\n",
        ASKS + b"Return-Path: <>\r\n",
        b"Disposition-Notification-To: anna@example.org, eve@example.net\r\n" + FROM_ANNA,
        FROM_ANNA,
    ],
)
def test_nobody_but_the_sender_is_told(head):
    assert asked(head=head) is None


def test_a_receipt_is_the_report_the_standard_wants():
    built = build_receipt(
        to=Address("Anna", "anna@example.org"),
        reader=Address("Mara", "mara@hearth.example"),
        subject="Für dich\r\nBcc: eve@example.net",
        sent_text="Thu 26 November 2026, 10:00",
        original_message_id="<1@example.org>",
        original_recipient="",
        message_id="<2@hearth.example>",
        date=datetime(2026, 11, 26, 9, tzinfo=UTC),
        is_automatic=False,
    )
    assert (built.mail_from, built.rcpt_to) == ("", ("anna@example.org",))
    message = parse_message(built.wire)
    assert message.structure.parameter("report-type") == "disposition-notification"
    assert message.envelope.in_reply_to == ("<1@example.org>",)
    assert "bcc" not in {name.lower() for name, _ in message.headers}
    part = message.structure.children[1]
    assert part.media_type == "message/disposition-notification"
    raw = decode_part(message.part_bytes(part.section), part.encoding)
    assert b"Disposition: manual-action/MDN-sent-manually; displayed\r\n" in raw
    found = read_receipt(raw)
    assert (found.recipient, found.original_message_id) == (
        "mara@hearth.example",
        "<1@example.org>",
    )


@pytest.mark.parametrize(
    "address", ["a@b.example, eve@example.net", "a@b.example\r\nBcc: eve@example.net", "nobody"]
)
def test_an_address_brings_nobody_else_along(address):
    with pytest.raises(BuildError):
        build_receipt(
            to=Address("", address),
            reader=Address("Mara", "mara@hearth.example"),
            subject="Firewood",
            sent_text="today",
            original_message_id="",
            original_recipient="x\r\nX-Evil: 1@",
            message_id="<2@hearth.example>",
            date=datetime(2026, 11, 26, 9, tzinfo=UTC),
            is_automatic=False,
        )
