"""Settings, Encryption: one's own certificates and those of correspondents."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from webmail.accounts.belongings import identities_of
from webmail.accounts.models import Identity
from webmail.accounts.vault import Secret
from webmail.accounts.writing_as import is_pattern
from webmail.message.smime_certificate import facts_of, read_certificate
from webmail.message.smime_key import (
    MAX_PKCS12_BYTES,
    BadCertificate,
    KeyPair,
    WrongPassphrase,
    read_pkcs12,
)
from webmail.smime import certificates, correspondents
from webmail.smime.models import KnownCertificate, OwnCertificate
from webmail.web.downloads import clean_filename
from webmail.web.http import PART_HEADERS, get_account, signed_in
from webmail.web.notices import notice
from webmail.web.passphrases import forget, secret_of
from webmail.web.proof import proven_for_download

_SOON = timedelta(days=30)
WRONG = "This passphrase does not open the certificate."


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate as the page shows it; ``warning`` is a sentence about its end."""

    key: str
    addresses: str
    subject: str
    issuer: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    warning: str
    is_over: bool
    note: str = ""
    error: str = ""


def context(request: HttpRequest, errors: dict[str, str]) -> dict[str, object]:
    user = request.user
    own = [_row(each, errors) for each in user.own_certificates.all()]
    return {
        "own": own,
        "known": [_row(each, errors) for each in user.known_certificates.all()],
        "identities": _identities(request),
        "chosen": request.POST.get("identity", "") if errors else "",
    }


def _identities(request: HttpRequest) -> list[Identity]:
    found = identities_of(get_account(request))
    return [each for each in found if not is_pattern(each.addr_spec)]


def _row(kept: OwnCertificate | KnownCertificate, errors: dict[str, str]) -> CertificateRow:
    facts = facts_of(read_certificate(bytes(kept.certificate)))
    return CertificateRow(
        key=kept.key,
        addresses=", ".join(facts.addr_specs) if isinstance(kept, OwnCertificate) else str(kept),
        subject=facts.subject,
        issuer=facts.issuer,
        fingerprint=" ".join(facts.fingerprint[at : at + 4] for at in range(0, 64, 4)),
        valid_from=kept.valid_from,
        valid_until=kept.valid_until,
        warning=_warning(kept),
        is_over=kept.valid_until <= timezone.now(),
        note=_note(kept),
        error=errors.get(kept.key, ""),
    )


def _warning(kept: OwnCertificate | KnownCertificate) -> str:
    now = timezone.now()
    is_own = isinstance(kept, OwnCertificate)
    if kept.valid_from > now:
        return "It is not valid yet."
    if kept.valid_until <= now:
        use = "It signs nothing any more, and still opens what was encrypted for it."
        return f"It has run out. {use if is_own else 'Nothing is encrypted for it any more.'}"
    days = (kept.valid_until - now).days
    if days < _SOON.days:
        when = "today" if days < 1 else "in one day" if days == 1 else f"in {days} days"
        return f"It runs out {when}.{' Ask whoever gave it out for a new one.' if is_own else ''}"
    return ""


def _note(kept: OwnCertificate | KnownCertificate) -> str:
    if isinstance(kept, OwnCertificate):
        return ""
    return "You added it." if kept.is_chosen else "Came with a signed message."


# -- saving ----------------------------------------------------------------------------------------


def save(request: HttpRequest) -> dict[str, str]:
    """``do`` says what: smime-import, smime-remove, smime-add-known or smime-remove-known."""
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return {"form": "This choice does not exist."}
    return act(request)


@sensitive_variables("opens", "chosen")
def _import(request: HttpRequest) -> dict[str, str]:
    post = request.POST
    identity = next((i for i in _identities(request) if i.key == post.get("identity")), None)
    if identity is None:
        raise Http404
    opens, chosen = Secret(post.get("file_passphrase", "")[:1000]), secret_of(request)
    if chosen.reveal() != post.get("again", ""):
        return {"smime": "The two new passphrases are not the same."}
    try:
        pair = _read(request.FILES.get("file"), opens)
        certificates.add_own(request.user, pair, chosen, addr_spec=identity.addr_spec)
    except WrongPassphrase:
        return {"smime": "The passphrase of the file does not open it."}
    except BadCertificate as problem:
        return {"smime": str(problem)}
    return {}


def _read(file: UploadedFile | None, opens: Secret) -> KeyPair:
    octets = file.read(MAX_PKCS12_BYTES + 1) if file is not None else b""
    return read_pkcs12(octets, opens.reveal())


def _remove(request: HttpRequest) -> dict[str, str]:
    """What was encrypted for it cannot be read again, so a tick is asked for."""
    kept = own_of(request, request.POST.get("key", ""))
    if request.POST.get("sure") != "1":
        return {kept.key: "Tick the box first: this cannot be undone."}
    forget(request, kept)
    kept.delete()
    return {}


def _add_known(request: HttpRequest) -> dict[str, str]:
    file = request.FILES.get("certificate")
    try:
        octets = file.read(MAX_PKCS12_BYTES) if file is not None else b""
        correspondents.add_known(request.user, octets)
    except BadCertificate as problem:
        return {"smime_known": str(problem)}
    return {}


def _remove_known(request: HttpRequest) -> dict[str, str]:
    kept = request.user.known_certificates.filter(key=request.POST.get("key", "")).first()
    if kept is None:
        raise Http404
    kept.delete()
    return {}


_ACTS = {
    "smime-import": _import,
    "smime-remove": _remove,
    "smime-add-known": _add_known,
    "smime-remove-known": _remove_known,
}


def own_of(request: HttpRequest, key: str) -> OwnCertificate:
    kept = request.user.own_certificates.filter(key=key).first()
    if kept is None:
        raise Http404
    return kept


# -- leaving with it -------------------------------------------------------------------------------


@require_POST
@sensitive_post_parameters("passphrase")
@signed_in
@proven_for_download("encryption")
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The PKCS#12 file, under the same passphrase."""
    kept = own_of(request, key)
    try:
        octets = certificates.export_own(kept, secret_of(request))
    except WrongPassphrase:
        notice(request, WRONG, level="error")
        return HttpResponseRedirect(reverse("settings", args=["encryption"]), status=303)
    response = HttpResponse(octets, content_type="application/x-pkcs12", headers=PART_HEADERS)
    name = clean_filename(f"{kept.addr_specs[0]}-{kept.fingerprint[:16].lower()}.p12")
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
