"""Encryption: OpenPGP turned on, one's own keys and those of others; certificates beside it."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from webmail.accounts.belongings import identities_of
from webmail.accounts.writing_as import is_pattern
from webmail.message.openpgp_key import BadKey, read_key
from webmail.openpgp import keyring, wkd
from webmail.openpgp.models import KnownKey, OwnKey
from webmail.web import certificates
from webmail.web.downloads import clean_filename
from webmail.web.http import PART_HEADERS, get_account, signed_in
from webmail.web.proof import proven_for_download

_ORIGINS = {
    KnownKey.Origin.IMPORTED: "You added it",
    KnownKey.Origin.DIRECTORY: "From the directory of its domain",
    KnownKey.Origin.AUTOCRYPT: "Came with a message",
}


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
    error: str = ""


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
    is_own = isinstance(kept, OwnKey)
    return KeyRow(
        kept.key,
        kept.holder,
        ", ".join(kept.addr_specs),
        grouped(kept.fingerprint),
        kept.made_at,
        "" if is_own else _ORIGINS[KnownKey.Origin(kept.origin)],
        not is_own and kept.is_verified,
        error,
    )


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
        keyring.add_own(request.user, post.get("private", ""), post.get("public", ""))
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
    "add-known": _add_known,
    "find-known": _find_known,
    "remove-known": _remove_known,
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


# -- for the script and for other programs ---------------------------------------------------------


@require_GET
@signed_in
def ring(request: HttpRequest) -> HttpResponse:
    """All keys of somebody, for the script that uses them; private ones are locked."""
    if keyring.encryption_of(request.user) is None:
        raise Http404
    return JsonResponse(
        {
            "own": [
                {
                    "fingerprint": each.fingerprint,
                    "addresses": each.addr_specs,
                    "holder": each.holder,
                    "private": each.private,
                    "public": each.public,
                }
                for each in request.user.own_keys.all()
            ],
            "known": [
                {
                    "key": each.key,
                    "fingerprint": each.fingerprint,
                    "addresses": each.addr_specs,
                    "public": each.public,
                    "verified": each.is_verified,
                    "origin": each.origin,
                }
                for each in request.user.known_keys.all()
            ],
        }
    )


@require_GET
@signed_in
@proven_for_download("encryption", lambda request, key: request.GET.get("private") == "1")
def export(request: HttpRequest, key: str) -> HttpResponse:
    """A key as the file that every OpenPGP program reads; ``?private=1`` still locked."""
    user = request.user
    kept: OwnKey | KnownKey | None = user.own_keys.filter(key=key).first()
    is_private = kept is not None and request.GET.get("private") == "1"
    kept = kept or user.known_keys.filter(key=key).first()
    if kept is None:
        raise Http404
    armored = kept.private if is_private and isinstance(kept, OwnKey) else kept.public
    kind = "private" if is_private else "public"
    response = HttpResponse(armored, content_type="application/pgp-keys", headers=PART_HEADERS)
    name = clean_filename(f"{kept.addr_specs[0]}-{kept.fingerprint[-16:]}-{kind}.asc")
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
