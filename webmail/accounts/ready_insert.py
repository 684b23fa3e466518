"""Rows put in by the thousand, the SQL built once and not for each row."""

from collections.abc import Iterable
from operator import attrgetter

from django.db import connections, router
from django.db.models import Model
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


class ReadyInsert:
    """As ``bulk_create``, of rows whose values the database takes as they are.

    The ORM asks every field of every row how to write it, which takes longer than writing.
    """

    def __init__(self, model: type[Model], *, ignore_conflicts: bool = False) -> None:
        self._model = model
        self._on_conflict = OnConflict.IGNORE if ignore_conflicts else None
        self._values = attrgetter(*(field.attname for field in model._meta.concrete_fields))
        self._sql = ""

    def add(self, rows: Iterable[Model]) -> None:
        """Inside the caller's transaction."""
        connection = connections[router.db_for_write(self._model)]
        self._sql = self._sql or self._built(connection)
        with connection.cursor() as cursor:
            cursor.executemany(self._sql, [self._values(row) for row in rows])

    def _built(self, connection: object) -> str:
        query = InsertQuery(self._model, on_conflict=self._on_conflict)
        query.insert_values(self._model._meta.concrete_fields, [self._model(id=1)], raw=True)
        ((sql, _),) = query.get_compiler(connection=connection).as_sql()
        return sql
