"""The envelope of a message: RFC 9051, section 7.5.2, decoded."""

from dataclasses import dataclass
from datetime import datetime

from webmail.message.address import Address


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
