"""What a message carries beside its text, as cards above it: one line for each kind.

A maker answers with the card of a message, or None where there is none.  It is asked for
every message that is opened, so it looks at the header and the structure before it fetches.
"""

from collections.abc import Callable
from dataclasses import dataclass

from webmail.message.bodystructure import decode_part
from webmail.store.mailbox import MessageRef
from webmail.web import (
    code_card,
    complaint_card,
    contact_card,
    delivery_card,
    invitation_card,
    list_card,
    receipt_card,
    signature_card,
)
from webmail.web.http import MailRequest
from webmail.web.identities import own_addresses
from webmail.web.reading import Opened, open_message
from webmail.web.rows import Clock, clock_of
from webmail.web.sheet import Sheet

SMALL_BYTES = 64 * 1024
_MOST_SMALL_PARTS = 8
_SMALL = frozenset(
    (
        *("text/calendar", "application/ics", "text/vcard", "text/x-vcard", "text/directory"),
        *("message/delivery-status", "message/disposition-notification"),
        *("message/feedback-report", "text/rfc822-headers"),
    )
)


@dataclass(frozen=True, slots=True)
class Card:
    """``template`` is drawn with ``view`` as its ``card``."""

    template: str
    view: object


Maker = Callable[[Sheet], object | None]

_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("list", list_card.make),
    ("delivery", delivery_card.make),
    ("complaint", complaint_card.make),
    ("aggregate", complaint_card.make_aggregate),
    ("receipt", receipt_card.make),
    ("invitation", invitation_card.make),
    ("contact", contact_card.make),
    ("signature", signature_card.make),
    ("code", code_card.make),
)


def cards_of(
    request: MailRequest, opened: Opened, clock: Clock, mine: frozenset[str]
) -> tuple[Card, ...]:
    sheet = Sheet(request, opened, small_parts(request, opened), clock, mine)
    made = ((name, make(sheet)) for name, make in _MAKERS)
    return tuple(Card(f"message/cards/_{name}.html", view) for name, view in made if view)


def sheet_of(request: MailRequest, mailbox: str, place: tuple[int, int]) -> Sheet:
    """The message an act is about.  Raises MessageGone."""
    opened = open_message(request, request.store.summary(MessageRef(mailbox, *place)))
    small = small_parts(request, opened)
    return Sheet(request, opened, small, clock_of(request), own_addresses(request.account))


def small_parts(request: MailRequest, opened: Opened) -> dict[str, bytes]:
    """The decoded octets, by section, of the small parts that machines write for machines."""
    ref, structure = opened.summary.ref, opened.summary.structure
    wanted = [
        part
        for part in structure.walk()
        if part.media_type in _SMALL and 0 < part.size_bytes <= 2 * SMALL_BYTES
    ]
    return {
        part.section: decode_part(
            b"".join(request.store.part(ref, part.section, limit_bytes=2 * SMALL_BYTES)),
            part.encoding,
        )[:SMALL_BYTES]
        for part in wanted[:_MOST_SMALL_PARTS]
    }
