"""Where the index is kept, and how its tables come and go.

Under SQLite it has a file of its own: its writers are many and large, and must never make
sending wait; a power cut may cost it, and it grows again.  Under PostgreSQL it lies beside
the rest.  There are no migrations: another shape (SHAPE) drops the tables and begins anew.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

log = logging.getLogger(__name__)

SHAPE = 3
ALIAS = "index" if "index" in settings.DATABASES else "default"
_MARK = "index_shape"


class IndexRouter:
    """Sends the models of this package to their database, and keeps all others out of it."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        return ALIAS if model._meta.app_label == "index" else None

    def db_for_write(self, model: type[Model], **_hints: Any) -> str | None:
        return self.db_for_read(model)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        if app_label == "index":
            return db == ALIAS
        return False if db == "index" else None


@contextmanager
def dispensable() -> Iterator[None]:
    """What the index cannot keep, its disk being full, breaks nobody's page (F25)."""
    try:
        yield
    except OperationalError as problem:
        log.warning("the index cannot be kept: %s", problem)


def prepare() -> None:
    """Makes the tables unless they are there in this shape; anything else in them goes."""
    if _shape_found() != SHAPE:
        rebuild()


def rebuild() -> None:
    """Drops whatever was remembered and makes empty tables."""
    from webmail.index import words  # which needs ALIAS

    connection = connections[ALIAS]
    with connection.schema_editor() as editor:
        found = set(connection.introspection.table_names())
        for model in _models():
            if model._meta.db_table in found:
                editor.delete_model(model)
            editor.create_model(model)
        words.drop_tables(connection)
        words.create_tables(connection)
        _write_shape(connection)


def _models() -> list[type[Model]]:
    return list(apps.get_app_config("index").get_models())


def _shape_found() -> int:
    connection = connections[ALIAS]
    if _MARK not in connection.introspection.table_names():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT shape FROM {_MARK}")  # noqa: S608  (a name of ours)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _write_shape(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {_MARK} (shape integer)")
        cursor.execute(f"DELETE FROM {_MARK}")  # noqa: S608
        cursor.execute(f"INSERT INTO {_MARK} VALUES ({SHAPE:d})")  # noqa: S608
