"""Complaints about mail in the abuse reporting format (RFC 5965, 6591), read and written."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from webmail.message.address import Address
from webmail.message.build import BuiltMessage
from webmail.message.fields import one_line
from webmail.message.header import first, split_fields
from webmail.message.machine_mail import build_machine_mail, plain_leaf
from webmail.message.parts import Multipart, attachment_leaf, text_leaf
from webmail.message.words import decode_header_words

_MAX_VALUES = 10
_MAX_TEXT = 300

# What a field is called on the screen, in the order of the screen.
_SHOWN = (
    ("Original-Mail-From", "Sent by"),
    ("Original-Rcpt-To", "Sent to"),
    ("Source-IP", "Sent from the machine"),
    ("Arrival-Date", "Arrived"),
    ("Received-Date", "Arrived"),
    ("Reported-Domain", "Domain complained about"),
    ("Reported-URI", "Addresses complained about"),
    ("Auth-Failure", "Check that failed"),
    ("Delivery-Result", "What was done with it"),
    ("Incidents", "How often"),
    ("Reporting-MTA", "Reported by"),
    ("User-Agent", "Written by the program"),
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """``kind`` is the Feedback-Type in lower case: ``abuse``, ``fraud``, ``not-spam``…

    ``facts`` are names for people and their values.
    """

    kind: str
    facts: tuple[tuple[str, str], ...]
    sender: str = ""
    recipient: str = ""


def read_complaint(raw: bytes) -> Complaint | None:
    """Of a message/feedback-report part, decoded; None where it names no kind."""
    fields = split_fields(raw.lstrip())
    values: dict[str, list[str]] = {}
    for name, value in fields:
        text = " ".join(decode_header_words(value).split())[:_MAX_TEXT]
        if text:
            values.setdefault(name.lower(), []).append(text)
    kind = "".join(values.get("feedback-type", [])[:1]).lower()
    if not kind:
        return None
    facts: dict[str, str] = {}
    for name, label in _SHOWN:
        if found := values.get(name.lower()):
            facts.setdefault(label, ", ".join(each.strip("<>") for each in found[:_MAX_VALUES]))
    return Complaint(
        kind=kind[:40],
        facts=tuple(facts.items()),
        sender=_one(values, "original-mail-from"),
        recipient=_one(values, "original-rcpt-to"),
    )


def _one(values: dict[str, list[str]], name: str) -> str:
    return next(iter(values.get(name, [])), "").strip("<> ")


def build_complaint(
    *,
    to: Address,
    from_: Address,
    original: bytes,
    arrived: datetime,
    message_id: str,
    date: datetime,
    user_agent: str,
) -> BuiltMessage:
    """That ``original``, whole, is abuse.  Raises BuildError."""
    fields = split_fields(original)
    subject = one_line(decode_header_words(first(fields, "Subject")))[:150] or "(no subject)"
    return_path = one_line(decode_header_words(first(fields, "Return-Path"))).strip("<> ")
    lines = ["Feedback-Type: abuse", f"User-Agent: {user_agent}", "Version: 1"]
    if "@" in return_path and return_path.isascii():
        lines.append(f"Original-Mail-From: <{return_path[:320]}>")
    lines.append(f"Arrival-Date: {format_datetime(arrived)}")
    report = "".join(f"{line}\r\n" for line in lines).encode("ascii", "replace")
    said = (
        "This is a report about unwanted mail, in the format of RFC 5965. "
        f"The message complained about, “{subject}”, is attached as it came.\n"
    )
    root = Multipart(
        "report",
        (
            text_leaf("text/plain", said),
            plain_leaf("message/feedback-report", report),
            attachment_leaf("", "message/rfc822", original),
        ),
        (("report-type", "feedback-report"),),
    )
    return build_machine_mail(
        from_=from_,
        to=[to],
        subject=f"Abuse report: {subject}",
        root=root,
        message_id=message_id,
        date=date,
    )
