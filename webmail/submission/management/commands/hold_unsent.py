"""After a restore and before the start: keeps the backup's unsent mail from leaving twice."""

from typing import Any

from django.core.management.base import BaseCommand

from webmail.submission import restoring


class Command(BaseCommand):
    help = (
        "Run after restoring a backup, with all workers stopped: unsent mail waits for its writers."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        held = restoring.hold_unsent()
        self.stdout.write(
            f"{held.waiting} unsent messages wait in the Outbox of their writers; "
            f"{held.accepted} were sent before, as the journal says."
        )
