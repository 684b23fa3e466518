"""Lets somebody write under an address beside their own: an alias, or a whole domain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.accounts.models import Account, Identity
from webmail.accounts.writing_as import is_pattern, is_same, is_tag, is_within, wire_pattern
from webmail.message.addr_spec import BadAddress


class Command(BaseCommand):
    help = "Lets an account write under another address (an alias, or *@domain), or no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="the address somebody signs in with")
        parser.add_argument("address", help="an address, or *@example.org for all of a domain")
        parser.add_argument("--remove", action="store_true", help="take it away again")

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.filter(address__iexact=options["account"]).first()
        if account is None:
            raise CommandError(f"Nobody has signed in as {options['account']} yet.")
        try:
            addr_spec = wire_pattern(options["address"])
        except BadAddress as problem:
            raise CommandError(str(problem)) from problem
        if options["remove"]:
            self._remove(account, addr_spec)
        elif not any(is_same(each.addr_spec, addr_spec) for each in account.identities.all()):
            default = account.identities.first()
            name = default.name if default else ""
            Identity.objects.create(account=account, addr_spec=addr_spec, name=name)
        self.stdout.write(f"{account.address} writes as: {_listed(account)}")

    def _remove(self, account: Account, addr_spec: str) -> None:
        """Also what its owner made of it: tags, and the addresses within a pattern."""
        for each in account.identities.all():
            if _covers(addr_spec, each.addr_spec) and not _covers(account.address, each.addr_spec):
                each.delete()
        if not account.identities.filter(is_default=True).exists():
            left = (each for each in account.identities.all() if not is_pattern(each.addr_spec))
            first = next(left, Identity(account=account, addr_spec=account.address))
            first.is_default = True
            first.save()


def _covers(allowed: str, addr_spec: str) -> bool:
    return any(fits(allowed, addr_spec) for fits in (is_same, is_tag, is_within))


def _listed(account: Account) -> str:
    return ", ".join(each.addr_spec for each in account.identities.all())
