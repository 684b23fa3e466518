"""Complaints and reports about mail: read, written, and never a bomb."""

import gzip
import io
import json
import time
import zipfile
from datetime import UTC, datetime

import pytest

from tests.message.reading import SHARED_CORPUS, read
from webmail.message.address import Address
from webmail.message.bodystructure import Part, decode_part
from webmail.message.dmarc import find_report, read_aggregate, unpack
from webmail.message.parse import parse_message
from webmail.message.report import build_complaint, read_complaint

ARF = sorted(SHARED_CORPUS.glob("arf/*.eml"))


@pytest.mark.parametrize("path", ARF, ids=lambda path: path.stem)
def test_the_complaints_of_the_corpus_hold_their_facts(path):
    message, _ = read(path.read_bytes())
    facts = json.loads((SHARED_CORPUS / "expected" / f"{path.stem}.json").read_text())["facts"]
    parts = [p for p in message.structure.walk() if p.media_type == "message/feedback-report"]
    found = [
        read_complaint(decode_part(message.part_bytes(part.section), part.encoding))
        for part in parts
    ]
    wanted = facts.get("report", {}).get("feedback-type", [])
    assert [each.kind for each in found if each] == [kind.lower() for kind in wanted]
    senders = [each.strip("<> ") for each in facts["report"].get("original-mail-from", [])]
    assert senders[:1] == [each.sender for each in found if each.sender][:1]


ORIGINAL = (
    b"Return-Path: <eve@example.net>\r\nFrom: Eve <eve@example.net>\r\n"
    b"Subject: =?utf-8?q?F=C3=BCr_dich?=\r\n\r\nBuy \xff now\r\n"
)


def test_a_report_holds_the_message_as_it_came():
    built = build_complaint(
        to=Address("", "abuse@example.org"),
        from_=Address("Mara", "mara@hearth.example"),
        original=ORIGINAL,
        arrived=datetime(2026, 11, 26, 9, tzinfo=UTC),
        message_id="<2@hearth.example>",
        date=datetime(2026, 11, 26, 10, tzinfo=UTC),
        user_agent="Hearth",
    )
    message = parse_message(built.wire)
    assert message.structure.parameter("report-type") == "feedback-report"
    _, report, original = message.structure.children
    assert message.part_bytes(original.section).rstrip() == ORIGINAL.rstrip()
    found = read_complaint(message.part_bytes(report.section))
    assert (found.kind, found.sender) == ("abuse", "eve@example.net")
    assert built.needs_8bitmime
    assert message.envelope.subject == "Abuse report: Für dich"


XML = b"""<?xml version="1.0"?>
<feedback xmlns="urn:x"><report_metadata><org_name>Example Inc</org_name>
<date_range><begin>1764000000</begin><end>1764086399</end></date_range></report_metadata>
<policy_published><domain>hearth.example</domain><p>reject</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>7</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>hearth.example</header_from></identifiers></record>
<record><row><source_ip>192.0.2.2</source_ip><count>x</count></row></record></feedback>"""


def zipped(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "octets", [XML, gzip.compress(XML), zipped("a.xml", XML)], ids=["xml", "gzip", "zip"]
)
def test_an_aggregate_report_is_read_however_it_is_packed(octets):
    found = read_aggregate(octets)
    assert (found.organisation, found.domain, found.policy) == (
        "Example Inc",
        "hearth.example",
        "reject",
    )
    assert (found.total, found.passed) == (7, 7)
    assert [each.address for each in found.sources] == ["192.0.2.1", "192.0.2.2"]


def test_a_bomb_is_not_unpacked():
    started = time.process_time()
    zeros = b"\0" * 50_000_000
    assert unpack(gzip.compress(zeros)) == b""
    assert unpack(zipped("a.xml", zeros)) == b""
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"PK\x03\x04broken",
        b"\x1f\x8bbroken",
        b"<feedback>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><feedback>&a;</feedback>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><feedback/>',
    ],
)
def test_what_is_no_report_is_none(octets):
    assert read_aggregate(octets) is None


def test_a_report_is_known_by_its_files_name():
    part = Part(
        "2", "application/gzip", filename="example.com!hearth.example!1764000000!1764086399.xml.gz"
    )
    assert find_report("", (part,)) == part
    assert find_report("Firewood", (Part("2", "application/zip", filename="wood.zip"),)) is None
