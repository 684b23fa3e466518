"""Whose keys are kept, how they come and go, and which one is meant for whom."""

from datetime import datetime

from django.utils import timezone

from webmail.accounts.models import User
from webmail.message import autocrypt
from webmail.message.addr_spec import compared
from webmail.message.openpgp_key import BadKey, KeyFacts, read_key
from webmail.message.openpgp_revocation import is_revoked, read_revocation, with_revocation
from webmail.openpgp.models import Encryption, KnownKey, OwnKey

MOST_OWN, MOST_KNOWN = 20, 2000
# The first has the last word: what somebody checked or chose, before what a mail brought.
_ORIGINS = [KnownKey.Origin.IMPORTED, KnownKey.Origin.DIRECTORY, KnownKey.Origin.AUTOCRYPT]


def encryption_of(user: User) -> Encryption | None:
    """None while it is off."""
    return Encryption.objects.filter(user=user, is_on=True).first()


def turn(user: User, *, is_on: bool) -> None:
    """Keys stay when it is turned off."""
    Encryption.objects.update_or_create(user=user, defaults={"is_on": is_on})


def add_own(user: User, private: str, public: str, *, revocation: str = "") -> OwnKey:
    """Keeps a key pair that the browser made or took in, and what revokes it.  Raises BadKey."""
    secret, open_ = read_key(private), read_key(public)
    if not secret.is_private:
        raise BadKey("This is a public key. Add it among the keys of people you write with.")
    if open_.is_private or open_.fingerprint != secret.fingerprint:
        raise BadKey("The two halves of this key do not belong together.")
    if not open_.addr_specs:
        raise BadKey("This key names no mail address.")
    was_revoked = is_revoked(open_.armored)
    before = user.own_keys.filter(fingerprint=secret.fingerprint).first()
    if before is not None and before.revoked_at and not was_revoked:
        raise BadKey("You have revoked this key. That cannot be undone: make another one.")
    if before is None and user.own_keys.count() >= MOST_OWN:
        raise BadKey(f"There can be {MOST_OWN} keys at most.")
    kept, _ = OwnKey.objects.update_or_create(
        user=user,
        fingerprint=secret.fingerprint,
        defaults={
            **_said(open_),
            "private": secret.armored,
            "public": open_.armored,
            **({"revocation": read_revocation(revocation)} if revocation else {}),
            **({"revoked_at": timezone.now()} if was_revoked else {}),
        },
    )
    return kept


def revoke(own: OwnKey, revocation: str = "") -> None:
    """From now on it only decrypts; ``revocation`` where none was made with it.  Raises BadKey."""
    certificate = own.revocation or read_revocation(revocation)
    own.revocation = certificate
    own.public = with_revocation(own.public, certificate)
    own.private = with_revocation(own.private, certificate)
    own.revoked_at = timezone.now()
    own.save(update_fields=["revocation", "public", "private", "revoked_at"])


def add_known(
    user: User, facts: KeyFacts, origin: KnownKey.Origin, *, only_for: str = ""
) -> KnownKey:
    """Keeps the public key of somebody else; ``only_for`` one of its addresses.

    The same key in a newer form takes the place of the older one.  It stays verified unless
    it names further addresses: whoever was compared might claim to be somebody else with it.
    """
    if facts.is_private:
        raise BadKey("This is a private key. Whoever wrote to you must not share it.")
    found = user.known_keys.filter(fingerprint=facts.fingerprint).first()
    if found is None and user.known_keys.count() >= MOST_KNOWN:
        raise BadKey(f"There can be {MOST_KNOWN} keys at most.")
    said = _said(facts)
    if only_for:
        said["addr_specs"] = [compared(only_for)]
    if not said["addr_specs"]:
        raise BadKey("This key names no mail address.")
    if found is None:
        return KnownKey.objects.create(
            user=user, fingerprint=facts.fingerprint, public=facts.armored, origin=origin, **said
        )
    if _ORIGINS.index(origin) <= _ORIGINS.index(KnownKey.Origin(found.origin)):
        found.is_verified &= set(said["addr_specs"]) <= set(found.addr_specs)
        found.origin, found.public = origin, facts.armored
        found.holder, found.addr_specs = said["holder"], said["addr_specs"]
        found.save()
    return found


def learn(user: User, brought: autocrypt.Brought, at: datetime) -> None:
    """Keeps a key that came with mail as the candidate of its sender.

    It takes the place of older candidates, never of a key that somebody chose or compared.
    A message older than the last that brought one changes nothing (Autocrypt Level 1, 2.3).
    """
    mine = [each for each in user.known_keys.all() if brought.addr_spec in each.addr_specs]
    candidates = [each for each in mine if each.origin == KnownKey.Origin.AUTOCRYPT]
    if any(each.seen_at and each.seen_at > at for each in candidates):
        return
    facts = brought.facts
    same = user.known_keys.filter(fingerprint=facts.fingerprint).first()
    if same is not None and same.origin != KnownKey.Origin.AUTOCRYPT:
        return
    try:
        kept = add_known(user, facts, KnownKey.Origin.AUTOCRYPT, only_for=brought.addr_spec)
    except BadKey:
        return
    KnownKey.objects.filter(pk=kept.pk).update(seen_at=at)
    for each in candidates:
        if each.pk != kept.pk and not each.is_verified:
            each.delete()


def _said(facts: KeyFacts) -> dict[str, object]:
    named = facts.user_ids[0] if facts.user_ids else facts.fingerprint
    return {
        "holder": named[:400].replace("\0", ""),
        "addr_specs": list(facts.addr_specs[:20]),
        "made_at": facts.made_at,
    }


def find_known(user: User, addr_spec: str) -> KnownKey | None:
    """The key to encrypt to this address: a verified one, else by where it came from."""
    wanted = compared(addr_spec)
    standing = user.known_keys.filter(is_withdrawn=False)
    fitting = [each for each in standing if wanted in each.addr_specs]
    return min(fitting, key=_rank, default=None)


def has_withdrawn(user: User, addr_spec: str) -> bool:
    """Whether there is a key of this address that its owner has revoked."""
    withdrawn = user.known_keys.filter(is_withdrawn=True)
    return any(compared(addr_spec) in each.addr_specs for each in withdrawn)


def _rank(known: KnownKey) -> tuple[bool, int, float]:
    newest = known.seen_at or known.added_at
    origin = _ORIGINS.index(KnownKey.Origin(known.origin))
    return not known.is_verified, origin, -newest.timestamp()


def find_own(user: User, addr_spec: str) -> OwnKey | None:
    """The newest key somebody signs with under this address."""
    wanted = compared(addr_spec)
    standing = user.own_keys.filter(revoked_at=None)
    return next((each for each in standing if wanted in each.addr_specs), None)


def has_revoked(user: User, addr_spec: str) -> bool:
    revoked = user.own_keys.exclude(revoked_at=None)
    return any(compared(addr_spec) in each.addr_specs for each in revoked)


def autocrypt_of(user: User, addr_spec: str) -> bytes:
    """The content of an Autocrypt field for mail from this address; empty without leave."""
    encryption = encryption_of(user)
    if encryption is None or not encryption.writes_autocrypt:
        return b""
    own = find_own(user, addr_spec)
    return autocrypt.field(addr_spec, own.public) if own is not None else b""
