"""The envelope of a message: RFC 9051, section 7.5.2, decoded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache

from webmail.message.address import Address, parse_address_list
from webmail.message.charset import decode_text
from webmail.message.header import Fields, split_fields, value_and_parameters
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
_MONTHS = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
# The date nearly all programs write; any other goes the long way.
_PLAIN_DATE = re.compile(
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) (" + b"|".join(_MONTHS) + rb")"
    rb" ((?:19|20)\d\d) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)"
    rb" ([+-](?:0\d|1[0-4])[0-5]\d)(?: \([A-Z]{1,5}\))?"
)


def envelope_from_header(raw_header: bytes) -> Envelope:
    """Never raises; a field that cannot be read is as good as absent."""
    return envelope_from_fields(split_fields(raw_header))


def envelope_from_fields(fields: Fields) -> Envelope:
    named = {name.lower(): value for name, value in reversed(fields)}
    repeated = fields if len(named) < len(fields) else []
    hint = _hint(named, b"".join([value for _, value in fields]))
    return Envelope(
        date_from_field(named.get("date", b"")),
        decode_header_words(named.get("subject", b""), hint=hint),
        from_=_addresses(named, "from", hint),
        sender=_addresses(named, "sender", hint),
        reply_to=_addresses(named, "reply-to", hint, repeated),
        to=_addresses(named, "to", hint, repeated),
        cc=_addresses(named, "cc", hint, repeated),
        bcc=_addresses(named, "bcc", hint, repeated),
        in_reply_to=_message_ids(named.get("in-reply-to", b"")),
        message_id=_message_id(named.get("message-id", b"")),
        references=_message_ids(named.get("references", b"")),
    )


def _hint(named: dict[str, bytes], octets: bytes) -> str:
    """Raw octets in a header are most often in the charset of the body."""
    if octets.isascii() and b"\x1b" not in octets:
        return ""
    return value_and_parameters(named.get("content-type", b""))[1].get("charset", "")


def _addresses(
    named: dict[str, bytes], name: str, hint: str, repeated: Sequence[tuple[str, bytes]] = ()
) -> tuple[Address, ...]:
    """All fields of the name together: RFC 5322 allows one, some programs write several.

    Of several authors' fields the first counts, as for all who check who wrote it.
    """
    if name not in named:
        return ()
    if not repeated:
        return parse_address_list(decode_text(named[name], hint=hint))
    values = [value for key, value in repeated if key.lower() == name]
    return tuple(
        address for value in values for address in parse_address_list(decode_text(value, hint=hint))
    )


def _message_ids(value: bytes) -> tuple[str, ...]:
    if not value:
        return ()
    return tuple("".join(found.split()) for found in _MESSAGE_ID.findall(decode_text(value)))


def _message_id(value: bytes) -> str:
    if not value:
        return ""
    ids = _message_ids(value)
    return ids[0] if ids else decode_header_words(value)[:1000]


def date_from_field(value: bytes) -> datetime | None:
    """The Date field, obsolete zones included; None for what is no date."""
    match = _PLAIN_DATE.fullmatch(value)
    if match is None:
        return _any_date(decode_text(value)[:200])
    day, month, year, hour, minute, second, zone = match.groups()
    try:
        return datetime(
            *(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second)),
            tzinfo=zone_from(zone),
        )
    except ValueError:
        return None


@lru_cache(maxsize=256)
def zone_from(offset: bytes) -> timezone:
    """``+0530``."""
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
    return UTC if not away else timezone(-away if offset[:1] == b"-" else away)


def _any_date(text: str) -> datetime | None:
    plain = _plain_spelling(text)
    try:
        return _aware(datetime.fromisoformat(plain))
    except ValueError:
        pass
    try:
        parsed = parsedate_tz(plain)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if parsed is None:
        return None
    try:
        written = datetime(*_in_range(parsed[:6]), tzinfo=_zone(parsed[9]))
        return written + timedelta(hours=_hours_after_noon(plain, written.hour))
    except (ValueError, OverflowError):
        return None


def _plain_spelling(text: str) -> str:
    """Without comments and the blanks of RFC 5322, 4.3; the zone as ``+0200``."""
    plain = " ".join(_COMMENT.sub(" ", text).split())
    return _ZONE.sub(r" \1\2", _AROUND.sub(r"\1", plain).replace(",", ", "))


_COMMENT = re.compile(r"\([^()]*\)")
_AROUND = re.compile(r"\s*([:,])\s*")
_ZONE = re.compile(r"\s(?:GMT|UTC?)?([+-]\d\d):?(\d\d)$")
_TWELVE_HOURS = re.compile(r":\d\d ?([AP])M\b", re.IGNORECASE)


def _hours_after_noon(text: str, hour: int) -> int:
    found = _TWELVE_HOURS.search(text)
    if found is None or not 1 <= hour <= 12:
        return 0
    return (12 if found[1] in "Pp" else 0) - (12 if hour == 12 else 0)


def _aware(written: datetime) -> datetime:
    return written if written.tzinfo else written.replace(tzinfo=UTC)


def _zone(away_s: int | None) -> timezone:
    """What is no zone on Earth says nothing (RFC 5322, 4.3)."""
    is_said = bool(away_s) and abs(away_s or 0) < 24 * 3600
    return timezone(timedelta(seconds=away_s or 0)) if is_said else UTC


def _in_range(parts: tuple[int, ...]) -> tuple[int, int, int, int, int, int]:
    """A leap second has no place in datetime; three digits count from 1900 (RFC 5322, 4.3)."""
    year, month, day, hour, minute, second = parts
    return year + 1900 if 100 <= year < 1000 else year, month, day, hour, minute, min(second, 59)
