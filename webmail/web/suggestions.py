"""Whom somebody may mean by what they have typed so far: people of past mail, and their lists."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import CharField, F, IntegerField, TextField, Value
from django.db.models.functions import Cast

from webmail.accounts.models import Account, Identity, User
from webmail.index.correspondents import Correspondent, correspondents_of
from webmail.index.tokens import runs_of
from webmail.message.address import Address, format_address, parse_address_list
from webmail.submission.models import ForgottenPerson, Group
from webmail.web.circles import household_of
from webmail.web.people import clean

MOST, MOST_AT_FIRST = 12, 20
_MIDDLE = 3  # letters that may stand within a word
_ASK_AGAIN_S = 10.0
_KEEP = 64
_MACHINES = frozenset(
    ("noreply", "donotreply", "mailerdaemon", "postmaster", "bounce", "bounces", "notification")
    + ("notifications", "notify", "newsletter", "newsletters", "news", "mailer", "automated")
    + ("alerts", "alert", "updates", "nepasrepondre", "nichtantworten", "keineantwort")
    + ("noresponder", "unsubscribe", "subscribe", "listserv", "majordomo")
)
_PEOPLE, _OTHERS, _OWN = range(3)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be offered.

    ``kind`` comes first in the order: people, then machines, then one's own addresses.
    ``words`` are those of name and address, a blank before each; ``address`` those of the
    address alone.  ``written_at`` is as Correspondent has it.
    """

    name: str
    addr_spec: str
    kind: int
    words: str
    address: str
    written_at: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """``rank`` is the place among all there are; ``members`` are those of a list."""

    name: str
    address: str
    text: str
    kind: int = _PEOPLE
    rank: int = 0
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offers:
    """``is_all``: nobody else fits."""

    people: list[Offer]
    is_all: bool


_kept: "OrderedDict[int, tuple[float, tuple[Correspondent, ...], tuple[Person, ...]]]"
_kept = OrderedDict()
_lock = threading.Lock()


def offers_for(user: User, query: str) -> Offers:
    """Those who fit the query, the most used first; for an empty one the most used of all."""
    groups, forgotten = _own_words(user)
    runs = runs_of(query[:200])
    if query.strip() and not runs:
        return Offers([], is_all=True)
    lists = [offer_of_group(*each) for each in groups]
    lists = [each for each in lists if _level(f" {' '.join(runs_of(each.name))}", runs) is not None]
    fitting: list[tuple[int, int, int, Person]] = []
    for rank, person in enumerate(people_known(user)):
        level = _fits(person, query, runs)
        if level is not None and not _is_forgotten(person, forgotten):
            fitting.append((person.kind, level, rank, person))
    fitting.sort(key=lambda each: each[:3])
    most = MOST if runs else MOST_AT_FIRST
    people = [_offer(person, rank) for _, _, rank, person in fitting[:most]]
    return Offers([*lists, *people], is_all=len(fitting) <= most)


def people_known(user: User) -> tuple[Person, ...]:
    """Everybody, the most used first.  What changed is seen within ten seconds."""
    now = time.monotonic()
    with _lock:
        kept = _kept.get(user.pk)
    if kept is not None and now - kept[0] < _ASK_AGAIN_S:
        return kept[2]
    accounts = list(Account.objects.filter(user=user))
    found = correspondents_of(each.pk for each in accounts)
    if kept is not None and kept[1] is found:
        people = kept[2]
    else:
        people = tuple(_everybody(user, accounts, found))
    with _lock:
        _kept[user.pk] = now, found, people
        _kept.move_to_end(user.pk)
        while len(_kept) > _KEEP:
            _kept.popitem(last=False)
    return people


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
    return Offer(clean(name), shown, name, _PEOPLE, -1, texts)


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
            kind = _OTHERS if is_machine_address(key) else _PEOPLE
            yield _person(name, key, kind, each.written_at)
    for key, name in house.items():
        if key not in seen and key not in own:
            yield _person(name, key, _PEOPLE)
    for key, name in own.items():
        if "@" in key.strip("@"):
            yield _person(name, key, _OWN)


def _person(name: str, addr_spec: str, kind: int, written_at: int = 0) -> Person:
    local, _, domain = addr_spec.rpartition("@")
    address = _blank(runs_of(f"{local} {domain}"))
    labels = runs_of(domain.rpartition(".")[0] or domain)
    words = _blank([*runs_of(name), *runs_of(local), *labels])
    return Person(name, addr_spec, kind, words, address, written_at)


def _blank(runs: Iterable[str]) -> str:
    return "".join(f" {run}" for run in runs)


def _fits(person: Person, query: str, runs: Sequence[str]) -> int | None:
    """0 for the starts of words, 1 for what stands within words, None for neither."""
    if ("@" in query or "." in query) and _blank(runs) in person.address:
        return 0
    return None if "@" in query else _level(person.words, runs)


def _level(words: str, runs: Sequence[str]) -> int | None:
    if all(f" {run}" in words for run in runs):
        return 0
    is_within = all(run in words and (len(run) >= _MIDDLE or not run.isascii()) for run in runs)
    return 1 if is_within else None


def _is_forgotten(person: Person, forgotten: dict[str, int]) -> bool:
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
