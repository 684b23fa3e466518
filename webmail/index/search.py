"""Searches that the index answers: words, flags, dates and sizes.

What it cannot know is never claimed: the text of a message is for its server to search
(``plan.asks_server``).  The newest come first, by the date the server received them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from django.db.models import QuerySet

from webmail.index import words
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.places import NEWEST, Beside, Place
from webmail.index.plan import Plan, certain, facts_of, is_phrase, planned
from webmail.index.tokens import holds
from webmail.message.query import And, Not, Or, Query, Term

# Up to so many hits are gathered and sorted; of a commoner word the newest are walked to.
_MOST_GATHERED = 3000
_MOST_COUNTED = 1000
_FIRST_STRIDE, _LONGEST_STRIDE = 250, 4000


@dataclass(frozen=True, slots=True)
class Hits:
    """One page.  ``total`` counts all that match, or says how many there are at least."""

    places: tuple[Place, ...]
    total: int
    is_exact: bool = True
    has_older: bool = False
    has_newer: bool = False


def find(
    mailboxes: Sequence[IndexedMailbox],
    query: Query,
    *,
    beside: Beside = NEWEST,
    size: int = 50,
    zone: tzinfo = UTC,
) -> Hits:
    """The matching messages of these mailboxes beside a place, by default the newest.

    Whose they are, the caller has asked.  ``zone`` is the reader's, whose days ``before:``
    and ``after:`` mean.
    """
    plan = planned(certain(query), zone)
    if plan.words is not None:
        keys = words.find([each.pk for each in mailboxes], plan.words, limit=_MOST_GATHERED + 1)
        if len(keys) <= _MOST_GATHERED:
            return _page(_gathered(mailboxes, plan, keys, zone), beside, size)
    found = [_walked(each, plan, zone, beside, size) for each in mailboxes]
    places = sorted((place for hits in found for place in hits), reverse=True)
    if beside == NEWEST and len(places) <= size:
        return Hits(tuple(places), len(places))
    total, is_exact = _counted(mailboxes, plan, len(places))
    return replace(_page(places, beside, size), total=total, is_exact=is_exact)


def _page(places: list[Place], beside: Beside, size: int) -> Hits:
    """Of places that are sorted, the newest first; beside the page there may be more."""
    fitting = [place for place in places if beside.holds(place)]
    if beside.is_above:
        return Hits(tuple(fitting[-size:]), len(places), True, True, len(fitting) > size)
    return Hits(tuple(fitting[:size]), len(places), True, len(fitting) > size, beside != NEWEST)


def find_in(
    mailbox: IndexedMailbox,
    query: Query,
    *,
    beside: Beside = NEWEST,
    size: int = 50,
    zone: tzinfo = UTC,
) -> Hits:
    return find([mailbox], query, beside=beside, size=size, zone=zone)


def matching(keys: Sequence[int], query: Query, *, zone: tzinfo = UTC) -> set[int]:
    """Those of some messages that the index finds by this query."""
    return _keep(certain(query), list(keys), zone)


# -- carrying it out -----------------------------------------------------------------------------


def _gathered(
    mailboxes: Sequence[IndexedMailbox], plan: Plan, keys: Sequence[int], zone: tzinfo
) -> list[Place]:
    """All hits, sorted."""
    floors = {each.pk: each.first_key | each.grown_down_to for each in mailboxes}
    rows = IndexedMessage.objects.filter(plan.facts, pk__in=keys)
    found = {
        key: (seconds, key)
        for seconds, key, mailbox in rows.values_list("internal_date", "pk", "mailbox_id")
        if key >= floors[mailbox]
    }
    kept = _keep(And(plan.rest), list(found), zone)
    return sorted((found[key] for key in kept), reverse=True)


def _walked(
    mailbox: IndexedMailbox, plan: Plan, zone: tzinfo, beside: Beside, size: int
) -> list[Place]:
    """At most ``size`` + 1 of one mailbox, looked for from the place on."""
    rows = _rows(mailbox, plan)
    if rows is None:
        return []
    order = ("internal_date", "pk") if beside.is_above else ("-internal_date", "-pk")
    found: list[Place] = []
    stride = size + 1 if plan.words is None and not plan.rest else _FIRST_STRIDE
    while True:
        step = list(beside.rows(rows).order_by(*order).values_list("internal_date", "pk")[:stride])
        kept = _matching(plan, [key for _, key in step], zone)
        found += [place for place in step if place[1] in kept]
        if len(step) < stride or len(found) > size:
            return found[: size + 1]
        beside, stride = replace(beside, place=step[-1]), min(stride * 4, _LONGEST_STRIDE)


def _rows(mailbox: IndexedMailbox, plan: Plan) -> "QuerySet[IndexedMessage] | None":
    """Where hits can be; None where there is none at all."""
    low, high = mailbox.first_key | mailbox.grown_down_to, mailbox.keys[1]
    if plan.words is not None:
        newest = words.find([mailbox.pk], plan.words, limit=1)
        if not newest:
            return None
        high = newest[0]
    rows = IndexedMessage.objects.filter(plan.facts, mailbox_id=mailbox.pk, pk__lte=high)
    return rows if mailbox.is_whole else rows.filter(pk__gte=low)


def _matching(plan: Plan, keys: list[int], zone: tzinfo) -> set[int]:
    kept = set(keys) if plan.words is None else words.among(plan.words, keys)
    return _keep(And(plan.rest), list(kept), zone)


def _counted(mailboxes: Sequence[IndexedMailbox], plan: Plan, shown: int) -> tuple[int, bool]:
    """Cheaply: exact up to a point, and only where the database alone can tell."""
    if plan.words is not None:
        return _MOST_GATHERED, False
    if plan.rest:
        return shown, False
    total = 0
    for mailbox in mailboxes:
        rows = _rows(mailbox, plan)
        total += rows[: _MOST_COUNTED + 1 - total].count() if rows is not None else 0
        if total > _MOST_COUNTED:
            return _MOST_COUNTED, False
    return total, True


def _keep(query: Query, keys: list[int], zone: tzinfo) -> set[int]:
    """Those of ``keys`` that match, by whatever way each condition has."""
    if not keys:
        return set()
    match query:
        case And(operands):
            for each in operands:
                keys = list(_keep(each, keys, zone))
            return set(keys)
        case Or(operands):
            return set().union(*(_keep(each, keys, zone) for each in operands))
        case Not(operand):
            return set(keys) - _keep(operand, keys, zone)
    if not words.is_word(query):
        rows = IndexedMessage.objects.filter(facts_of(query, zone), pk__in=keys)
        return set(rows.values_list("pk", flat=True))
    found = words.among(query, keys)
    return _with_phrase(query, found) if is_phrase(query) else found


_COLUMNS = {"f": "senders", "t": "recipients", "s": "subject"}


def _with_phrase(term: Term, keys: set[int]) -> set[int]:
    """Recipients that a row has no room for get the benefit of the doubt."""
    columns = [_COLUMNS[letter] for letter in words.FIELDS[term.field]]
    rows = IndexedMessage.objects.filter(pk__in=keys).values_list("pk", "recipients", *columns)
    wanted = str(term.value)
    found, doubtful = set(), []
    for key, recipients, *texts in rows:
        if any(holds(text, wanted) for text in texts):
            found.add(key)
        elif "recipients" in columns and words.may_be_cut(recipients):
            doubtful.append(key)
    return found | words.among(Term("to", wanted), doubtful)
