"""Whom the one who asks knows: by the mail of an account, and in the household."""

from django.http import HttpRequest

from webmail.accounts.models import Account, User
from webmail.accounts.ready import Ready
from webmail.index.people import people_of
from webmail.message.circle import Acquaintance, Circle, circle_of

_HOUSEHOLD = 30  # more people than that are no household, and not each other's business
# Every message that is opened asks this.
_others = Ready(
    lambda user: User.objects.exclude(pk=user).values_list("name", "address")[: _HOUSEHOLD + 1]
)


def circle_for(request: HttpRequest, account: Account, mine: frozenset[str]) -> Circle:
    """One for each request: a conversation asks it of every message."""
    known: dict[int, Circle] = request.__dict__.setdefault("_circles", {})
    if account.pk not in known:
        people, has_memory = people_of(account.pk)
        everybody = (*people, *household_of(account.user))
        known[account.pk] = circle_of(everybody, mine, has_memory=has_memory)
    return known[account.pk]


def household_of(user: User) -> list[Acquaintance]:
    others = _others.raw(user.pk)
    found = [Acquaintance(name, address, written=1) for name, address in others]
    return found if len(found) <= _HOUSEHOLD else []
