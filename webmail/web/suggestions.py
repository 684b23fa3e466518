"""Whom somebody may mean by what they have typed so far: people of past mail, and their lists."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import CharField, F, IntegerField, TextField, Value
from django.db.models.functions import Cast

from webmail.accounts.models import Account, Identity, User
from webmail.index.correspondents import Correspondent, correspondents_of
from webmail.message.address import Address, format_address, parse_address_list
from webmail.submission.models import ForgottenPerson, Group
from webmail.web.circles import household_of
from webmail.web.directory import (
    MACHINES,
    OWN,
    PEOPLE,
    Directory,
    Person,
    begins_text,
    begins_words,
)
from webmail.web.people import clean

MOST, MOST_AT_FIRST = 12, 20
_ASK_AGAIN_S = 10.0
_KEEP = 64
_MACHINES = frozenset(
    ("noreply", "donotreply", "mailerdaemon", "postmaster", "bounce", "bounces", "notification")
    + ("notifications", "notify", "newsletter", "newsletters", "news", "mailer", "automated")
    + ("alerts", "alert", "updates", "nepasrepondre", "nichtantworten", "keineantwort")
    + ("noresponder", "unsubscribe", "subscribe", "listserv", "majordomo")
)


@dataclass(frozen=True, slots=True)
class Offer:
    """``rank`` is the place among all there are; ``members`` are those of a list."""

    name: str
    address: str
    text: str
    kind: int = PEOPLE
    rank: int = 0
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offers:
    """``is_all``: nobody else fits."""

    people: list[Offer]
    is_all: bool


_Known = tuple[float, Directory]
_kept: "OrderedDict[int, _Known]" = OrderedDict()
_lock = threading.Lock()


def offers_for(user: User, query: str, *, most: int = 0) -> Offers:
    """Those who fit the query, the most used first; for an empty one the most used of all."""
    query = query[:200]
    groups, forgotten = _own_words(user)
    lists = [] if "@" in query else [one for one in groups if begins_words(one[0], query)]
    # Those that begin so stand first, the others below the people.
    lists.sort(key=lambda one: not begins_text(one[0], query))
    first = sum(begins_text(name, query) for name, _ in lists)
    most = most or (MOST if query.strip() else MOST_AT_FIRST)
    found = (each for each in directory_of(user).find(query) if not _is_gone(each[1], forgotten))
    people = list(islice(found, most + 1))
    offers = [_offer(person, rank) for rank, person in people[:most]]
    named = [offer_of_group(*each) for each in lists]
    return Offers([*named[:first], *offers, *named[first:]], is_all=len(people) <= most)


def directory_of(user: User) -> Directory:
    """Everybody, the most used first.  What changed is seen within ten seconds."""
    now = time.monotonic()
    with _lock:
        kept = _kept.get(user.pk)
    if kept is not None and now - kept[0] < _ASK_AGAIN_S:
        return kept[1]
    accounts = list(Account.objects.filter(user=user))
    found = correspondents_of(each.pk for each in accounts)
    directory = Directory(_everybody(user, accounts, found))
    with _lock:
        _kept[user.pk] = now, directory
        _kept.move_to_end(user.pk)
        while len(_kept) > _KEEP:
            _kept.popitem(last=False)
    return directory


def forget_known() -> None:
    with _lock:
        _kept.clear()


def is_machine_address(addr_spec: str) -> bool:
    """Whether nobody reads what is sent there, by the look of it."""
    local = addr_spec.partition("@")[0].lower()
    plain = "".join(each for each in local.partition("+")[0] if each.isalnum())
    return plain in _MACHINES or "noreply" in plain or "donotreply" in plain


def offer_of_group(name: str, members: str) -> Offer:
    found = parse_address_list(members)
    texts = tuple(format_address(each) for each in found)
    shown = ", ".join(clean(each.name) or clean(each.addr_spec) for each in found)
    return Offer(clean(name), shown, name, PEOPLE, -1, texts)


def _everybody(
    user: User, accounts: Sequence[Account], found: Iterable[Correspondent]
) -> Iterator[Person]:
    identities = list(Identity.objects.filter(account__in=accounts).order_by("pk"))
    own = {each.address.lower(): "" for each in accounts}
    own |= {each.addr_spec.lower(): each.name for each in identities if "*" not in each.addr_spec}
    house = {each.addr_spec.lower(): each.name for each in household_of(user)}
    seen: set[str] = set()
    for each in found:
        key = each.addr_spec
        if key not in own:
            seen.add(key)
            name = each.name or house.get(key, "")
            kind = MACHINES if is_machine_address(key) else PEOPLE
            yield Person(name, key, kind, each.written_at)
    for key, name in house.items():
        if key not in seen and key not in own:
            yield Person(name, key)
    for key, name in own.items():
        if "@" in key.strip("@"):
            yield Person(name, key, OWN)


def _is_gone(person: Person, forgotten: dict[str, int]) -> bool:
    """Until they are written to again."""
    at = forgotten.get(person.addr_spec)
    return at is not None and person.written_at <= at


def _offer(person: Person, rank: int) -> Offer:
    address = Address(clean(person.name), person.addr_spec)
    return Offer(address.name, person.addr_spec, format_address(address), person.kind, rank)


def _own_words(user: User) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """The person's lists, and whom they do not want to be offered: one question for both."""
    groups = Group.objects.filter(user=user).order_by()
    forgotten = ForgottenPerson.objects.filter(user=user).order_by()
    rows = groups.values_list(
        Cast("name", CharField(max_length=254)), "members", Value(-1, IntegerField())
    ).union(
        forgotten.values_list(F("addr_spec"), Value("", TextField()), "at"),
        all=True,
    )
    lists: list[tuple[str, str]] = []
    gone: dict[str, int] = {}
    for name, members, at in rows:
        if at < 0:
            lists.append((name, members))
        else:
            gone[name] = at
    return sorted(lists), gone
