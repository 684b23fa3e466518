"""The word index over senders, recipients and subjects: the only raw SQL of the index.

SQLite keeps the words in an FTS5 table without content, PostgreSQL in a table beside the
messages.  Tokens are our own, each led by the letter of its field.  Rows of messages that are
gone stay behind (a key is never used for another message): whoever asks joins them away.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from webmail.index import words_postgresql, words_sqlite
from webmail.index.keeping import ALIAS
from webmail.index.models import UID_BITS, IndexedMessage
from webmail.index.tokens import tokens_of, wanted_tokens
from webmail.message.query import And, Not, Or, Query, Term

FIELDS = {"text": "fts", "from": "f", "to": "t", "cc": "t", "subject": "s"}
_LAST_KEY = 2**63 - 1
_SURELY_WHOLE = 200  # characters; the next address had 300 to go into


def is_word(query: Query) -> bool:
    """Whether it is a condition that this index answers."""
    return isinstance(query, Term) and query.field in FIELDS


def create_tables(connection: BaseDatabaseWrapper) -> None:
    """Makes what is missing."""
    _run(connection, _dialect(connection).CREATE)


def drop_tables(connection: BaseDatabaseWrapper) -> None:
    _run(connection, _dialect(connection).DROP)


def renew_tables() -> None:
    """Empty tables, where no message is left to be found."""
    drop_tables(connections[ALIAS])
    create_tables(connections[ALIAS])


def add(messages: Sequence[IndexedMessage]) -> None:
    """Makes messages findable; inside the transaction that adds them."""
    rows = [(each.pk, words_of(each)) for each in sorted(messages, key=lambda each: each.pk)]
    if rows:
        with connections[ALIAS].cursor() as cursor:
            _dialect(connections[ALIAS]).add(cursor, rows)


def words_of(message: IndexedMessage) -> set[str]:
    return {
        *[f"f{token}" for token in tokens_of(message.senders)],
        *[f"t{token}" for token in tokens_of(message.everyone or message.recipients)],
        *[f"s{token}" for token in tokens_of(message.subject)],
    }


def find(
    mailbox_ids: Iterable[int], query: Query, *, limit: int, before: int = _LAST_KEY
) -> list[int]:
    """Keys below ``before`` of messages that match, the highest first.

    ``query`` is made of words only, at least one of them not negated (``is_word``).
    """
    found: list[int] = []
    for low, high in reversed(_spans(mailbox_ids)):
        found += _find(query, low, min(high, before - 1), limit - len(found))
        if len(found) >= limit:
            break
    return found


def among(query: Query, candidates: Sequence[int]) -> set[int]:
    """Those of some keys that match."""
    if not candidates:
        return set()
    limit = 2 * len(candidates) + 1000
    found = _find(query, min(candidates), max(candidates), limit)
    if len(found) < limit:
        return set(found).intersection(candidates)
    # Too much lies between them: their own words are sooner read.
    rows = IndexedMessage.objects.filter(pk__in=candidates)
    texts = rows.only("senders", "recipients", "subject")
    return {
        each.pk
        for each in texts
        if _has(words_of(each), query)
        or (may_be_cut(each.recipients) and _find(query, each.pk, each.pk, 1))
    }


def may_be_cut(recipients: str) -> bool:
    """Whether a message may have more recipients than its row: all are in the word index."""
    return len(recipients) > _SURELY_WHOLE


def _has(words: set[str], query: Query) -> bool:
    match query:
        case Term(field, value):
            wanted = wanted_tokens(str(value))
            return bool(wanted) and any(
                all(_occurs(words, letter + token.text, token.is_start) for token in wanted)
                for letter in FIELDS[field]
            )
        case Not(operand):
            return not _has(words, operand)
        case And(operands):
            return all(_has(words, each) for each in operands)
        case Or(operands):
            return any(_has(words, each) for each in operands)


def _occurs(words: set[str], wanted: str, is_start: bool) -> bool:
    return wanted in words or (is_start and any(word.startswith(wanted) for word in words))


def _find(query: Query, low: int, high: int, limit: int) -> list[int]:
    dialect = _dialect(connections[ALIAS])
    return _fetch(dialect.KEYS, (_compiled(query), low, high, limit))


def _fetch(sql: str, parameters: tuple[object, ...]) -> list[int]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


def _compiled(query: Query) -> str:
    with connections[ALIAS].cursor() as cursor:
        return _dialect(connections[ALIAS]).compiled(query, FIELDS, cursor)


def _spans(mailbox_ids: Iterable[int]) -> list[tuple[int, int]]:
    """The keys of mailboxes, as ascending ranges; mailboxes side by side make one."""
    spans: list[tuple[int, int]] = []
    for number in sorted(set(mailbox_ids)):
        low, high = number << UID_BITS, (number + 1 << UID_BITS) - 1
        if spans and spans[-1][1] + 1 == low:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans


def _dialect(connection: BaseDatabaseWrapper) -> Any:
    return words_postgresql if connection.vendor == "postgresql" else words_sqlite


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
