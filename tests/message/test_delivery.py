"""Bounces and other reports on delivery: what became of a mail, and why."""

import json
import re
import time

import pytest

from tests.message.reading import SHARED_CORPUS, read
from webmail.message.bodystructure import decode_part
from webmail.message.bounce_text import find_delivery_in_text
from webmail.message.delivery import (
    Action,
    read_delivery,
    read_delivery_status,
    read_original,
    typed_address,
)
from webmail.message.header import split_fields
from webmail.message.refusals import DISABLED, FAULT, FULL, UNKNOWN, UNREACHABLE, UNSAID
from webmail.message.status_codes import reason_of

DSN = sorted(SHARED_CORPUS.glob("dsn/*.eml"))

# People's programs that answer, lists that mind, and text in which nothing can be read.
NO_BOUNCE = {"dsn-19", "dsn-45", "dsn-50", "dsn-55", "dsn-75", "dsn-96", "dsn-101", "dsn-110"}
NO_BOUNCE |= {"dsn-159"}

# Their lines end in CR alone, or their words are crossed out: there is no report to read.
NO_REPORT = {"dsn-50", "dsn-99", "dsn-168", "dsn-172"}


def delivery_of(raw):
    message, body = read(raw)
    statuses = [
        decode_part(message.part_bytes(part.section), part.encoding)
        for part in message.structure.walk()
        if part.media_type == "message/delivery-status"
    ]
    sender = message.envelope.from_[0].addr_spec if message.envelope.from_ else ""
    return read_delivery(statuses, body.text) or find_delivery_in_text(
        split_fields(raw), sender, body.text
    )


@pytest.mark.parametrize("path", DSN, ids=lambda path: path.stem)
def test_every_bounce_says_who_did_not_get_it_and_an_answer_is_no_bounce(path):
    started = time.process_time()
    found = delivery_of(path.read_bytes())
    assert time.process_time() - started < 2
    assert (found is None) == (path.stem in NO_BOUNCE)
    for each in found.recipients if found else ():
        assert each.reason.words
        assert each.address == "" or re.fullmatch(r"\S+@\S+", each.address)


@pytest.mark.parametrize(
    "path", [path for path in DSN if path.stem not in NO_REPORT], ids=lambda path: path.stem
)
def test_the_facts_of_reports_hold(path):
    record = json.loads((SHARED_CORPUS / "expected" / f"{path.stem}.json").read_text("utf-8"))
    facts = record["facts"].get("report", {})
    found = delivery_of(path.read_bytes())
    ours = found.recipients if found else ()
    assert {a.lower() for a in facts.get("action", [])} <= {each.action.value for each in ours}
    codes = {match[0] for s in facts.get("status", []) if (match := re.search(r"\d\.\d+\.\d+", s))}
    assert codes <= {each.status for each in ours}


STATUS = """Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; anna@example.org
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; 451 4.4.1 connection timed out
Will-Retry-Until: Tue, 24 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; <jonas@example.org>
Action: Failed (for good)
Status: 5.0.0
Diagnostic-Code: smtp; 550 Mailbox full
""".replace("\n", "\r\n")


def test_each_recipient_has_a_fate_of_its_own():
    anna, jonas = read_delivery_status(STATUS.encode())
    assert (anna.address, anna.action, anna.reason) == (
        "anna@example.org",
        Action.DELAYED,
        UNREACHABLE,
    )
    assert anna.until == "Tue, 24 Nov 2026 10:00:00 +0000"
    assert (jonas.address, jonas.action, jonas.reason) == (
        "jonas@example.org",
        Action.FAILED,
        FULL,
    )


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [
        ("5.1.1", "", UNKNOWN),
        ("5.0.0", "552 Quota exceeded", FULL),
        ("5.1.1", "550 account is disabled", DISABLED),
        ("4.4.1", "", UNREACHABLE),
        ("", "550 5.2.2 no", FULL),
        ("", "550 go away", UNSAID),
        ("", "", UNSAID),
    ],
)
def test_the_servers_words_count_more_than_its_codes(status, words, reason):
    assert reason_of(status, words) == reason


def test_looking_for_a_reason_takes_no_longer_for_hostile_words():
    started = time.process_time()
    for hostile in ("user" + "." * 9000, "user " * 3000, "x@" * 5000, "domain" + " a" * 5000):
        reason_of("", hostile)
    assert time.process_time() - started < 1


def test_the_address_is_freed_of_its_type_and_coding():
    assert typed_address(b"rfc822; anna+2Bnews@example.org") == "anna+news@example.org"
    assert typed_address(b"RFC822;<anna@example.org> (Anna)") == "anna@example.org"
    assert typed_address(b"utf-8; j\xc3\xb6ran@example.org") == "jöran@example.org"


QMAIL = """From: MAILER-DAEMON@mail.example.org
To: mara@hearth.example
Subject: failure notice

Hi. This is the qmail-send program at mail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@example.org>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <mara@hearth.example>
Message-ID: <1@hearth.example>
To: anna@example.org
Subject: Firewood

Is there any?
"""


def test_a_qmail_bounce_is_read_and_tied_to_the_mail_it_is_about():
    found = delivery_of(QMAIL.encode())
    assert [(r.address, r.reason) for r in found.recipients] == [("anna@example.org", UNKNOWN)]
    assert found.original.message_id == "<1@hearth.example>"
    assert found.original.subject == "Firewood"


GATEWAY = "From: gate@example.org\nTo: mara@hearth.example\nSubject: Undeliverable: Firewood\n\n"
LURE = "5 messages could not be delivered to your mailbox mara@hearth.example. Release them now.\n"


@pytest.mark.parametrize(
    ("notice", "told"),
    [
        ("<anna@example.org>: mailbox unavailable. [SMTP Error Code 550]\n", UNKNOWN),
        ("to\n'anna@example.org'\nbecause the quota is full.\nYour message\nSubject: x\n"
         "---- Original message ----\nSubject: Firewood\nTo: bo@example.org\n", FULL),
        ("Your message\n\n  To: list@example.org\n\ndid not reach the following recipient(s):\n\n"
         "c=US;p=X;dda:SMTP=anna@example.ORG; on Fri, 4 Oct 2002\nThe name is not recognized\n",
         UNKNOWN),
        ("Undeliverable Address: anna@example.org\nReason: 552 Quota violation\n"
         "System contact: postmaster@example.org\n", FULL),
        ("Delivery to these recipients failed:\n* [anna@example.org]: 550 anna@example.org...User "
         "is overquota\nOriginal message details:\n* To: bo@example.org\n", FULL),
        ("550 the following address failed:\n somebody\n (generated from anna@example.org)\n"
         "Command died with status 17\n", FAULT),
        ("To the following recipients, who take no mail from list@example.org:\n anna@example.org\n"
         "553 5.3.0 Addressee unknown\n", UNKNOWN),
    ],
)  # fmt: skip
def test_a_gateway_of_any_name_says_who_got_no_mail_and_why(notice, told):
    found = delivery_of(f"{GATEWAY}It could not be delivered. {notice}".encode())
    assert [(r.address, r.action) for r in found.recipients] == [
        ("anna@example.org", Action.FAILED)
    ]
    assert found.recipients[0].reason == told


@pytest.mark.parametrize(
    "words", ["has been postponed", "could not be delivered; we will continue to try,"]
)
def test_a_gateway_still_trying_says_so(words):
    notice = f"Delivery of email to\n anna@example.org\n{words} due to a full mailbox.\n"
    raw = GATEWAY.replace("gate@", r'"Postmaster\@example.org"@') + notice
    found = delivery_of(raw.encode()).recipients[0]
    assert (found.address, found.action, found.reason) == ("anna@example.org", Action.DELAYED, FULL)


def test_mail_about_held_mail_is_no_bounce():
    assert delivery_of(f"{GATEWAY}{LURE}".encode()) is None


def test_somebody_who_writes_about_a_bounce_sends_none():
    forwarded = QMAIL.replace("MAILER-DAEMON@mail.example.org", "Jonas <jonas@hearth.example>")
    assert delivery_of(forwarded.encode()) is None


def test_a_person_who_is_away_has_bounced_nothing():
    away = (
        "Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: Anna <anna@example.org>\n"
        "Subject: Away\n\nYour mail was not delivered to me but is kept. Write to bo@example.org.\n"
    )
    assert delivery_of(away.encode()) is None


def test_the_mail_reported_on_is_known_by_its_header():
    found = read_original(
        b"Message-ID: <a@b>\r\nSubject: =?utf-8?q?f=C3=BCr?=\r\nTo: x@y.example\r\n"
    )
    assert (found.message_id, found.subject, found.to) == ("<a@b>", "für", ("x@y.example",))
