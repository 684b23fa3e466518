"""What came of an outgoing message, a line for each recipient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from webmail.submission.models import Outcome, Outgoing, State
from webmail.web.people import clean
from webmail.web.rows import Clock, reader_time

MOST_LINES = 50

_KINDS = {
    "delivered": "delivered {at}",
    "relayed": "passed on {at}, to a server that sends no notices",
    "expanded": "delivered to a list or group {at}",
    "delayed": "not delivered yet, as of {at}",
    "failed": "could not be delivered",
    "displayed": "shown {at}",
    "dispatched": "passed on by their program {at}",
    "processed": "dealt with by their program {at}, unseen",
    "deleted": "deleted without being shown {at}",
    "denied": "no receipt is given",
}
_RECEIPT_FAILED = "no receipt could be given"
_BAD, _WARN, _OK = "bad", "warn", "ok"
_TONES = {"failed": _BAD, "delayed": _WARN, "delivered": _OK, "displayed": _OK}
_TAKEN = (State.ACCEPTED, State.DONE)


@dataclass(frozen=True, slots=True)
class Fate:
    """``words`` are ours, ``said`` those of the server that took or refused it."""

    recipient: str
    words: str
    said: str
    tone: str


def fates_of(outgoing: Outgoing, clock: Clock) -> tuple[Fate, ...]:
    """Of each recipient, then of whoever else was reported on."""
    told: dict[str, list[Outcome]] = {}
    for each in sorted(outgoing.outcomes.all(), key=lambda each: (each.track, each.recipient)):
        told.setdefault(each.recipient, []).append(each)
    known = [
        _fate(outgoing, each, told.pop(each.lower(), []), clock)
        for each in outgoing.rcpt_to[:MOST_LINES]
    ]
    for each in outgoing.rcpt_to[MOST_LINES:]:
        told.pop(each.lower(), None)
    return (*known, *(_fate(outgoing, name, each, clock) for name, each in told.items()))


def _fate(outgoing: Outgoing, recipient: str, outcomes: Sequence[Outcome], clock: Clock) -> Fate:
    said = clean(outgoing.recipient_replies.get(recipient, ""))
    if outcomes:
        words = "; ".join(_told(each, clock) for each in outcomes)
    else:
        words = _by_reply(outgoing, said)
    tones = {_TONES.get(each.kind, "") for each in outcomes if each.is_sure}
    tone = next((each for each in (_BAD, _WARN, _OK) if each in tones), "")
    is_refused = not outcomes and _is_refusal(said)
    return Fate(clean(recipient), words, said, _BAD if is_refused else tone)


def _told(outcome: Outcome, clock: Clock) -> str:
    at = reader_time(outcome.at.astimezone(clock.zone), clock)
    is_receipt_failed = outcome.track == Outcome.RECEIPT and outcome.kind == "failed"
    form = _RECEIPT_FAILED if is_receipt_failed else _KINDS.get(outcome.kind, outcome.kind)
    words = form.format(at=at)
    if outcome.words:
        words += f": {outcome.words}"
    return words if outcome.is_sure else f"{clean(outcome.said_by) or 'somebody'} says: {words}"


def _by_reply(outgoing: Outgoing, said: str) -> str:
    if _is_refusal(said):
        return "refused for now" if said.startswith("4") else "refused"
    if outgoing.state in _TAKEN:
        return "taken by the mail server"
    if said and outgoing.state in (State.FAILED, State.RETRY_WAIT):
        return "would be taken"
    return ""


def _is_refusal(said: str) -> bool:
    return said.startswith(("4", "5"))


def notes_of(outgoing: Outgoing) -> Iterator[str]:
    """What was asked for and nobody has answered yet."""
    answered = {each.track for each in outgoing.outcomes.all()}
    if outgoing.wants_delivery_notice and outgoing.delivery_notice_offered is False:
        yield "No delivery notice was asked for: the mail server offers none."
    elif outgoing.wants_delivery_notice and Outcome.DELIVERY not in answered:
        yield "Asks for a delivery notice."
    if outgoing.wants_receipt and Outcome.RECEIPT not in answered:
        yield "Asks for a receipt; many people never send one."
    if outgoing.requires_tls:
        yield "Only by encrypted connections."


def accepted_text(outgoing: Outgoing, clock: Clock) -> str:
    at: datetime | None = outgoing.accepted_at
    if at is None:
        return ""
    return f"The mail server took it {reader_time(at.astimezone(clock.zone), clock)}."
