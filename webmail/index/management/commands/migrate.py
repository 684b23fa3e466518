"""Django's migrate, which also makes the index ready: it has tables but no migrations."""

from typing import Any

from django.core.management.commands import migrate

from webmail.index.keeping import prepare


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        # With run_syncdb (the test runner) Django makes the tables of every app itself.
        if not options["run_syncdb"]:
            prepare()
