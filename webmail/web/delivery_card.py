"""A bounce or another report on delivery as a sentence, tied to the mail it is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from webmail.message.bounce_text import find_delivery_in_text
from webmail.message.delivery import (
    Action,
    Delivery,
    Recipient,
    read_delivery,
    read_original,
)
from webmail.web.learning import learn_from_delivery
from webmail.web.people import clean
from webmail.web.rows import full_time
from webmail.web.sheet import Sheet

_MOST_NAMED = 4
_COPY_BYTES = 64 * 1024

_SENTENCES = {
    Action.FAILED: "Your mail{to} could not be delivered",
    Action.DELAYED: "Your mail{to} has not arrived yet",
    Action.DELIVERED: "Your mail{to} was delivered",
    Action.RELAYED: "Your mail{to} was passed on to a server that sends no confirmations",
    Action.EXPANDED: "Your mail{to} was delivered to a list or group and goes to its members",
}
_RANK = (Action.FAILED, Action.DELAYED, Action.DELIVERED, Action.RELAYED, Action.EXPANDED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One sentence for all whom the same befell; ``said`` are the servers' own words."""

    sentence: str
    advice: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeliveryCard:
    """``tone`` is ``bad``, ``warn`` or ``ok``; ``about_url`` is empty where it is not found."""

    tone: str
    icon: str
    outcomes: tuple[Outcome, ...]
    about: str
    about_url: str
    caution: str


def make(sheet: Sheet) -> DeliveryCard | None:
    delivery = read(sheet)
    if delivery is None or not delivery.recipients:
        return None
    learn_from_delivery(sheet, delivery)
    original = delivery.original
    about_url = sheet.find_mail(original.message_id)
    gravest = min((each.action for each in delivery.recipients), key=_RANK.index)
    tone, icon = {
        Action.FAILED: ("bad", "mail-x"),
        Action.DELAYED: ("warn", "clock"),
    }.get(gravest, ("ok", "mail-check"))
    return DeliveryCard(
        tone=tone,
        icon=icon,
        outcomes=tuple(_outcomes(delivery.recipients, sheet)),
        about=f"“{clean(original.subject)}”" if original.subject else "The mail",
        about_url=about_url,
        caution=""
        if about_url
        else "Hearth does not find the mail this is about. "
        "If you sent none, this notice is a mistake or a trick: open nothing in it.",
    )


def read(sheet: Sheet) -> Delivery | None:
    body = sheet.opened.body
    statuses = sheet.small_of("message/delivery-status", "message/global-delivery-status")
    delivery = read_delivery(statuses, body.text, _copy(sheet) if statuses else b"")
    if delivery is None:
        delivery = find_delivery_in_text(
            sheet.opened.fields,
            sheet.sender.addr_spec,
            body.text,
            has_copy=bool(sheet.parts("message/rfc822", "message/global")),
        )
        if delivery is not None and not delivery.original.message_id:
            delivery = replace(delivery, original=read_original(_copy(sheet)))
    return delivery


def _copy(sheet: Sheet) -> bytes:
    """The header that came back: by itself, or at the beginning of the message."""
    headers = sheet.small_of("text/rfc822-headers", "message/rfc822-headers")
    if headers:
        return headers[0]
    for part in sheet.parts("message/rfc822", "message/global"):
        return b"".join(sheet.request.store.part(sheet.ref, part.section, limit_bytes=_COPY_BYTES))
    return b""


def _outcomes(recipients: Sequence[Recipient], sheet: Sheet) -> Iterator[Outcome]:
    """One for each fate, the gravest first."""
    fates: dict[tuple[Action, str], list[Recipient]] = {}
    for each in sorted(recipients, key=lambda each: _RANK.index(each.action)):
        fates.setdefault((each.action, each.reason.words), []).append(each)
    for (action, _), those in fates.items():
        sentence = _SENTENCES[action].format(to=_named([clean(each.address) for each in those]))
        has_reason = action in (Action.FAILED, Action.DELAYED)
        if has_reason:
            sentence += f": {those[0].reason.words}"
        advice = those[0].reason.advice if action is Action.FAILED else ""
        yield Outcome(
            sentence=f"{sentence}.",
            advice=_waiting(those[0], sheet) if action is Action.DELAYED else advice,
            said=tuple(dict.fromkeys(clean(each.said) for each in those if each.said))[:5]
            if has_reason
            else (),
        )


def _named(addresses: Sequence[str]) -> str:
    """`` to a, b and 3 more``; empty where the notice names nobody."""
    known = [address for address in addresses if address]
    if not known:
        return ""
    shown = known[:_MOST_NAMED]
    if len(known) > len(shown):
        shown.append(f"{len(known) - len(shown):,} more")
    return f" to {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f" to {shown[0]}"


def _waiting(recipient: Recipient, sheet: Sheet) -> str:
    try:
        until = parsedate_to_datetime(recipient.until).astimezone(sheet.clock.zone)
    except (ValueError, TypeError, OverflowError):
        return "The mail server goes on trying; there is nothing you need to do."
    return f"The mail server goes on trying until {full_time(until)}; there is nothing to do."
