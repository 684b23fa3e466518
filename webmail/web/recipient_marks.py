"""What there is to say of a recipient before anything is sent: wrong, twice, new, a look-alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.http import HttpRequest

from webmail.accounts.connect import NotConfigured
from webmail.accounts.identity_servers import CannotLeave, endpoint_of
from webmail.accounts.models import Account, Identity
from webmail.index.acquaintances import has_written_to_domain
from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address, parse_address_list
from webmail.message.brands import FREE_MAIL
from webmail.message.circle import Circle
from webmail.message.domains import is_one_edit, organisation, registrable_domain, suffix_of
from webmail.message.evidence import CAUTION
from webmail.message.homograph import shown_addr_spec, shown_host
from webmail.message.impostors import domain_evidence
from webmail.submission import offers
from webmail.web.circles import circle_for
from webmail.web.identities import own_addresses
from webmail.web.limits import ask_server
from webmail.web.people import clean
from webmail.web.recipients import FIELDS, Recipients, sentence_for

MOST_MARKED = 200
_LONG_ENOUGH = 5  # letters of a name that one letter sets apart from another
_LABELS = {"to": "To", "cc": "Cc", "bcc": "Bcc"}


class Level(StrEnum):
    """The gravest first."""

    BAD = "bad"
    CAUTION = "caution"
    TWICE = "twice"
    NEW = "new"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """``words`` is a sentence, empty for nothing.  ``shown`` is the address as people read it,
    ``wire`` as it is sent, where that is other letters."""

    name: str = ""
    shown: str = ""
    wire: str = ""
    level: Level = Level.NONE
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Writing:
    """Who writes; ``seen`` are the addresses that were there already, with their fields."""

    account: Account
    identity: Identity | None
    circle: Circle
    seen: dict[str, str] = field(default_factory=dict)


def marks_of(
    request: HttpRequest,
    account: Account,
    identity: Identity | None,
    asked: Iterable[tuple[str, str]],
) -> list[Mark]:
    """A mark for each (field, text), in their order."""
    writing = _Writing(account, identity, circle_for(request, account, own_addresses(account)))
    return [_mark(writing, field, text) for field, text in asked]


def cautions_of(request: HttpRequest, account: Account, recipients: Recipients) -> tuple[str, ...]:
    """Sentences about those whose domain is made to be taken for another."""
    circle = circle_for(request, account, own_addresses(account))
    everybody = dict.fromkeys((*recipients.to, *recipients.cc, *recipients.bcc))
    found = (_likeness(circle, each) for each in list(everybody)[:MOST_MARKED])
    return tuple(dict.fromkeys(filter(None, found)))


def words_beside(
    request: HttpRequest, account: Account, identity: Identity | None, recipients: Recipients
) -> dict[str, tuple[str, ...]]:
    """What stands beside each field where no script marks the people in it."""
    asked = [(name, each.addr_spec) for name in FIELDS for each in getattr(recipients, name)]
    marks = marks_of(request, account, identity, asked[:MOST_MARKED])
    found: dict[str, dict[str, None]] = {}
    for (name, _), mark in zip(asked, marks, strict=False):
        if mark.words:
            found.setdefault(name, {})[mark.words] = None
    return {field: tuple(words) for field, words in found.items()}


def letters_refusal(
    account: Account, identity: Identity | None, addresses: Iterable[Address]
) -> str:
    """Why one of these cannot be reached through this server (RFC 6531); empty where it can.

    Only letters before the @ need it: a domain travels in A-labels.
    """
    needy = [each for each in addresses if not each.addr_spec.rpartition("@")[0].isascii()]
    if not needy:
        return ""
    ask_server(account, identity)
    try:
        endpoint = endpoint_of(account, identity)
    except (NotConfigured, CannotLeave):
        return ""
    offered = offers.known_offers(endpoint)
    if offered is None or offered.smtputf8:
        return ""
    return (
        f"{endpoint.host} cannot send to “{clean(needy[0].addr_spec)}”: it takes no letters "
        "outside ASCII before the @ (no SMTPUTF8)."
    )


def _mark(writing: _Writing, field: str, text: str) -> Mark:
    address = next(iter(parse_address_list(text)), Address("", text.strip()))
    try:
        wire = wire_addr_spec(address.addr_spec)
    except BadAddress as problem:
        return Mark(clean(address.name), clean(text), "", Level.BAD, sentence_for(address, problem))
    shown = shown_addr_spec(address.addr_spec)
    level, words = _said(writing, field, address)
    writing.seen.setdefault(wire.lower(), field)
    return Mark(clean(address.name), clean(shown), "" if wire == shown else wire, level, words)


def _said(writing: _Writing, field: str, address: Address) -> tuple[Level, str]:
    if words := letters_refusal(writing.account, writing.identity, [address]):
        return Level.BAD, words
    if words := _likeness(writing.circle, address):
        return Level.CAUTION, words
    if (first := writing.seen.get(wire_addr_spec(address.addr_spec).lower())) is not None:
        where = "twice" if first == field else f"in {_LABELS[first]} too"
        return Level.TWICE, f"This address is {where}; it gets the message once."
    if _is_new(writing.account, writing.circle, address):
        return Level.NEW, f"You have not written to {shown_host(address.domain)} before."
    return Level.NONE, ""


def _likeness(circle: Circle, address: Address) -> str:
    """Why its domain may be somebody else's; empty for nearly every one."""
    if circle.trusts_domain(address.domain):
        return ""
    grave = (each for each in domain_evidence(address, circle) if each.weight >= CAUTION)
    reason = next((each.reason for each in sorted(grave, key=lambda each: -each.weight)), "")
    return reason or _slip(address.domain)


def _slip(host: str) -> str:
    """``gmial.com``: nobody need have made it to deceive, and it is read all the same."""
    domain = registrable_domain(host)
    if domain in FREE_MAIL:
        return ""
    for known in sorted(FREE_MAIL):
        one, other = organisation(domain), organisation(known)
        is_alike = len(other) >= _LONG_ENOUGH and one[:1] == other[:1] and is_one_edit(one, other)
        if is_alike and suffix_of(domain) == suffix_of(known):
            return f"{shown_host(domain)} looks like {known}, written wrongly."
    return ""


def _is_new(account: Account, circle: Circle, address: Address) -> bool:
    """Nobody is called new while little is remembered."""
    domain = registrable_domain(address.domain)
    known = (each for each in circle.by_address.values() if each.written)
    if not circle.has_memory or any(registrable_domain(each.domain) == domain for each in known):
        return False
    is_own = any(registrable_domain(each.rpartition("@")[2]) == domain for each in circle.mine)
    return not is_own and not has_written_to_domain(account.pk, domain)


def read_asked(asked: object) -> Iterator[tuple[str, str]]:
    """What a script asks about: pairs of a field and a text, as many as are looked at."""
    for each in asked[:MOST_MARKED] if isinstance(asked, list) else ():
        if isinstance(each, list) and len(each) == 2 and each[0] in FIELDS:
            yield each[0], str(each[1])[:1000]
