"""Names and domains made to be taken for somebody else's (T87, T88)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from webmail.message.address import Address
from webmail.message.brands import (
    FREE_MAIL,
    borrowed_brand,
    brand_of,
    claimed_brand,
    imitated_brand,
    is_of_brand,
    is_with_office_word,
    is_word_of,
    says_office_of,
    shown_brand,
    speaking_name,
    worded_brand,
)
from webmail.message.circle import Acquaintance, Circle
from webmail.message.domains import (
    has_known_suffix,
    is_one_edit,
    organisation,
    registrable_domain,
    script_of,
    skeleton,
    suffix_of,
)
from webmail.message.evidence import CAUTION, Evidence, Kind
from webmail.message.homograph import (
    Oddity,
    find_local_oddity,
    find_oddity,
    shown_addr_spec,
    shown_host,
)

_IN_NAME = re.compile(r"[^\s@<>()\"',;:\[\]]+@((?:[\w-]+\.)+[^\W\d_]{2,})")
_OVERRIDES = re.compile("[\u202d\u202e]")
_HIDDEN = re.compile("[a-zA-Z\u0400-\u04ff][\u200b\u2060\ufeff\u00ad\u180e]+[a-zA-Z\u0400-\u04ff]")
_WORD = re.compile(r"[^\W\d_]+")
_VIA = re.compile(r"\b(?:via|on behalf of|through|über|genom|im auftrag)\b", re.IGNORECASE)
_ROBOT = re.compile(
    r"^(?:.*[-._+])?(?:no-?reply|do-?not-?reply|notifications?|notify|calendar-notification|invit\w*"
    r"|messages?|mailer|bounces?|updates?|alerts?|reply|drive-shares\S*|comments\S*|hello|team)\b",
    re.IGNORECASE,
)
_ANYBODY = frozenset(
    {"info", "office", "mail", "contact", "kontakt", "hello", "service", "support"}
)
_WORTH_A_LOOK = 5
_LONG_ENOUGH = 7  # letters of a name in which one wrong letter is no accident


# -- display names --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ways:
    """How a message came, as far as that excuses a name."""

    is_list: bool = False
    is_bulk: bool = False
    is_answer: bool = False
    reply_to: frozenset[str] = frozenset()


def name_evidence(sender: Address, circle: Circle, ways: Ways) -> Iterator[Evidence]:
    yield from _signs(sender.name)
    brand = claimed_brand(_visible(sender.name))
    if brand and sender.domain and not is_of_brand(sender.domain, brand) and not ways.is_list:
        yield _claims_brand(sender, brand)
        if not _VIA.search(sender.name):
            return
        yield from _namesake(sender, circle, ways)
        return
    if (house := _claimed_house(sender, circle)) and not ways.is_list:
        host = shown_host(registrable_domain(sender.domain))
        reason = f"The name says {house}, but the address ends in {host}."
        yield Evidence(Kind.BRAND, 40 if ways.is_bulk else 60, reason, claimed=house)
        return
    match = _IN_NAME.search(_visible(sender.name))
    if match is not None:
        yield from _other_address(sender, match[0].lower(), match[1].lower(), circle, ways)
    else:
        yield from _namesake(sender, circle, ways)


def _visible(name: str) -> str:
    name = unicodedata.normalize("NFKC", name)
    return "".join(c for c in name if c.isprintable() or c == " ")


def _signs(name: str) -> Iterator[Evidence]:
    """Characters that turn a line around, hide in a word, or stand in for others."""
    if _OVERRIDES.search(name):
        # Some address books leave a mark for left-to-right around what they copy.
        weight = 50 if "\u202e" in name else 15
        yield Evidence(Kind.NAME_SIGNS, weight, "Signs in the name turn its letters around.")
    elif _HIDDEN.search(name):
        yield Evidence(Kind.NAME_SIGNS, 40, "The name holds invisible signs.")
    elif any(_is_mixed(word) for word in _WORD.findall(name)):
        yield Evidence(Kind.NAME_SIGNS, 40, "The name mixes letters of two alphabets in one word.")


def _is_mixed(word: str) -> bool:
    scripts = {script_of(character) for character in word}
    return (
        len(word) > 2 and "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN"})
    )


def _claims_brand(sender: Address, brand: str) -> Evidence:
    shown = shown_brand(brand)
    host = shown_host(registrable_domain(sender.domain))
    reason = f"The name says {shown}, but the address ends in {host}."
    # Nor is a machine at home, whose name nobody can register, taken for a house.
    is_harmless = is_word_of(brand, sender.addr_spec) or not has_known_suffix(sender.domain)
    weight = 40 if is_harmless else 60
    return Evidence(Kind.BRAND, weight, reason, claimed=shown)


def _claimed_house(sender: Address, circle: Circle) -> str:
    """An organisation that the reader has mail with, named by a stranger's domain."""
    shape = speaking_name(_visible(sender.name))
    own = skeleton(organisation(sender.domain)).replace("-", "")
    if shape not in circle.houses or own == shape or circle.trusts_domain(sender.domain):
        return ""
    return "" if _is_free(sender.domain) or not sender.domain else circle.houses[shape]


def _other_address(
    sender: Address, named: str, host: str, circle: Circle, ways: Ways
) -> Iterator[Evidence]:
    """The name is an address, and another one."""
    same_house = registrable_domain(host) == registrable_domain(sender.domain)
    if not sender.domain or same_house or organisation(host) == organisation(sender.domain):
        return
    reason = f"The name shows another address. It was sent by {shown_addr_spec(sender.addr_spec)}."
    known = circle.find(named)
    is_dear = named in circle.mine or (known is not None and known.is_known)
    if ways.is_list or _VIA.search(sender.name):
        yield Evidence(Kind.NAME_ADDRESS, 15, reason)
    elif named in ways.reply_to and not _is_free(sender.domain):
        # A form or a desk that writes for somebody: the answer reaches whom the name says.
        yield Evidence(Kind.NAME_ADDRESS, 40 if is_dear else 20, reason)
    else:
        yield Evidence(Kind.NAME_ADDRESS, 100 if is_dear else 60, reason, claimed=named)


def _namesake(sender: Address, circle: Circle, ways: Ways) -> Iterator[Evidence]:
    """Somebody one knows, from another address."""
    known = circle.find(sender.addr_spec)
    if known is not None and known.is_trusted:
        return
    others = [each for each in circle.namesakes(sender.name) if _is_elsewhere(each.domain, sender)]
    if not others:
        return
    other = max(others, key=lambda each: each.written)
    weight = 50 if other.written else 40
    is_answered = any(each.addr_spec.lower() in ways.reply_to for each in others)
    if ways.is_list or ways.is_answer or is_answered or _VIA.search(sender.name):
        weight = 15
    elif _is_free(sender.domain):
        weight = 40  # many have a second address there, and so have those who want money
    elif _is_robot(sender) or circle.trusts_domain(sender.domain):
        weight = 25
    reason = f"You know {other.name} by another address: {shown_addr_spec(other.addr_spec)}."
    yield Evidence(Kind.CONTACT, weight, reason, claimed=other.name)


def _is_robot(sender: Address) -> bool:
    """``notify@…``, and a service that calls its mailbox as itself: ``forge@forge.example``, or
    ``Jonas (Forge) <forge@…>``."""
    local = sender.addr_spec.rpartition("@")[0].lower()
    is_named = f"({local})" in sender.name.lower()
    return bool(_ROBOT.match(sender.addr_spec)) or local == organisation(sender.domain) or is_named


def _is_elsewhere(host: str, sender: Address) -> bool:
    """Not at another address of the same house; at free mail every address is another's."""
    return _is_free(host) or organisation(host) != organisation(sender.domain)


def _is_free(host: str) -> bool:
    return registrable_domain(host) in FREE_MAIL


# -- domains --------------------------------------------------------------------------------


def domain_evidence(sender: Address, circle: Circle) -> Iterator[Evidence]:
    host = sender.domain
    odd = find_oddity(host)
    local, at, _ = sender.addr_spec.rpartition("@")
    if odd in (Oddity.MIXED, Oddity.WHOLE, Oddity.SIGN):
        reason = f"The address is in letters that look like others: {shown_host(host)}."
        yield Evidence(Kind.LETTERS, 100, reason, claimed=_meant(host, circle))
    elif at and not local.isascii() and find_local_oddity(local) not in (None, Oddity.BROKEN):
        yield Evidence(Kind.LETTERS, 60, "The address mixes letters of two alphabets.")
    if not host or circle.trusts_domain(host) or _is_free(host):
        return
    yield from _like_a_brand(host)
    if known := borrowed_domain(host, circle):
        reason = f"{shown_host(host)} begins like {shown_host(known)}, which you have mail with."
        yield Evidence(Kind.LOOKALIKE, 60, reason, claimed=shown_host(known))
    yield from _like_somebody(sender, circle)


def _meant(host: str, circle: Circle) -> str:
    shape = skeleton(organisation(host))
    return circle.by_shape.get(shape) or shown_brand(imitated_brand(host))


def _like_a_brand(host: str) -> Iterator[Evidence]:
    shown = shown_host(registrable_domain(host))
    if brand := imitated_brand(host):
        reason = f"{shown} is made to look like {shown_brand(brand)}."
        yield Evidence(Kind.LOOKALIKE, 100, reason, claimed=shown_brand(brand))
    elif brand := worded_brand(host) or borrowed_brand(host):
        whole = shown if worded_brand(host) else shown_host(host)
        reason = f"{whole} has {shown_brand(brand)} in its name, but is not known to be theirs."
        is_bold = says_office_of(host, brand) or not worded_brand(host)
        weight = 60 if is_bold else 40
        yield Evidence(Kind.LOOKALIKE, weight, reason, claimed=shown_brand(brand))


def _like_somebody(sender: Address, circle: Circle) -> Iterator[Evidence]:
    """A domain that can be taken for one that the reader has mail with."""
    host = registrable_domain(sender.domain)
    found = [(weight, known) for known in circle.domains if (weight := likeness(host, known))]
    if not found:
        return
    weight, known = max(found)
    if any(_is_person_at(each, sender, known, weight) for each in circle.by_address.values()):
        # The same person, or the same mailbox, at the wrong house.
        weight += 30 if weight < CAUTION else 50
    reason = f"{shown_host(host)} looks like {shown_host(known)}, which you have mail with."
    yield Evidence(Kind.LOOKALIKE, min(weight, 100), reason, claimed=shown_host(known))


def _is_person_at(person: Acquaintance, sender: Address, domain: str, weight: int) -> bool:
    if registrable_domain(person.domain) != domain:
        return False
    local = person.addr_spec.rpartition("@")[0].lower()
    has_name = bool(person.name) and skeleton(person.name) == skeleton(sender.name)
    if has_name or local != sender.addr_spec.rpartition("@")[0].lower():
        return has_name
    # Every house has an info@, but few the same name under two endings.
    return (
        local not in _ANYBODY
        or weight >= CAUTION
        or organisation(domain) == organisation(sender.domain)
    )


def likeness(host: str, known: str) -> int:
    """How much one registrable domain is made to be taken for another; 0 is not at all."""
    one, other = organisation(host), organisation(known)
    if host == known or not one or not other:
        return 0
    if one == other:  # one house under several endings is usual
        return 10 if len(one) > 3 and not (brand_of(host) and brand_of(known)) else 0
    if len(other) < 4:
        return 0
    if skeleton(one) == skeleton(other):
        return 60 if _differs_by_accents(one, other) else 100
    if one.replace("-", "") == other.replace("-", ""):
        return 70
    if len(other) >= _WORTH_A_LOOK and is_one_edit(one, other):
        if len(other) < _LONG_ENOUGH:
            return 20  # until somebody is met there who belongs to the other
        return 60 if suffix_of(host) == suffix_of(known) else 40
    has_it = other in one.split("-") or is_with_office_word(one, other)
    return 40 if has_it and len(other) > 4 else 0


def _differs_by_accents(one: str, other: str) -> bool:
    """``mueller`` is not meant here, ``müller`` and ``muller`` are: two families."""
    return one.isascii() != other.isascii() and find_oddity(one) is None


def borrowed_domain(host: str, circle: Circle) -> str:
    """The domain one has mail with in ``theirs.example.login.example``."""
    if not host or circle.trusts_domain(host):
        return ""
    return next((each for each in sorted(circle.domains) if f".{each}." in f".{host}"), "")
