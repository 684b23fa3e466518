"""A search as a tree: parsed once, compiled for each store that can answer it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Term:
    """One condition.

    ``field`` is one of ``text from to subject body has is before after larger smaller in``;
    ``value`` is a str, for ``before`` and ``after`` a date, for ``larger`` and
    ``smaller`` a number of bytes.
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
    operands: tuple["Query", ...] = ()


Query = Term | Not | And | Or
EVERYTHING = And()
