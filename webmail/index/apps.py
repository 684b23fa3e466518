from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class IndexConfig(AppConfig):
    name = "webmail.index"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from webmail.index import turns  # which needs the settings

        post_migrate.connect(_make_words, sender=self)
        turns.watch_writes()


def _make_words(*, using: str, **_: Any) -> None:
    """The word index has no model: a new or emptied database gets its tables here."""
    from webmail.index import keeping, words
    from webmail.index.models import IndexedMessage

    tables = connections[using].introspection.table_names() if using == keeping.ALIAS else ()
    if IndexedMessage._meta.db_table in tables and not IndexedMessage.objects.exists():
        words.renew_tables()
