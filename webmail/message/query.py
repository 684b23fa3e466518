"""A search as a tree: parsed once, compiled for each store that can answer it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias, cast

from webmail.message.address import Address
from webmail.message.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Term:
    """One condition.

    ``field`` is one of ``text from to cc subject body has is before after larger smaller
    in refers``; ``value`` is a str, for ``before`` and ``after`` a date, for ``larger`` and
    ``smaller`` a number of bytes.  ``in`` says where to search, and excludes nothing;
    ``refers`` is a Message-ID that the message answers or follows, and cannot be typed.
    """

    field: str
    value: str | int | date


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All of ``operands``; none at all matches every message."""

    operands: tuple["Query", ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """Any of ``operands``; none at all matches no message."""

    operands: tuple["Query", ...] = ()


Query = Term | Not | And | Or
EVERYTHING = And()

MAX_CHARACTERS = 2000
MAX_TERMS = 40

_TOKEN = re.compile(
    r'(?P<minus>-?)(?:(?P<field>[A-Za-z]{2,10}):)?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>\S+))'
)
_BARE = re.compile(r'[^\s":-][^\s":]*')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_query(text: str, *, today: date) -> Query:
    """What somebody typed, read kindly: what is no operator is a word to look for.

    ``today`` is the reader's own, for ``after:7d``.  Words are joined by And; ``OR``
    joins its two neighbours and binds first; ``-`` before a term means Not.  Never
    raises; text past MAX_CHARACTERS and terms past MAX_TERMS are not read.
    """
    groups: list[list[Query]] = []
    joins = False
    for minus, field, value, is_phrase in _tokens(text):
        if value == "OR" and not (minus or field or is_phrase):
            joins = bool(groups)
            continue
        term = _term(field, value, today)
        if term is None:
            continue
        query: Query = _negated(term) if minus else term
        if joins and not _is_place(query) and not _is_place(groups[-1][0]):
            groups[-1].append(query)
        else:
            groups.append([query])
        joins = False
        if sum(map(len, groups)) == MAX_TERMS:
            break
    return _joined(groups)


def _tokens(text: str) -> Iterator[tuple[str, str, str, bool]]:
    text = _UNSEEN.sub(" ", text[:MAX_CHARACTERS]).translate(_QUOTES)
    for found in _TOKEN.finditer(text):
        minus, field, phrase, word = found.group("minus", "field", "phrase", "word")
        value = " ".join((word if phrase is None else phrase).split())
        if value:
            yield minus, field or "", value, phrase is not None


def _term(field: str, value: str, today: date) -> Term | None:
    """The condition; a word to look for where the operator or its value means nothing."""
    name = _FIELDS.get(field.lower(), "")
    read = _READERS.get(name, _as_text)(value, today) if name else None
    if read is not None:
        return Term(name, read)
    if not field and value.endswith(":") and value[:-1].lower() in _FIELDS:
        return None  # still being typed
    return Term("text", f"{field}:{value}" if field else value)


def _as_text(value: str, _today: date) -> str:
    return value


def _as_flag(value: str, _today: date) -> str | None:
    word = _SYNONYMS.get(value.lower(), value.lower())
    return word if word in _FLAG_KEYS else None


def _as_attachment(value: str, _today: date) -> str | None:
    return "attachment" if value.lower() in {"attachment", "attachments", "file"} else None


def _as_size(value: str, _today: date) -> int | None:
    found = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]{1,3}))?([km]?)b?", value.lower())
    if found is None:
        return None
    unit = {"": 1, "k": 1024, "m": 1024**2}[found[3]]
    thousandths = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    return min(thousandths * unit // 1000, 2**32 - 1)  # a number of RFC 3501


def _as_date(value: str, today: date) -> date | None:
    """``2026-11-05``, ``2026/11``, ``2026``, ``today``, ``yesterday``, ``7d 2w 3m 1y`` ago."""
    word = {"today": "0d", "yesterday": "1d"}.get(value.lower(), value.lower())
    try:
        if ago := re.fullmatch(r"([0-9]{1,4})([dwmy])", word):
            return today - timedelta(days=int(ago[1]) * {"d": 1, "w": 7, "m": 30, "y": 365}[ago[2]])
        if day := re.fullmatch(r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?", word):
            return date(int(day[1]), int(day[2] or 1), int(day[3] or 1))
    except (ValueError, OverflowError):
        return None
    return None


_Reader = Callable[[str, date], "str | int | date | None"]
_READERS: dict[str, _Reader] = {
    "is": _as_flag,
    "has": _as_attachment,
    "before": _as_date,
    "after": _as_date,
    "larger": _as_size,
    "smaller": _as_size,
}
_NAMES = ("from", "to", "cc", "subject", "body", "has", "is", "before", "after", "in")
_SIZES = ("larger", "smaller")
_FIELDS = {name: name for name in (*_NAMES, *_SIZES)}
_FIELDS |= {"since": "after", "newer": "after", "older": "before"}
_SYNONYMS = {"unseen": "unread", "seen": "read", "starred": "flagged", "replied": "answered"}
_FLAG_KEYS = {
    "unread": "UNSEEN",
    "read": "SEEN",
    "flagged": "FLAGGED",
    "answered": "ANSWERED",
    "draft": "DRAFT",
}


def _negated(term: Term) -> Query:
    """``-in:Spam`` would hide whole folders without saying so; it is words to leave out."""
    return Not(Term("text", f"in:{term.value}") if _is_place(term) else term)


def _is_place(query: Query) -> bool:
    return isinstance(query, Term) and query.field == "in"


def _joined(groups: list[list[Query]]) -> Query:
    operands = tuple(group[0] if len(group) == 1 else Or(tuple(group)) for group in groups)
    return operands[0] if len(operands) == 1 else And(operands)


def mailbox_of(query: Query) -> str:
    """The mailbox of ``in:``, the last if there are several; empty without one."""
    operands = query.operands if isinstance(query, And) else (query,)
    places = [str(each.value) for each in operands if isinstance(each, Term) and _is_place(each)]
    return places[-1] if places else ""


def query_text(query: Query) -> str:
    """The query as it can be typed; parsed again it is the same."""
    match query:
        case And(operands):
            return " ".join(map(query_text, operands))
        case Or(operands):
            return " OR ".join(map(query_text, operands))
        case Not(operand):
            return f"-{query_text(operand)}"
        case Term("text", str(value)):
            return f'"{value}"' if value == "OR" else _typed(value)
        case Term(field, value):
            return f"{field}:{_typed(str(value))}"


def _typed(value: str) -> str:
    """In quotes where needed; what holds a quote was typed without any."""
    return value if '"' in value or _BARE.fullmatch(value) else f'"{value}"'


@dataclass(frozen=True, slots=True)
class Value:
    """Text of a user inside search criteria: quoted or a literal on the wire, never an atom."""

    text: str


Criterion: TypeAlias = "str | Value | list[Criterion]"


def search_criteria(query: Query) -> list[Criterion]:
    """RFC 9051, 6.4.4: search keys, all of which must hold.

    A str is an atom of ours, a list is a parenthesised group.  ``has:attachment`` asks
    what SEARCH can answer: whether the message says it is multipart/mixed, or a file and
    nothing else; ``before`` and ``after`` go by the day the server received it.
    """
    if isinstance(query, And):
        keys = [key for operand in query.operands for key in _key(operand)]
        return keys or ["ALL"]
    return _key(query)


def _key(query: Query) -> list[Criterion]:
    """Exactly one search key."""
    match query:
        case Term():
            return _TERM_KEYS[query.field](query.value)
        case Not(operand):
            return ["NOT", *_key(operand)]
        case Or(()):
            return ["NOT", "ALL"]
        case Or(operands):
            return _any_key([_key(operand) for operand in operands])
        case And():
            return [search_criteria(query)]


def _any_key(keys: list[list[Criterion]]) -> list[Criterion]:
    """OR takes two keys; the second may be another OR."""
    found = keys[-1]
    for key in reversed(keys[:-1]):
        found = ["OR", *key, *found]
    return found


def _day(value: object) -> str:
    day = cast(date, value)
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04}"


_FILE_KINDS = ("multipart/mixed", "application/pdf", "application/octet-stream")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_TERM_KEYS: dict[str, Callable[[str | int | date], list[Criterion]]] = {
    "text": lambda value: ["TEXT", Value(str(value))],
    "from": lambda value: ["FROM", Value(str(value))],
    "to": lambda value: ["OR", "TO", Value(str(value)), "CC", Value(str(value))],
    "cc": lambda value: ["CC", Value(str(value))],
    "subject": lambda value: ["SUBJECT", Value(str(value))],
    "body": lambda value: ["BODY", Value(str(value))],
    "has": lambda _: _any_key([["HEADER", "Content-Type", Value(kind)] for kind in _FILE_KINDS]),
    "is": lambda value: [_FLAG_KEYS[str(value)]],
    "before": lambda value: ["BEFORE", _day(value)],
    "after": lambda value: ["SINCE", _day(value)],
    "larger": lambda value: ["LARGER", str(value)],
    "smaller": lambda value: ["SMALLER", str(value)],
    "in": lambda _: ["ALL"],
    "refers": lambda value: [
        *("OR", "HEADER", "References", Value(str(value))),
        *("HEADER", "In-Reply-To", Value(str(value))),
    ],
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a message offers to ``matches``.

    ``flags`` are in lower case (``\\seen``); ``text`` is header and body, decoded;
    ``media_type`` is that of the whole message.
    """

    envelope: Envelope
    flags: frozenset[str] = frozenset()
    size_bytes: int = 0
    internal_date: datetime = datetime.min.replace(tzinfo=UTC)
    text: str = ""
    body: str = ""
    media_type: str = ""


def matches(query: Query, candidate: Candidate) -> bool:
    """Whether a server would find the message by ``search_criteria(query)``."""
    match query:
        case Term():
            return _TERM_TESTS[query.field](query.value, candidate)
        case Not(operand):
            return not matches(operand, candidate)
        case Or(operands):
            return any(matches(operand, candidate) for operand in operands)
        case And(operands):
            return all(matches(operand, candidate) for operand in operands)


def _holds(text: str, value: object) -> bool:
    return str(value).casefold() in text.casefold()


def _names(addresses: Iterable[Address], value: object) -> bool:
    return any(_holds(f"{each.name} <{each.addr_spec}>", value) for each in addresses)


def _has_flag(value: object, candidate: Candidate) -> bool:
    if value == "unread":
        return "\\seen" not in candidate.flags
    return {"read": "\\seen"}.get(str(value), f"\\{value}") in candidate.flags


_TERM_TESTS: dict[str, Callable[[Any, Candidate], bool]] = {
    "text": lambda value, c: _holds(c.text, value),
    "from": lambda value, c: _names(c.envelope.from_, value),
    "to": lambda value, c: _names((*c.envelope.to, *c.envelope.cc), value),
    "cc": lambda value, c: _names(c.envelope.cc, value),
    "subject": lambda value, c: _holds(c.envelope.subject, value),
    "body": lambda value, c: _holds(c.body, value),
    "has": lambda _, c: c.media_type in _FILE_KINDS,
    "is": _has_flag,
    "before": lambda value, c: c.internal_date.date() < value,
    "after": lambda value, c: c.internal_date.date() >= value,
    "larger": lambda value, c: c.size_bytes > value,
    "smaller": lambda value, c: c.size_bytes < value,
    "in": lambda _value, _c: True,
    "refers": lambda value, c: value in (*c.envelope.references, *c.envelope.in_reply_to),
}
