"""The envelope of a message: RFC 9051, section 7.5.2, decoded."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from webmail.message.address import Address, parse_address_list
from webmail.message.charset import decode_text
from webmail.message.header import Fields, first, split_fields, value_and_parameters
from webmail.message.words import decode_header_words

__all__ = ["Envelope", "decode_header_words", "envelope_from_header"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the header says of a message, every word decoded to str.

    ``date`` is aware, or None where the field is missing or unreadable.  ``message_id``,
    ``in_reply_to`` and ``references`` keep their angle brackets; the last two are in
    the order of the field, oldest first.
    """

    date: datetime | None = None
    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    message_id: str = ""
    references: tuple[str, ...] = ()


_MESSAGE_ID = re.compile(r"<[^<>]{1,998}>")
_BLANKS = re.compile(r"\s+")


def envelope_from_header(raw_header: bytes) -> Envelope:
    """Never raises; a field that cannot be read is as good as absent."""
    return envelope_from_fields(split_fields(raw_header))


def envelope_from_fields(fields: Fields) -> Envelope:
    # Raw octets in a header are most often in the charset of the body.
    hint = value_and_parameters(first(fields, "Content-Type"))[1].get("charset", "")
    return Envelope(
        date=date_from_field(first(fields, "Date")),
        subject=decode_header_words(first(fields, "Subject"), hint=hint),
        from_=_addresses(fields, "From", hint),
        sender=_addresses(fields, "Sender", hint),
        reply_to=_addresses(fields, "Reply-To", hint),
        to=_addresses(fields, "To", hint),
        cc=_addresses(fields, "Cc", hint),
        bcc=_addresses(fields, "Bcc", hint),
        in_reply_to=_message_ids(first(fields, "In-Reply-To")),
        message_id=_message_id(first(fields, "Message-ID")),
        references=_message_ids(first(fields, "References")),
    )


def _addresses(fields: Fields, name: str, hint: str) -> tuple[Address, ...]:
    """All fields of the name together: RFC 5322 allows one, some programs write several.

    Of several authors' fields the first counts, as for all who check who wrote it.
    """
    wanted = name.lower()
    values = [value for key, value in fields if key.lower() == wanted]
    values = values[:1] if wanted in ("from", "sender") else values
    return tuple(
        address for value in values for address in parse_address_list(decode_text(value, hint=hint))
    )


def _message_ids(value: bytes) -> tuple[str, ...]:
    text = decode_text(value)
    return tuple(_BLANKS.sub("", found) for found in _MESSAGE_ID.findall(text))


def _message_id(value: bytes) -> str:
    ids = _message_ids(value)
    return ids[0] if ids else decode_header_words(value)[:1000]


def date_from_field(value: bytes) -> datetime | None:
    """The Date field, obsolete zones included; None for what is no date."""
    text = decode_text(value)[:200]
    try:
        parsed = parsedate_tz(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if parsed is None:
        return None
    zone_s = parsed[9]
    try:
        zone = UTC if not zone_s else timezone(timedelta(seconds=zone_s))
        return datetime(*_in_range(parsed[:6]), tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _in_range(parts: tuple[int, ...]) -> tuple[int, int, int, int, int, int]:
    """A leap second has no place in datetime."""
    year, month, day, hour, minute, second = parts
    return year, month, day, hour, minute, min(second, 59)
