"""What an opaque signature wraps, as a file."""

from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from webmail.message.smime import signed_content
from webmail.web.cards import sheet_of
from webmail.web.downloads import clean_filename, source_response
from webmail.web.http import MailRequest, with_store
from webmail.web.signature_card import unwrapped, wrapped_octets


@require_safe
@with_store
def source(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponseBase:
    sheet = sheet_of(request, mailbox, place)
    content = signed_content(wrapped_octets(sheet, sheet.summary.structure))
    if content is None:
        raise Http404
    name = clean_filename(f"{sheet.summary.envelope.subject[:80] or 'message'}.eml")
    return source_response(iter([unwrapped(content).raw]), name, inline=False)
