"""Sending a message on as it is."""

from datetime import UTC, datetime

import pytest

from webmail.message import redirect
from webmail.message.address import Address
from webmail.message.build import BuildError
from webmail.message.redirect import build_redirect, read_resent

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MARA = Address("Mara", "mara@hearth.example")
BEN, CHIYO = Address("Ben", "ben@hearth.test"), Address("", "chiyo@hearth.test")
ORIGINAL = (
    b"Return-Path: <jonas@hearth.example>\r\n"
    b"DKIM-Signature: v=1; d=hearth.example;\r\n\tb=abc=\r\n"
    b"From: Jonas <jonas@hearth.example>\r\nTo: mara@hearth.example\r\n"
    b"Subject: =?utf-8?q?H=C3=B6?=\r\nMessage-ID: <1@hearth.example>\r\n\r\n"
    b"Is  there any? \r\n.\r\nFrom here\r\n"
)
BLOCK = (
    b"Resent-From: Mara <mara@hearth.example>\r\n"
    b"Resent-To: Ben <ben@hearth.test>\r\n"
    b"Resent-Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    b"Resent-Message-ID: <r@hearth.example>\r\n"
)


def built(original=ORIGINAL, **changes):
    fields = {"from_": MARA, "to": [BEN], "message_id": "<r@hearth.example>", "date": NOON}
    return build_redirect(original, **(fields | changes))


def test_the_original_follows_the_block_octet_for_octet():
    message = built()
    assert message.wire == BLOCK + ORIGINAL
    assert message.sent == message.wire
    assert (message.mail_from, message.rcpt_to) == ("mara@hearth.example", ("ben@hearth.test",))
    assert (message.needs_smtputf8, message.needs_8bitmime) == (False, False)


def test_bcc_is_in_the_sent_copy_alone():
    message = built(to=[], bcc=[CHIYO])
    assert b"chiyo" not in message.wire
    assert message.sent == b"Resent-Bcc: <chiyo@hearth.test>\r\n" + message.wire
    assert message.rcpt_to == ("chiyo@hearth.test",)
    assert read_resent(message.sent)["bcc"] == (CHIYO,)


@pytest.mark.parametrize("name", [b"Bcc", b"BCC ", b"Resent-Bcc"])
def test_whom_the_original_went_to_in_secret_stays_secret(name):
    own = ORIGINAL.replace(
        b"Subject:", name + b": eve@hearth.test,\r\n kay@hearth.test\r\nSubject:"
    )
    assert built(own).wire == BLOCK + ORIGINAL


def test_a_second_redirection_stands_above_the_first():
    again = built(built().wire, to=[CHIYO], message_id="<s@hearth.example>").wire
    assert again.endswith(BLOCK + ORIGINAL)
    assert read_resent(again)["to"] == (CHIYO,)


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b"a\n.\nb", b"a\r\n.\r\nb\r\n"),
        (b"a\r.\rb\r\n", b"a\r\n.\r\nb\r\n"),
        (b"a\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),
        (b"", b""),
    ],
)
def test_only_whole_line_ends_leave(body, sent):
    assert built(b"From: a@b.example\r\n\r\n" + body).wire == (
        BLOCK + b"From: a@b.example\r\n\r\n" + sent
    )


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"\r\nNo header.\r\n",
        b" continued\r\nFrom: a@b.example\r\n\r\nx\r\n",
        b"\tBcc: x\r\nFrom: a@b.example\r\n\r\nx\r\n",
        b"From jonas Thu Nov 12 10:42:00 2026\r\nFrom: a@b.example\r\n\r\nx\r\n",
        b"Hello there\r\n",
    ],
)
def test_what_would_run_into_our_block_is_refused(original):
    with pytest.raises(BuildError, match="does not begin with a header"):
        built(original)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": [Address("", "a@b.example\r\nBcc: eve@b.example")]},
        {"to": [Address("", "a@b@c.example")]},
        {"from_": Address("", "nobody")},
        {"message_id": "<a\r\nBcc: x@b.example>"},
        {"date": NOON.replace(tzinfo=None)},
    ],
)
def test_nothing_that_is_no_address_goes_into_the_block(changes):
    with pytest.raises(BuildError):
        built(**changes)


def test_a_name_brings_no_field_of_its_own():
    message = built(to=[Address("Ben\r\nBcc: eve@hearth.test", "ben@hearth.test")])
    assert message.wire.count(b"\r\nBcc") == 0
    assert message.rcpt_to == ("ben@hearth.test",)


def test_our_own_bytes_are_read_again(monkeypatch):
    monkeypatch.setattr(
        redirect.fields, "address_field", lambda name, _: name.encode() + b": eve@hearth.test\r\n"
    )
    with pytest.raises(BuildError, match="came out wrong"):
        built()


@pytest.mark.parametrize(
    ("subject", "smtputf8", "eight_bit"),
    [("Hö".encode(), True, True), (b"H\xf6", False, True), (b"Ho", False, False)],
)
def test_what_the_server_must_be_able_to_take(subject, smtputf8, eight_bit):
    message = built(b"Subject: " + subject + b"\r\n\r\nx\r\n")
    assert (message.needs_smtputf8, message.needs_8bitmime) == (smtputf8, eight_bit)
