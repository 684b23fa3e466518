"""Which addresses an account's mail may be from: its identities, their tags and patterns (T72).

An identity may be ``*@example.org``: every address of that domain, but those that are
somebody else's here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from webmail.accounts.belongings import identities_of
from webmail.accounts.models import Account, Identity
from webmail.message.addr_spec import BadAddress, wire_addr_spec, wire_domain
from webmail.message.address import Address

FOREIGN = "You cannot send from this address."
NO_ADDRESS = "Write the address that this message is to be from."
_ANY = "*@"


class ForeignSender(ValueError):
    """The sentence says why mail cannot be from this address."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message is from: an identity, and the address of it that is used."""

    identity: Identity
    addr_spec: str

    @property
    def key(self) -> str:
        """As a form names it."""
        is_itself = self.addr_spec == self.identity.addr_spec
        return self.identity.key if is_itself else f"{self.identity.key}/{self.addr_spec}"

    @property
    def address(self) -> Address:
        return Address(self.identity.name, self.addr_spec)

    def __str__(self) -> str:
        name = self.identity.name
        return f"{name} <{self.addr_spec}>" if name else self.addr_spec


def is_pattern(addr_spec: str) -> bool:
    return addr_spec.startswith(_ANY)


def wire_pattern(text: str) -> str:
    """An address, or ``*@domain``, in one spelling; raises BadAddress."""
    if is_pattern(text):
        return _ANY + wire_domain(text.removeprefix(_ANY))
    return wire_addr_spec(text)


def is_same(own: str, addr_spec: str) -> bool:
    """Equal, whatever the case and the spelling of the domain."""
    return _plain(own) == _plain(addr_spec)


def is_tag(own: str, addr_spec: str) -> bool:
    """``mara+list@example.org`` is a tag of ``mara@example.org`` (RFC 5233)."""
    local, _, domain = _plain(own).rpartition("@")
    given, _, given_domain = _plain(addr_spec).rpartition("@")
    return domain == given_domain and "+" in given and given.partition("+")[0] == local


def is_within(pattern: str, addr_spec: str) -> bool:
    """Whether an address is one of ``*@example.org``."""
    if not is_pattern(pattern) or is_pattern(addr_spec):
        return False
    return _plain(pattern).rpartition("@")[2] == _plain(addr_spec).rpartition("@")[2]


def read_sender(account: Account, key: str, typed: str = "") -> Sender:
    """Whom a form named: an identity, an address of it, or the one ``typed`` for a pattern.

    The default one for none.  Raises ForeignSender.
    """
    identity_key, _, addr_spec = key.partition("/")
    identities = identities_of(account)
    chosen = [each for each in identities if each.key == identity_key or not identity_key]
    if not chosen:
        raise ForeignSender(FOREIGN)
    identity = chosen[0]
    if is_pattern(identity.addr_spec):
        addr_spec = addr_spec or typed.strip()
        if not addr_spec:
            raise ForeignSender(NO_ADDRESS)
    try:
        wire_addr_spec(addr_spec or identity.addr_spec)
    except BadAddress as problem:
        raise ForeignSender(str(problem)) from problem
    if addr_spec and not _may_use(account, identity, addr_spec):
        raise ForeignSender(FOREIGN)
    return Sender(identity, addr_spec or identity.addr_spec)


def identity_named(account: Account, key: str) -> Identity | None:
    """The identity that a form's word for a sender begins with; the default one for none."""
    identity_key = key.partition("/")[0]
    identities = identities_of(account)
    named = (each for each in identities if each.key == identity_key or not identity_key)
    return next(named, None)


def find_sender(account: Account, addresses: Iterable[str], *, guess: bool = True) -> Sender | None:
    """The first of ``addresses`` that is the account's: an identity before a tag of one.

    Addresses of a pattern come last, and not at all without ``guess``.
    """
    identities = identities_of(account)
    addresses = [each for each in addresses if not is_pattern(each)]
    return (
        _first(identities, addresses, is_same)
        or _first(identities, addresses, is_tag)
        or (_within(account, identities, addresses) if guess else None)
    )


def own_among(account: Account, addresses: Iterable[str]) -> frozenset[str]:
    """Those of ``addresses`` that are the account's, in lower case."""
    given = [each for each in addresses if each]
    return frozenset(
        each.lower()
        for each in given
        if is_same(account.address, each) or find_sender(account, [each])
    )


def _first(
    identities: Sequence[Identity], addresses: list[str], fits: Callable[[str, str], bool]
) -> Sender | None:
    for addr_spec in addresses:
        for identity in identities:
            if fits(identity.addr_spec, addr_spec):
                used = identity.addr_spec if fits is is_same else addr_spec
                return Sender(identity, used)
    return None


def _within(account: Account, identities: list[Identity], addresses: list[str]) -> Sender | None:
    patterns = [each for each in identities if is_pattern(each.addr_spec)]
    if not patterns:
        return None
    free = [each for each in addresses if "@" in each and not _is_of_another(account, each)]
    return _first(patterns, free, is_within)


def _may_use(account: Account, identity: Identity, addr_spec: str) -> bool:
    own = identity.addr_spec
    if is_pattern(addr_spec):
        return False
    if is_same(own, addr_spec) or is_tag(own, addr_spec):
        return True
    return is_within(own, addr_spec) and not _is_of_another(account, addr_spec)


def _is_of_another(account: Account, addr_spec: str) -> bool:
    """Whether somebody else here has this address, or one that it is a tag of."""
    others = Account.objects.exclude(user_id=account.user_id)
    taken = {each for row in others.values_list("address", "identities__addr_spec") for each in row}
    return any(is_same(each, addr_spec) or is_tag(each, addr_spec) for each in taken if each)


def _plain(addr_spec: str) -> str:
    try:
        return wire_pattern(addr_spec).lower()
    except BadAddress:
        return addr_spec.lower()


def address_written_under(account: Account, fields: Mapping[str, object]) -> str:
    """The address a draft's fields name; the account's where they name a foreign one."""
    named, typed = (str(fields.get(name, "")) for name in ("identity", "sender"))
    try:
        return read_sender(account, named, typed).addr_spec
    except ForeignSender:
        return account.address
