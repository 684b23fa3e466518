"""Queries that every request makes, their SQL built once.

The ORM builds the SQL of a query anew each time, which costs five times what SQLite takes
to answer it; a request that is otherwise 3 ms makes four of them.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


def ask(
    connection: BaseDatabaseWrapper, sql: str, values: Sequence[int | str]
) -> list[tuple[Any, ...]]:
    """All rows, as the database gives them; ``%s`` stands for a value.

    Django's cursor costs more than SQLite's answer: it spells each query anew, and asks
    twenty questions on the way.  Where somebody listens to queries it is asked all the same.
    """
    if connection.vendor != "sqlite" or connection.queries_logged or connection.execute_wrappers:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return connection.connection.execute(_for_sqlite(sql), values).fetchall()


@lru_cache(maxsize=256)
def _for_sqlite(sql: str) -> str:
    return (sql % (("?",) * (sql.replace("%%", "").count("%s")))).strip()


@dataclass(frozen=True, slots=True)
class _Built:
    """The SQL for one connection; converters belong to it."""

    connection: BaseDatabaseWrapper
    sql: str
    compiler: SQLCompiler
    converters: dict[int, Any]
    model: type[Model]
    names: list[str]


class Ready(Generic[M]):
    """A query that differs only in the values it looks for.

    ``query`` gets them, integers or strings, and must use them in the order of its WHERE.
    """

    def __init__(self, query: Callable[..., QuerySet[M]]) -> None:
        self._query = query
        self._thread = threading.local()

    def find(self, *values: int | str) -> M | None:
        """The first, a whole model as from the ORM; None where there is none."""
        return next(iter(self.all(*values)), None)

    def all(self, *values: int | str) -> list[M]:
        return [self.model_of(row, *values) for row in self.raw(*values)]

    def raw(self, *values: int | str) -> list[tuple[Any, ...]]:
        """The columns as the database gives them: SQLite has 1 for True, and text for a time."""
        built = self._built(values)
        return ask(built.connection, built.sql, values)

    def model_of(self, row: tuple[Any, ...], *values: int | str) -> M:
        """What ``raw`` gave for these values as a whole model, as from the ORM."""
        built = self._built(values)
        if built.converters:
            row = next(iter(built.compiler.apply_converters([row], built.converters)))
        return built.model.from_db(built.connection.alias, built.names, row)

    def _built(self, values: tuple[int | str, ...]) -> _Built:
        built: _Built | None = getattr(self._thread, "built", None)
        if built is None or built.connection is not connections[built.connection.alias]:
            built = self._thread.built = self._build(values)
        return built

    def _build(self, values: tuple[int | str, ...]) -> _Built:
        queries = self._query(*values)
        connection = connections[queries.db]
        compiler = queries.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if tuple(parameters) != values:
            raise ValueError(f"the parameters of {sql} are not the values in their order")
        converters = compiler.get_converters([column[0] for column in compiler.select])
        names = [field.attname for field in queries.model._meta.concrete_fields]
        return _Built(connection, sql, compiler, converters, queries.model, names)
