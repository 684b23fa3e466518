"""What belongs to somebody, as every page asks for it."""

from webmail.accounts.models import Account, Identity, Signature, User
from webmail.accounts.ready import Ready

_account = Ready(lambda user, key: Account.objects.filter(user_id=user).filter(key=key))
_first_account = Ready(lambda user: Account.objects.filter(user_id=user)[:1])
_identities = Ready(lambda account: Identity.objects.filter(account_id=account))


def find_account(user: User, key: str = "") -> Account | None:
    """The person's account of this key, or their first; None when it is not theirs (T69)."""
    account = _account.find(user.pk, key) if key else _first_account.find(user.pk)
    if account is not None:
        account.user = user
    return account


def find_identity(account: Account) -> Identity | None:
    """The one that new mail is written under."""
    return next(iter(identities_of(account)), None)


def identities_of(account: Account) -> list[Identity]:
    """The names and addresses the person writes under, in their order."""
    return _identities.all(account.pk)


def signatures_of(account: Account) -> list[Signature]:
    """Those of all its identities, in their order."""
    signatures = Signature.objects.filter(identity__account_id=account.pk)
    return list(signatures.order_by("-identity__is_default", "identity_id", "id"))
