"""Removes somebody from this Hearth; their mail stays on the mail server."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.accounts.models import User
from webmail.submission.removal import Busy, NotNamed, busy_mail, open_mail
from webmail.web import removal

_BUSY = "{0} of their messages are on their way. Nothing was removed; try again in some minutes."


class Command(BaseCommand):
    help = "Removes a person from this Hearth. Says first what goes; mail on the server stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="the address they sign in with")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--lose", action="store_true", help="with --yes: also what is nowhere else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(address=options["address"].lower()).first()
        if user is None:
            raise CommandError(f"Nobody has signed in as {options['address']}.")
        if busy := busy_mail(user):
            raise CommandError(_BUSY.format(busy))
        named = [row.key for row in open_mail(user)]
        lost = self._tell(user)
        self._ask(user, options, is_lost=bool(lost))
        try:
            removal.remove(user, named)
        except Busy as problem:
            raise CommandError(_BUSY.format("Some")) from problem
        except NotNamed as problem:
            raise CommandError("More mail came meanwhile. Nothing was removed.") from problem
        self.stdout.write(f"{user.address} was removed.")

    def _tell(self, user: User) -> list[str]:
        lost = list(removal.warnings(user))
        if lost:
            self.stdout.write("This is nowhere else and would be lost:")
            self.stdout.write("".join(f"  - {line}\n" for line in lost))
        self.stdout.write("This goes too:")
        self.stdout.write("".join(f"  - {line}\n" for line in removal.also_goes(user)))
        self.stdout.write("Mail on the mail server stays, and so does the right to sign in there.")
        return lost

    def _ask(self, user: User, options: dict[str, Any], *, is_lost: bool) -> None:
        if options["yes"]:
            if is_lost and not options["lose"]:
                raise CommandError("Nothing was removed. To lose what is named, add --lose.")
            return
        if input(f"Type {user.address} to remove them: ").strip().lower() != user.address:
            raise CommandError("Nothing was removed.")
