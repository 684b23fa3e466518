"""Keys for the script that uses them, and as files for other programs."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from webmail.openpgp import keyring
from webmail.openpgp.models import KnownKey, OwnKey
from webmail.web.downloads import clean_filename
from webmail.web.http import PART_HEADERS, signed_in
from webmail.web.proof import proven_for_download

_KINDS = ("private", "revocation")  # what a session alone does not get as a file (T61)


@require_GET
@signed_in
def ring(request: HttpRequest) -> HttpResponse:
    """All public keys; with ``?private=`` and a fingerprint that one private key, still locked.

    Whoever reads, checks signatures or encrypts has no private key in the page.
    """
    user = request.user
    if keyring.encryption_of(user) is None:
        raise Http404
    if "private" in request.GET:
        kept = user.own_keys.filter(fingerprint=request.GET["private"]).first()
        if kept is None:
            raise Http404
        return JsonResponse({"private": kept.private})
    return JsonResponse(
        {
            "own": [_own(each) for each in user.own_keys.all()],
            "known": [_known(each) for each in user.known_keys.all()],
        }
    )


def _own(kept: OwnKey) -> dict[str, object]:
    return {
        "fingerprint": kept.fingerprint,
        "addresses": kept.addr_specs,
        "holder": kept.holder,
        "public": kept.public,
    }


def _known(kept: KnownKey) -> dict[str, object]:
    return {
        "key": kept.key,
        "fingerprint": kept.fingerprint,
        "addresses": kept.addr_specs,
        "public": kept.public,
        "verified": kept.is_verified,
        "withdrawn": kept.is_withdrawn,
        "origin": kept.origin,
    }


def _asked(request: HttpRequest) -> str:
    return next((each for each in _KINDS if request.GET.get(each) == "1"), "public")


@require_GET
@signed_in
@proven_for_download("encryption", lambda request, key: _asked(request) in _KINDS)
def export(request: HttpRequest, key: str) -> HttpResponse:
    """A key as the file that every OpenPGP program reads: ``?private=1`` still locked,
    ``?revocation=1`` the certificate that revokes it."""
    user, kind = request.user, _asked(request)
    own = user.own_keys.filter(key=key).first()
    kept = own or user.known_keys.filter(key=key).first()
    if kept is None:
        raise Http404
    armored = getattr(own, kind) if own is not None else kept.public
    if not armored:
        raise Http404
    response = HttpResponse(armored, content_type="application/pgp-keys", headers=PART_HEADERS)
    kind = kind if own is not None else "public"
    name = clean_filename(f"{kept.addr_specs[0]}-{kept.fingerprint[-16:]}-{kind}.asc")
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
