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
            f"Unsent, now in the Outbox of their writers: {held.waiting}. "
            f"Sent before, as the journal says: {held.accepted}."
        )
