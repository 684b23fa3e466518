"""What a header says about answering it: where it was delivered, and where answers should go.

Delivered-To, X-Original-To and Envelope-To are written by the servers that deliver; a sender
may write them too, so they tell only which of the reader's own addresses was meant.
"""

from dataclasses import dataclass

from webmail.message.address import Address, parse_address_list
from webmail.message.charset import decode_text
from webmail.message.header import Fields, first
from webmail.message.list_headers import read_mailing_list

_DELIVERED = ("X-Original-To", "Envelope-To", "X-Envelope-To", "Delivered-To")


@dataclass(frozen=True, slots=True)
class ReplyFields:
    """``delivered_to`` has the newest field of each name: servers write above the others'.

    ``followup_to`` and ``reply_to`` are Mail-Followup-To and Mail-Reply-To; ``list_post`` is
    the address of the mailing list, empty where it takes no answers by mail.
    """

    delivered_to: tuple[str, ...] = ()
    followup_to: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    list_post: str = ""


def read_reply_fields(fields: Fields) -> ReplyFields:
    mailing_list = read_mailing_list(fields)
    delivered = [_addresses(fields, name) for name in _DELIVERED]
    return ReplyFields(
        delivered_to=tuple(each.addr_spec for found in delivered for each in found[:1]),
        followup_to=_addresses(fields, "Mail-Followup-To"),
        reply_to=_addresses(fields, "Mail-Reply-To"),
        list_post=mailing_list.post_address if mailing_list else "",
    )


def _addresses(fields: Fields, name: str) -> tuple[Address, ...]:
    found = parse_address_list(decode_text(first(fields, name)))
    return tuple(each for each in found if "@" in each.addr_spec)
