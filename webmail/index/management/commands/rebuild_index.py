"""Drops all that is remembered of the mailboxes; it grows again as they are opened."""

from typing import Any

from django.core.management.base import BaseCommand

from webmail.index.keeping import rebuild


class Command(BaseCommand):
    help = "Empties the index.  Nothing is lost: it is read again from the mail servers."

    def handle(self, *args: Any, **options: Any) -> None:
        rebuild()
        self.stdout.write("The index is empty; it grows again from the mail servers.")
