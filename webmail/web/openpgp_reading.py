"""A signed or encrypted message for the script that checks and decrypts it in the browser."""

import base64

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from webmail.message.addr_spec import compared
from webmail.message.bodystructure import Part
from webmail.message.openpgp_mime import MAX_BYTES, find_wrapped
from webmail.message.parse import parse_message
from webmail.openpgp.keyring import encryption_of
from webmail.web.cards import sheet_of
from webmail.web.http import MailRequest, body_headers, signed_in, with_store
from webmail.web.people import clean
from webmail.web.sheet import Sheet, outer_parts


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: tuple[int, int]) -> HttpResponse:
    """``senders`` has more than one entry, or none, where nobody can be named as the sender."""
    if encryption_of(request.user) is None:
        raise Http404
    sheet = sheet_of(request, mailbox, place)
    wrapped = find_wrapped(_raw(sheet))
    if wrapped is None:
        return JsonResponse({"kind": "none"})
    return JsonResponse(
        {
            "kind": wrapped.kind.value,
            "armored": wrapped.armored,
            "content": base64.b64encode(wrapped.content).decode(),
            "senders": _senders(sheet),
            "subject": clean(sheet.summary.envelope.subject),
        }
    )


def _raw(sheet: Sheet) -> bytes:
    """Empty unless it is small enough, and the same parts that are shown."""
    if sum(part.size_bytes for part in outer_parts(sheet.summary.structure)) > MAX_BYTES:
        return b""
    raw = b"".join(sheet.request.store.source(sheet.ref))
    parsed = parse_message(raw)
    return raw if _shape(parsed.structure) == _shape(sheet.summary.structure) else b""


def _shape(root: Part) -> list[tuple[str, str, str]]:
    return [(part.section, part.media_type, part.encoding) for part in outer_parts(root)]


def _senders(sheet: Sheet) -> list[str]:
    """A second From would stand under a signature that is not its own."""
    if sum(name.lower() == "from" for name, _ in sheet.opened.fields) != 1:
        return []
    return [compared(address.addr_spec) for address in sheet.summary.envelope.from_]


@require_GET
@signed_in
def page(request: MailRequest) -> HttpResponse:
    """The empty document that decrypted text is put in: it may fetch nothing at all (T91)."""
    context = {"html": "", "theme": request.user.theme}
    response = render(request, "message/body.html", context)
    for name, value in body_headers("").items():
        response.headers[name] = value
    return response
