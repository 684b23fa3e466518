"""Read receipts: message disposition notifications (RFC 8098), read, asked for and written."""

import re
from dataclasses import dataclass
from datetime import datetime

from webmail.message.address import Address, parse_address_list
from webmail.message.build import BuiltMessage
from webmail.message.charset import decode_text
from webmail.message.delivery import typed_address
from webmail.message.fields import is_message_id, one_line
from webmail.message.header import Fields, first, split_fields
from webmail.message.machine_mail import build_machine_mail, plain_leaf
from webmail.message.parts import Multipart, text_leaf
from webmail.message.words import decode_header_words

_ID = re.compile(r"<[^<>\s]{1,900}>")
_KINDS = ("displayed", "deleted", "dispatched", "processed", "denied", "failed")
_BULK = ("bulk", "list", "junk")


@dataclass(frozen=True, slots=True)
class Receipt:
    """``kind`` is the disposition: ``displayed``, ``deleted``, ``processed``…"""

    recipient: str
    kind: str
    original_message_id: str = ""
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to know.  ``is_sure`` is false where the header leaves a doubt that only the
    reader can settle (RFC 8098, section 2.1)."""

    address: Address
    is_sure: bool


def read_receipt(raw: bytes) -> Receipt | None:
    """Of a message/disposition-notification part, decoded; None where it says nothing."""
    fields = split_fields(raw.lstrip())
    disposition = decode_text(first(fields, "Disposition")).lower()
    mode, separator, kinds = disposition.rpartition(";")
    kind = next((each for each in _KINDS if each in kinds), "")
    if not kind:
        return None
    found = _ID.search(decode_text(first(fields, "Original-Message-ID")))
    return Receipt(
        recipient=typed_address(first(fields, "Final-Recipient"))
        or typed_address(first(fields, "Original-Recipient")),
        kind=kind,
        original_message_id=found[0] if found else "",
        is_automatic="automatic-action" in mode,
    )


def find_asked(fields: Fields) -> Asked | None:
    """Who asks for a receipt that may be given.

    None too where none may: to lists and bulk mail, to machines, to several addresses, to
    another address than the one the message came from, or on terms nobody here knows.
    """
    asked = parse_address_list(decode_header_words(first(fields, "Disposition-Notification-To")))
    if len(asked) != 1 or "@" not in asked[0].addr_spec or _is_for_many(fields):
        return None
    options = decode_text(first(fields, "Disposition-Notification-Options")).lower()
    return_path = decode_text(first(fields, "Return-Path")).strip()
    sent_by = return_path.strip("<> ").lower()
    if "required" in options or return_path == "<>":
        return None
    if sent_by and not _is_same(sent_by, asked[0].addr_spec):
        return None
    return Asked(asked[0], is_sure=bool(sent_by))


def _is_same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _is_for_many(fields: Fields) -> bool:
    names = {name.lower() for name, _ in fields}
    precedence = decode_text(first(fields, "Precedence")).strip().lower()
    auto = decode_text(first(fields, "Auto-Submitted")).strip().lower()
    is_list = any(name.startswith("list-") for name in names)
    is_report = "multipart/report" in decode_text(first(fields, "Content-Type")).lower()
    return is_list or is_report or precedence in _BULK or auto not in ("", "no")


def build_receipt(
    *,
    to: Address,
    reader: Address,
    subject: str,
    sent_text: str,
    original_message_id: str,
    original_recipient: str,
    message_id: str,
    date: datetime,
    is_automatic: bool,
) -> BuiltMessage:
    """That ``reader`` was shown the message; ``sent_text`` says in words when it was sent.

    Only what the sender knows already: neither programs nor times are told.  Raises
    BuildError.
    """
    name = one_line(subject)[:200] or "(no subject)"
    said = (
        f"The message “{name}”, sent {sent_text} to {reader.addr_spec}, was shown on a screen. "
        "That does not prove that it was read or understood.\n"
    )
    how = "MDN-sent-automatically" if is_automatic else "MDN-sent-manually"
    lines = [f"Final-Recipient: rfc822;{reader.addr_spec}"]
    if "@" in original_recipient and original_recipient.isprintable():
        lines.insert(0, f"Original-Recipient: rfc822;{original_recipient}")
    if is_message_id(original_message_id):
        lines.append(f"Original-Message-ID: {original_message_id}")
    lines.append(f"Disposition: manual-action/{how}; displayed")
    notification = "".join(f"{line}\r\n" for line in lines).encode()
    root = Multipart(
        "report",
        (
            text_leaf("text/plain", said),
            plain_leaf("message/disposition-notification", notification),
        ),
        (("report-type", "disposition-notification"),),
    )
    return build_machine_mail(
        from_=reader,
        to=[to],
        subject=f"Read: {name}",
        root=root,
        message_id=message_id,
        date=date,
        more=[("Auto-Submitted", "auto-replied")],
        about=(original_message_id,),
        has_null_sender=True,
    )
