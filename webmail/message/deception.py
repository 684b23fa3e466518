"""Whether a message is from whom it says: evidence, gathered piece by piece.

Each piece has a weight; only the sum raises a voice (``evidence.py``).  What honest mail
does too, weighs little: an answer that goes elsewhere, a link that counts clicks, a name at
an address not seen before.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from webmail.message import risky_files
from webmail.message.address import Address
from webmail.message.authentication import Authentication
from webmail.message.bodystructure import Part
from webmail.message.brands import (
    FREE_MAIL,
    brand_of,
    imitated_brand,
    is_of_brand,
    is_one_brand,
    says_office_of,
    shown_brand,
    worded_brand,
)
from webmail.message.charset import decode_text
from webmail.message.circle import Circle
from webmail.message.domains import organisation, registrable_domain
from webmail.message.evidence import Evidence, Kind, Verdict, weigh
from webmail.message.header import Fields, first
from webmail.message.homograph import Oddity, find_oddity, shown_addr_spec, shown_host
from webmail.message.impostors import Ways, domain_evidence, likeness, name_evidence
from webmail.message.link_targets import Link, links_of, misleading_links
from webmail.message.pressure import presses

_LIST_FIELDS = frozenset({"list-id", "list-post", "x-mailing-list", "mailing-list"})
_BULK_FIELDS = frozenset({"list-unsubscribe", "x-campaign-id", "feedback-id", "x-csa-complaints"})
# What a browser takes for a numeric address as well.
_AS_ONE_NUMBER = re.compile(r"\d{8,10}|0x[0-9a-f]{8}", re.IGNORECASE)
_SELDOM, _MOST_HOSTS = 2, 100
_PRECEDENCE = re.compile(r"\b(?:list|bulk|junk)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is looked at.  ``html`` is cleaned; ``attachments`` are those the reader sees."""

    sender: Address
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    fields: Fields = field(default_factory=list)
    text: str = ""
    html: str = ""
    attachments: tuple[Part, ...] = ()
    authentication: Authentication = Authentication()
    earlier: int = 0
    is_answer: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name.lower() for name, _ in self.fields)

    @property
    def is_list(self) -> bool:
        """It came by a mailing list, which writes over what senders set."""
        return not self.names.isdisjoint(_LIST_FIELDS) or "list" in self._precedence

    @property
    def is_bulk(self) -> bool:
        return self.is_list or not self.names.isdisjoint(_BULK_FIELDS) or bool(self._precedence)

    @property
    def _precedence(self) -> str:
        match = _PRECEDENCE.search(decode_text(first(self.fields, "precedence")))
        return match[0].lower() if match else ""


def judge(letter: Letter, circle: Circle, fine: frozenset[Kind] = frozenset()) -> Verdict:
    """Never raises; ``fine`` is what the reader has accepted of this sender.

    Files, links and haste weigh half from somebody one has written to, unless the mail
    server disowns the message.
    """
    is_own = letter.sender.addr_spec.lower() in circle.mine
    found = [*_failed(letter, is_own=is_own)]
    if not is_own:
        found += name_evidence(letter.sender, circle, _ways(letter))
        found += domain_evidence(letter.sender, circle)
        found += _reply_to(letter, circle)
    content = [*_links(letter, circle), *risky_files.evidence_of(letter.attachments, letter.text)]
    if not letter.is_list and presses(letter.subject, letter.text):
        content.append(Evidence(Kind.PRESSURE, 20, "It wants money or secrets, and in a hurry."))
    known = circle.find(letter.sender.addr_spec)
    if known is not None and known.written and not letter.authentication.has_failed:
        content = [_halved(each) for each in content]
    found += content
    if not is_own:
        found += _first(letter, circle)
    return weigh(found, fine)


def _ways(letter: Letter) -> Ways:
    reply_to = frozenset(each.addr_spec.lower() for each in letter.reply_to)
    return Ways(letter.is_list, letter.is_bulk, letter.is_answer, reply_to)


def _halved(each: Evidence) -> Evidence:
    return Evidence(each.kind, each.weight // 2, each.reason, each.claimed)


# -- what the mail server says ------------------------------------------------------------------


def _failed(letter: Letter, *, is_own: bool) -> Iterator[Evidence]:
    known = letter.authentication
    if not known.has_failed:
        return
    name = shown_host(known.domain)
    reason = f"By its own rules, {name} did not send this."
    if letter.is_list or known.arc == "pass":
        # A list and a forwarder break signatures without meaning harm.
        yield Evidence(Kind.FAILED, 15, reason)
    elif is_own:
        yield Evidence(Kind.IN_MY_NAME, 75, f"It bears your address, but {name} did not send it.")
    else:
        weight = {"reject": 70, "quarantine": 60}.get(known.policy, 40)
        yield Evidence(Kind.FAILED, weight, reason, claimed=name)


# -- where answers go -------------------------------------------------------------------------


def _reply_to(letter: Letter, circle: Circle) -> Iterator[Evidence]:
    domain = letter.sender.domain
    answered = [each for each in letter.reply_to if each.domain]
    elsewhere = [each for each in answered if not _is_one(each.domain, domain)]
    if not domain or not elsewhere or len(elsewhere) < len(answered):
        return
    other = elsewhere[0]
    shown = shown_addr_spec(other.addr_spec)
    reason = f"Replies go to another address: {shown}."
    if letter.is_list or other.addr_spec.lower() in circle.mine:
        return
    if (person := circle.find(other.addr_spec)) is not None and person.is_trusted:
        return
    from_company = registrable_domain(domain) not in FREE_MAIL
    to_anybody = registrable_domain(other.domain) in FREE_MAIL
    alike = likeness(registrable_domain(other.domain), registrable_domain(domain))
    if alike >= 20:
        reason = f"Replies go to a look-alike of {shown_host(domain)}: {shown}."
        yield Evidence(Kind.REPLY_TO, 100 if alike >= 60 else 60, reason)
    elif to_anybody and not letter.is_bulk:
        yield Evidence(Kind.REPLY_TO, 40 if from_company else 30, reason)
    else:
        yield Evidence(Kind.REPLY_TO, 15, reason)


def _is_one(one: str, other: str) -> bool:
    if registrable_domain(one) == registrable_domain(other):
        return True
    brand = brand_of(one)
    if brand and is_of_brand(other, brand):
        return True
    return organisation(one) == organisation(other) and len(organisation(one)) > 2


# -- where links go ---------------------------------------------------------------------------


def _links(letter: Letter, circle: Circle) -> Iterator[Evidence]:
    """The one link that deceives most; that of a message to many counts clicks."""
    if not letter.html:
        return
    links = links_of(letter.html)
    odd = next((each for each in links if _is_odd(each.target)), None)
    if odd is not None:
        host = shown_host(odd.target)
        yield Evidence(Kind.LINKS, 60, f"A link leads to a name in look-alike letters: {host}.")
    elif any(_is_number(each.target) for each in links) and not letter.is_bulk:
        yield Evidence(Kind.LINKS, 30, "A link leads to a machine without a name.")
    yield from _posing(letter, links)
    wrong = misleading_links(letter.html, is_bulk=letter.is_bulk)
    wrong = tuple(each for each in wrong if not is_one_brand(each.named, each.target))
    if not wrong:
        return
    own = registrable_domain(letter.sender.domain)
    grave = [each for each in wrong if brand_of(each.named) or circle.knows_domain(each.named)]
    each = (grave or wrong)[0]
    reason = f"A link that says {shown_host(each.named)} leads to {shown_host(each.target)}."
    is_counted = sum(other.target == each.target for other in links) > _SELDOM
    if registrable_domain(each.named) == own or _shares_a_word(each):
        yield Evidence(Kind.LINKS, 15, reason)
    elif letter.is_bulk:
        yield Evidence(Kind.LINKS, 40 if grave and not is_counted else 15, reason)
    else:
        named = 50 if each.is_url and not is_counted else 35
        yield Evidence(Kind.LINKS, 60 if grave else named, reason)


def _posing(letter: Letter, links: tuple[Link, ...]) -> Iterator[Evidence]:
    """A link to a house made to be taken for another, whatever its text is."""
    hosts = dict.fromkeys(registrable_domain(each.target) for each in links if each.target)
    for host in islice(hosts, _MOST_HOSTS):
        weight, brand = 60, imitated_brand(host)
        if not brand and (worded := worded_brand(host)) and says_office_of(host, worded):
            weight, brand = 40, worded
        # A brand's own mail may count clicks where it likes.
        if brand and not is_of_brand(letter.sender.domain, brand):
            reason = f"A link leads to {shown_host(host)}, which is not {shown_brand(brand)}."
            yield Evidence(Kind.LINKS, weight, reason, claimed=shown_brand(brand))
            return


@lru_cache(maxsize=4096)
def _is_number(host: str) -> bool:
    """A numeric address of the open net; at home, machines go without names."""
    if _AS_ONE_NUMBER.fullmatch(host):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return False


def _is_odd(host: str) -> bool:
    return find_oddity(host) in (Oddity.MIXED, Oddity.WHOLE)


def _shares_a_word(link: Link) -> bool:
    """``shop.example`` and ``shop-mail.example``: most likely one house."""
    named, target = organisation(link.named), organisation(link.target)
    return len(named) > 3 and named in target and not brand_of(link.named)


# -- what one has not seen before -------------------------------------------------------------


def _first(letter: Letter, circle: Circle) -> Iterator[Evidence]:
    known = circle.find(letter.sender.addr_spec)
    if not circle.has_memory or not letter.sender.domain or letter.earlier:
        return
    if known is None or not (known.written or known.heard > 1):
        yield Evidence(Kind.FIRST, 5, "First message from this address.")
