"""The word index in SQLite's FTS5.

``prefix`` lets FTS5 answer the first two letters of a word by one list.  From the third on
the words themselves are looked up among all that occur: an OR of whole words is read only
as far as the first hits, the start of a word would be gathered to its end first (measured
with a million messages: 2 ms against 600).
"""

from collections.abc import Mapping, Sequence

from django.db.backends.utils import CursorWrapper

from webmail.index.tokens import Token, wanted_tokens
from webmail.message.query import And, Not, Or, Query, Term

CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS index_words USING fts5(words, content='', detail=none,"
    " columnsize=0, tokenize='ascii', prefix='2 3')",
    # Fewer, larger merges: growth costs a third less, a search some microseconds more.
    "INSERT INTO index_words (index_words, rank) VALUES ('automerge', 8)",
    "CREATE TABLE IF NOT EXISTS index_words_known (word TEXT PRIMARY KEY) WITHOUT ROWID",
)
DROP = ("DROP TABLE IF EXISTS index_words", "DROP TABLE IF EXISTS index_words_known")
KEYS = (
    "SELECT rowid FROM index_words WHERE index_words MATCH %s AND rowid BETWEEN %s AND %s"
    " ORDER BY rowid DESC LIMIT %s"
)
_BY_PREFIX = 3  # letters that ``prefix`` answers, with that of the field
_MOST_WORDS = 1000
_NOTHING = '"?"'  # no token has such a character


def add(cursor: CursorWrapper, rows: Sequence[tuple[int, set[str]]]) -> None:
    """Ascending rowids: FTS5 begins a new segment whenever they fall."""
    documents = [(key, " ".join(words)) for key, words in rows]
    cursor.executemany("INSERT INTO index_words (rowid, words) VALUES (%s, %s)", documents)
    known = sorted(set().union(*(words for _, words in rows)))
    cursor.executemany(
        "INSERT OR IGNORE INTO index_words_known VALUES (%s)", [(word,) for word in known]
    )


def compiled(query: Query, fields: Mapping[str, str], cursor: CursorWrapper) -> str:
    """An expression of FTS5."""
    match query:
        case Term(field, value):
            each = [_in_field(letter, str(value), cursor) for letter in fields[field]]
            return _joined("OR", each)
        case Or(operands):
            return _joined("OR", [compiled(each, fields, cursor) for each in operands])
        case And(operands):
            without = [each.operand for each in operands if isinstance(each, Not)]
            others = [each for each in operands if not isinstance(each, Not)]
            found = _joined("AND", [compiled(each, fields, cursor) for each in others])
            left_out = _joined("OR", [compiled(each, fields, cursor) for each in without])
            return f"({found} NOT {left_out})" if without else found
    raise ValueError(f"{query!r} says only what is not wanted")


def _joined(word: str, operands: Sequence[str]) -> str:
    return f"({f' {word} '.join(operands)})" if operands else _NOTHING


def _in_field(letter: str, value: str, cursor: CursorWrapper) -> str:
    tokens = wanted_tokens(value)
    return _joined("AND", [_one(letter, token, cursor) for token in tokens])


def _one(letter: str, token: Token, cursor: CursorWrapper) -> str:
    word = letter + token.text
    if not token.is_start:
        return f'"{word}"'
    if len(word) <= _BY_PREFIX:
        return f'"{word}" *'
    words = _known(word, cursor)
    if len(words) > _MOST_WORDS:
        return f'"{word}" *'
    return _joined("OR", [f'"{each}"' for each in words])


def _known(start: str, cursor: CursorWrapper) -> list[str]:
    cursor.execute(
        "SELECT word FROM index_words_known WHERE word >= %s AND word < %s LIMIT %s",
        (start, start + "\U0010ffff", _MOST_WORDS + 1),
    )
    return [row[0] for row in cursor.fetchall()]
