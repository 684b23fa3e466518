"""What a search asks of the word index, of the database's columns and of the mail server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from django.db.models import Q

from webmail.index import words
from webmail.index.tokens import wanted_tokens
from webmail.message.query import EVERYTHING, And, Not, Or, Query, Term

_NOTHING = Or()


@dataclass(frozen=True, slots=True)
class Plan:
    """``words`` is for the word index, ``facts`` for the database, ``rest`` to be looked at."""

    words: Query | None
    facts: Q
    rest: tuple[Query, ...]


# -- what the index can know ---------------------------------------------------------------------


def asks_server(query: Query) -> bool:
    """Whether the server may find more than the index: it alone reads what was written."""
    match query:
        case Term(field):
            return field in {"text", "body"}
        case Not(operand):
            return _has_body(operand)
        case And(operands) | Or(operands):
            return any(map(asks_server, operands))


def for_server(query: Query, *, is_whole: bool) -> Query:
    """What to ask: words in senders, recipients, subject or text, not in fields nobody sees.

    Where the index holds the whole mailbox (``is_whole``) a single word is looked for in
    the text alone.
    """
    if is_whole and sum(each.field == "text" for each in _terms(query)) == 1:
        return _in_fields(query, ("body",))
    return _in_fields(query, ("from", "to", "subject", "body"))


def _in_fields(query: Query, fields: tuple[str, ...]) -> Query:
    match query:
        case Term("text", value):
            return _any(tuple(Term(field, value) for field in fields))
        case Not(operand):
            return Not(_in_fields(operand, ("from", "to", "subject")))
        case And(operands):
            return And(tuple(_in_fields(each, fields) for each in operands))
        case Or(operands):
            return Or(tuple(_in_fields(each, fields) for each in operands))
    return query


def _any(operands: tuple[Query, ...]) -> Query:
    return operands[0] if len(operands) == 1 else Or(operands)


def certain(query: Query) -> Query:
    """The part that is true whatever the messages say in their text."""
    match query:
        case Term("body", _):
            return _NOTHING
        case Term("in", _):
            return EVERYTHING
        case Not(operand):
            return _NOTHING if _has_body(operand) else Not(certain(operand))
        case And(operands):
            return And(tuple(map(certain, operands)))
        case Or(operands):
            return Or(tuple(map(certain, operands)))
    return query


def _has_body(query: Query) -> bool:
    return any(each.field == "body" for each in _terms(query))


def _terms(query: Query) -> list[Term]:
    match query:
        case Term():
            return [query]
        case Not(operand):
            return _terms(operand)
        case And(operands) | Or(operands):
            return [term for each in operands for term in _terms(each)]


# -- the plan ------------------------------------------------------------------------------------


def planned(query: Query, zone: tzinfo) -> Plan:
    """Takes the conditions apart that all must hold."""
    wanted: list[Query] = []
    left_out: list[Query] = []
    rest: list[Query] = []
    facts = Q()
    for each in query.operands if isinstance(query, And) else (query,):
        terms = _terms(each)
        if terms and not any(map(words.is_word, terms)):
            facts &= facts_of(each, zone)
        elif _is_wanted(each):
            wanted.append(each)
            rest += [each] if any(map(is_phrase, terms)) else []
        elif isinstance(each, Not) and _is_wanted(each.operand) and not _has_phrase(each):
            left_out.append(each)
        elif each != EVERYTHING:
            rest.append(each)
    if not wanted:
        return Plan(None, facts, (*left_out, *rest))
    return Plan(And((*wanted, *left_out)), facts, tuple(rest))


def _is_wanted(query: Query) -> bool:
    """Words, any or all of them, none of them negated."""
    match query:
        case Term():
            return words.is_word(query)
        case Or(operands):
            return bool(operands) and all(map(_is_wanted, operands))
    return False


def _has_phrase(query: Query) -> bool:
    return any(map(is_phrase, _terms(query)))


def is_phrase(term: Term) -> bool:
    """The word index knows that all its words are there, not that they stand together."""
    return words.is_word(term) and len(wanted_tokens(str(term.value))) > 1


_FLAGS = {
    "unread": Q(is_seen=False),
    "read": Q(is_seen=True),
    "flagged": Q(is_flagged=True),
    "answered": Q(is_answered=True),
    "draft": Q(is_draft=True),
}


def facts_of(query: Query, zone: tzinfo) -> Q:
    match query:
        case Term("is", value):
            return _FLAGS[str(value)]
        case Term("has", _):
            return Q(has_attachment=True)
        case Term("before", value):
            return Q(internal_date__lt=_midnight(value, zone))
        case Term("after", value):
            return Q(internal_date__gte=_midnight(value, zone))
        case Term("larger", value):
            return Q(size_bytes__gt=value)
        case Term("smaller", value):
            return Q(size_bytes__lt=value)
        case Not(operand):
            return ~facts_of(operand, zone)
        case And(operands):
            return _combined(operands, zone, Q.AND)
        case Or(operands):
            return _combined(operands, zone, Q.OR)
    raise ValueError(f"{query!r} is no fact of a row")


def _combined(operands: Iterable[Query], zone: tzinfo, connector: str) -> Q:
    return Q(*(facts_of(each, zone) for each in operands), _connector=connector)


def _midnight(day: object, zone: tzinfo) -> int:
    if not isinstance(day, date):
        raise ValueError(f"{day!r} is no day")
    return int(datetime.combine(day, time(), zone).timestamp())
