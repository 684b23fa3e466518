"""A certificate that came with a message, kept because its reader says so."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from webmail.message.smime_key import BadCertificate
from webmail.smime import correspondents
from webmail.web.cards import sheet_of
from webmail.web.certificate_learning import can_be_kept
from webmail.web.http import MailRequest, with_store
from webmail.web.notices import notice
from webmail.web.signature_card import signature_of


@require_POST
@with_store
def keep(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    sheet = sheet_of(request, mailbox, place)
    signature = signature_of(sheet)
    if not can_be_kept(sheet, signature) or signature.certificate is None:
        raise Http404
    try:
        correspondents.choose(
            request.user, signature.signer, signature.certificate, reads_gcm=signature.reads_gcm
        )
        notice(request, f"The certificate of {signature.signer} is kept.")
    except BadCertificate as problem:
        notice(request, str(problem), level="error")
    return HttpResponseRedirect(sheet.url, status=303)
