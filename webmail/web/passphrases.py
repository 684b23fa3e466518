"""Passphrases of certificates: asked for each time, or kept in the vault for one session.

What is kept is sealed under the person's data key and bound to one certificate; the box lies in
the session's row, and opens only with the key cookie of the browser (security.md 4.4).
"""

import base64
import binascii

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from webmail.accounts.vault import Sealed, Secret, open_in_session, seal_in_session
from webmail.smime.models import OwnCertificate

_PLACE = "certificates"


def secret_of(request: HttpRequest) -> Secret:
    """As it was typed; empty where it was not."""
    return Secret(request.POST.get("passphrase", "")[:1000])


@sensitive_variables("typed")
def find_secret(request: HttpRequest, kept: OwnCertificate) -> Secret | None:
    """The one just typed, or the one kept for this session; None where it has to be asked for."""
    typed = secret_of(request)
    return typed if typed.reveal() else _kept(request, kept)


def _kept(request: HttpRequest, kept: OwnCertificate) -> Secret | None:
    box = request.session.get(_PLACE, {}).get(kept.key, "")
    try:
        return open_in_session(request, base64.b64decode(box), _label(kept)) if box else None
    except (Sealed, binascii.Error):
        return None


def is_kept(request: HttpRequest, kept: OwnCertificate) -> bool:
    return _kept(request, kept) is not None


def keep(request: HttpRequest, kept: OwnCertificate, secret: Secret) -> None:
    """Until this session ends; only after it has opened the key."""
    box = seal_in_session(request, secret, _label(kept))
    boxes = request.session.get(_PLACE, {})
    request.session[_PLACE] = {**boxes, kept.key: base64.b64encode(box).decode()}


def forget(request: HttpRequest, kept: OwnCertificate) -> None:
    boxes = {k: v for k, v in request.session.get(_PLACE, {}).items() if k != kept.key}
    if _PLACE in request.session:
        request.session[_PLACE] = boxes


def _label(kept: OwnCertificate) -> bytes:
    return f"user:{kept.user_id}|certificate:{kept.key}|passphrase|1".encode()
