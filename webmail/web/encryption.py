"""Encryption: OpenPGP turned on, one's own keys and those of others; certificates beside it."""

from dataclasses import dataclass, replace

from django.http import Http404, HttpRequest

from webmail.accounts.belongings import identities_of
from webmail.accounts.writing_as import is_pattern
from webmail.message.openpgp_key import BadKey, read_key
from webmail.openpgp import keyring, wkd
from webmail.openpgp.models import KnownKey, OwnKey
from webmail.web import certificates
from webmail.web.http import get_account

_ORIGINS = {
    KnownKey.Origin.IMPORTED: "You added it",
    KnownKey.Origin.DIRECTORY: "From the directory of its domain",
    KnownKey.Origin.AUTOCRYPT: "Came with a message",
}
NO_CERTIFICATE = (
    "No certificate was made with this key, so your browser makes one now: that needs JavaScript "
    "and the passphrase of the key."
)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the page shows it; ``fingerprint`` in groups of four."""

    key: str
    holder: str
    addresses: str
    fingerprint: str
    made_at: object
    origin: str = ""
    is_verified: bool = False
    is_withdrawn: bool = False
    revoked_at: object = None
    has_revocation: bool = False
    error: str = ""

    @property
    def fingerprint_hex(self) -> str:
        return self.fingerprint.replace(" ", "")


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    return {**_openpgp(request, errors), "smime": certificates.context(request, errors)}


def _openpgp(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    user = request.user
    encryption = keyring.encryption_of(user)
    if encryption is None:
        return {"is_on": False, "has_keys": user.own_keys.exists()}
    identities = identities_of(get_account(request))
    return {
        "is_on": True,
        "writes_autocrypt": encryption.writes_autocrypt,
        "own": [_row(each, errors.get(each.key, "")) for each in user.own_keys.all()],
        "known": [_row(each) for each in user.known_keys.all()],
        "identities": [each for each in identities if not is_pattern(each.addr_spec)],
        "find_address": request.POST.get("address", "") if errors else "",
        "typed": request.POST.get("public", "") if errors else "",
    }


def _row(kept: OwnKey | KnownKey, error: str = "") -> KeyRow:
    row = KeyRow(
        kept.key,
        kept.holder,
        ", ".join(kept.addr_specs),
        grouped(kept.fingerprint),
        kept.made_at,
        error=error,
    )
    if isinstance(kept, OwnKey):
        return replace(row, revoked_at=kept.revoked_at, has_revocation=bool(kept.revocation))
    origin = _ORIGINS[KnownKey.Origin(kept.origin)]
    facts = {"is_verified": kept.is_verified, "is_withdrawn": kept.is_withdrawn}
    return replace(row, origin=origin, **facts)


def grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def save(request: HttpRequest) -> dict[str, str]:
    """``do`` says what: on, off, autocrypt, or something with a key."""
    if request.POST.get("do", "").startswith("smime-"):
        return certificates.save(request)
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return {"form": "This choice does not exist."}
    return act(request)


def _turn_on(request: HttpRequest) -> dict[str, str]:
    keyring.turn(request.user, is_on=True)
    return {}


def _turn_off(request: HttpRequest) -> dict[str, str]:
    keyring.turn(request.user, is_on=False)
    return {}


def _choose_autocrypt(request: HttpRequest) -> dict[str, str]:
    encryption = keyring.encryption_of(request.user)
    if encryption is not None:
        encryption.writes_autocrypt = request.POST.get("writes_autocrypt") == "1"
        encryption.save(update_fields=["writes_autocrypt"])
    return {}


def _add_own(request: HttpRequest) -> dict[str, str]:
    post = request.POST
    try:
        keyring.add_own(
            request.user,
            post.get("private", ""),
            post.get("public", ""),
            revocation=post.get("revocation", ""),
        )
    except BadKey as problem:
        return {"own": str(problem)}
    return {}


def _remove_own(request: HttpRequest) -> dict[str, str]:
    """Nothing encrypted to it can be read again, so a tick beside the button is asked for."""
    kept = _own(request)
    if request.POST.get("sure") != "1":
        return {kept.key: "Tick the box first: this cannot be undone."}
    kept.delete()
    return {}


def _revoke_own(request: HttpRequest) -> dict[str, str]:
    """By the certificate made with the key, or by the one that the browser makes now."""
    kept = _own(request)
    if request.POST.get("sure") != "1":
        return {kept.key: "Tick the box first: this cannot be undone."}
    if kept.revoked_at:
        return {}
    try:
        keyring.revoke(kept, request.POST.get("revocation", ""))
    except BadKey:
        return {kept.key: NO_CERTIFICATE}
    return {}


def _add_known(request: HttpRequest) -> dict[str, str]:
    try:
        facts = read_key(request.POST.get("public", ""))
        keyring.add_known(request.user, facts, KnownKey.Origin.IMPORTED)
    except BadKey as problem:
        return {"known": str(problem)}
    return {}


def _find_known(request: HttpRequest) -> dict[str, str]:
    """Asks the domain of an address for its key, because somebody wants it."""
    addr_spec = request.POST.get("address", "")[:320]
    if keyring.encryption_of(request.user) is None:
        return {"find": "OpenPGP is off."}
    try:
        facts = wkd.find_key(addr_spec)
        keyring.add_known(
            request.user, facts, KnownKey.Origin.DIRECTORY, only_for=addr_spec.strip()
        )
    except (wkd.NotFound, BadKey) as problem:
        return {"find": str(problem)}
    return {}


def _remove_known(request: HttpRequest) -> dict[str, str]:
    _known(request).delete()
    return {}


def _withdraw(request: HttpRequest) -> dict[str, str]:
    """The browser has found that the owner of a key revoked it."""
    user, fingerprint = request.user, request.POST.get("fingerprint", "")
    user.known_keys.filter(fingerprint=fingerprint).update(is_withdrawn=True)
    return {}


def _verify(request: HttpRequest) -> dict[str, str]:
    kept = _known(request)
    kept.is_verified = request.POST["do"] == "verify"
    kept.save(update_fields=["is_verified"])
    return {}


_ACTS = {
    "on": _turn_on,
    "off": _turn_off,
    "autocrypt": _choose_autocrypt,
    "add-own": _add_own,
    "remove-own": _remove_own,
    "revoke-own": _revoke_own,
    "add-known": _add_known,
    "find-known": _find_known,
    "remove-known": _remove_known,
    "withdrawn": _withdraw,
    "verify": _verify,
    "unverify": _verify,
}


def _own(request: HttpRequest) -> OwnKey:
    kept = request.user.own_keys.filter(key=request.POST.get("key", "")).first()
    if kept is None:
        raise Http404
    return kept


def _known(request: HttpRequest) -> KnownKey:
    kept = request.user.known_keys.filter(key=request.POST.get("key", "")).first()
    if kept is None:
        raise Http404
    return kept
