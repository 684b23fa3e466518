"""Delivery notices, receipts and required TLS in the compose window: chosen, and what of it
the submission server can do."""

from collections.abc import Collection
from dataclasses import dataclass

from webmail.accounts.connect import NotConfigured
from webmail.accounts.identity_servers import CannotLeave, endpoint_of
from webmail.accounts.models import Account, Identity, User
from webmail.submission import offers
from webmail.submission.models import StoredDraft
from webmail.submission.offers import Offers
from webmail.submission.wishes import Wishes, wishes_from_names
from webmail.web.limits import ask_server, writer_of

_LABELS = {
    "delivery": (
        "Ask for a delivery notice",
        "The mail servers on the way report when it is delivered, late or lost.",
    ),
    "receipt": (
        "Ask for a receipt",
        "Whoever opens it is asked to tell you. Many never do.",
    ),
    "tls": (
        "Only by encrypted connections",
        "A server on the way that cannot promise them sends it back.",
    ),
}
_SHORT = {"delivery": "delivery notice", "receipt": "receipt", "tls": "encrypted connections only"}


@dataclass(frozen=True, slots=True)
class WishChoice:
    name: str
    label: str
    hint: str
    is_chosen: bool


def usual_wishes(user: User) -> Wishes:
    """What somebody asks for with all they write."""
    return Wishes(delivery=user.asks_for_delivery, receipt=user.asks_for_receipts)


def wish_choices(wishes: Wishes, names: Collection[str] = tuple(_LABELS)) -> tuple[WishChoice, ...]:
    chosen = wishes.names
    return tuple(WishChoice(name, *_LABELS[name], name in chosen) for name in names)


def said_of(wishes: Wishes) -> str:
    """``Delivery notice, receipt``; empty without any."""
    said = ", ".join(_SHORT[name] for name in wishes.names)
    return said[:1].upper() + said[1:]


def wishes_note(account: Account, identity: Identity | None, wishes: Wishes) -> str:
    """What the server is known not to be able to do; empty while there is nothing to say."""
    host, offered = _offers_of(account, identity)
    if offered is None:
        return ""
    notes = []
    if wishes.delivery and not offered.delivery_notices:
        notes.append(
            f"{host} cannot ask for delivery notices. "
            "You hear from it only if the message comes back."
        )
    if wishes.tls and not offered.required_tls:
        notes.append(_no_required_tls(host))
    return " ".join(notes)


def refusal_of(account: Account, identity: Identity | None, wishes: Wishes) -> str:
    """Why a message with these wishes cannot be sent; asks the server where that is needed."""
    if not wishes.tls:
        return ""
    ask_server(account, identity)
    host, offered = _offers_of(account, identity)
    is_refused = offered is not None and not offered.required_tls
    return f"Not sent. {_no_required_tls(host)}" if is_refused else ""


def learn_offers(draft: StoredDraft) -> None:
    """Asks the server what it can do, if the draft wishes for something of it."""
    wishes = _wishes_of(draft)
    if wishes.delivery or wishes.tls:
        ask_server(draft.account, writer_of(draft))


def wishes_json(draft: StoredDraft) -> dict[str, str]:
    wishes = _wishes_of(draft)
    note = wishes_note(draft.account, writer_of(draft), wishes)
    return {"wishes_said": said_of(wishes), "wishes_note": note}


def _wishes_of(draft: StoredDraft) -> Wishes:
    return wishes_from_names(draft.fields.get("wishes", ()))


def _offers_of(account: Account, identity: Identity | None) -> tuple[str, Offers | None]:
    try:
        endpoint = endpoint_of(account, identity)
    except (NotConfigured, CannotLeave):
        return "", None
    return endpoint.host, offers.known_offers(endpoint)


def _no_required_tls(host: str) -> str:
    return (
        f"{host} cannot promise encrypted connections all the way to the receiver "
        "(it offers no REQUIRETLS). Untick “Only by encrypted connections” to send it as usual."
    )
