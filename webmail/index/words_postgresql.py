"""The word index in PostgreSQL: a tsvector of our own tokens beside each message."""

from collections.abc import Mapping, Sequence

from django.db.backends.utils import CursorWrapper

from webmail.index.tokens import Token, wanted_tokens
from webmail.message.query import And, Not, Or, Query, Term

CREATE = (
    "CREATE TABLE IF NOT EXISTS index_words (id bigint PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX IF NOT EXISTS index_words_found ON index_words USING gin (words)",
)
DROP = ("DROP TABLE IF EXISTS index_words",)
KEYS = (
    "SELECT id FROM index_words WHERE words @@ %s::tsquery AND id BETWEEN %s AND %s"
    " ORDER BY id DESC LIMIT %s"
)
_NOTHING = "'?'"


def add(cursor: CursorWrapper, rows: Sequence[tuple[int, set[str]]]) -> None:
    cursor.execute(
        "INSERT INTO index_words (id, words)"
        " SELECT id, array_to_tsvector(string_to_array(words, ' '))"
        " FROM unnest(%s::bigint[], %s::text[]) AS new (id, words)"
        " ON CONFLICT (id) DO UPDATE SET words = excluded.words",
        ([key for key, _ in rows], [" ".join(words) for _, words in rows]),
    )


def compiled(query: Query, fields: Mapping[str, str], _cursor: CursorWrapper) -> str:
    """A tsquery as text.  Tokens hold letters and digits only, so quotes keep them whole."""
    match query:
        case Term(field, value):
            return _joined("|", [_in_field(letter, str(value)) for letter in fields[field]])
        case Or(operands):
            return _joined("|", [compiled(each, fields, _cursor) for each in operands])
        case And(operands):
            return _joined("&", [compiled(each, fields, _cursor) for each in operands])
        case Not(operand):
            return f"!{compiled(operand, fields, _cursor)}"


def _joined(operator: str, operands: Sequence[str]) -> str:
    return f"({f' {operator} '.join(operands)})" if operands else _NOTHING


def _in_field(letter: str, value: str) -> str:
    return _joined("&", [_one(letter, token) for token in wanted_tokens(value)])


def _one(letter: str, token: Token) -> str:
    return f"'{letter}{token.text}'{':*' if token.is_start else ''}"
