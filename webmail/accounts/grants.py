"""A password that the watcher and the worker may use while somebody uses Hearth."""

from webmail.accounts.models import Account
from webmail.accounts.vault import Secret


def password_of(account: Account) -> Secret | None:
    return None


def erase(account: Account) -> None:
    """Takes the grant back."""
