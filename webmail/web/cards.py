"""What a message carries beside its text, as cards above it: one line for each kind.

A maker answers with the card of a message, or None where there is none.  It is asked for
every message that is opened, so it looks at the header and the structure before it fetches.
"""

from collections.abc import Callable
from dataclasses import dataclass

from webmail.store.mailbox import MessageRef
from webmail.web import (
    code_card,
    complaint_card,
    contact_card,
    delivery_card,
    follow_up_card,
    invitation_card,
    list_card,
    receipt_card,
    sent_card,
    signature_card,
)
from webmail.web.http import MailRequest
from webmail.web.identities import own_addresses
from webmail.web.openpgp_learning import learn_key
from webmail.web.reading import Opened, open_message
from webmail.web.rows import Clock, clock_of
from webmail.web.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Card:
    """``template`` is drawn with ``view`` as its ``card``."""

    template: str
    view: object


Maker = Callable[[Sheet], object | None]

_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("list", list_card.make),
    ("sent", sent_card.make),
    ("follow_up", follow_up_card.make),
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
    sheet = Sheet(request, opened, opened.small, clock, mine)
    learn_key(sheet)
    made = ((name, make(sheet)) for name, make in _MAKERS)
    return tuple(Card(f"message/cards/_{name}.html", view) for name, view in made if view)


def sheet_of(request: MailRequest, mailbox: str, place: tuple[int, int]) -> Sheet:
    """The message an act is about.  Raises MessageGone."""
    opened = open_message(request, MessageRef(mailbox, *place))
    return Sheet(request, opened, opened.small, clock_of(request), own_addresses(request.account))
