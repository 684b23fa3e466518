"""Proves for each mailbox that the index says what the server has; mends what differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.accounts import grants
from webmail.accounts.connect import store_for_worker
from webmail.accounts.models import Account
from webmail.index import checking
from webmail.index.models import IndexedMailbox
from webmail.store.protocol import MailStore, StoreError


class Command(BaseCommand):
    help = "Compares every UID and flag of the index with the mail servers and mends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", nargs="*", help="only the accounts of these addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = Account.objects.all()
        if options["address"]:
            accounts = accounts.filter(address__in=options["address"])
        faults = [self._check(account) for account in accounts]
        if any(faults):
            raise CommandError("Some mailboxes did not agree; they have been mended.")

    def _check(self, account: Account) -> int:
        """How many of its mailboxes did not agree."""
        password = grants.password_of(account)
        if password is None:
            self.stdout.write(f"{account.address}: not checked, nobody has it open")
            return 0
        try:
            with store_for_worker(account, password) as store:
                rows = IndexedMailbox.objects.filter(account_id=account.pk, uidvalidity__gt=0)
                return sum(self._prove(store, account, mailbox) for mailbox in rows)
        except StoreError as problem:
            raise CommandError(f"{account.address}: {problem}") from problem

    def _prove(self, store: MailStore, account: Account, mailbox: IndexedMailbox) -> int:
        proof = checking.prove(store, mailbox)
        words = (
            "agrees"
            if proof.holds
            else (
                f"{proof.missing} missing, {proof.surplus} too many, {proof.flags} with other flags"
            )
        )
        self.stdout.write(f"{account.address} {mailbox.name}: {proof.messages} messages, {words}")
        return int(not proof.holds)
