"""All files of a message in one ZIP file, written while it is sent."""

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from webmail.attachments.zip_stream import Member, unique_names, zip_pieces
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MessageGone
from webmail.web.attached import Attached
from webmail.web.attached_in import files_at
from webmail.web.downloads import OCTETS, clean_filename, decoded_size
from webmail.web.http import PART_HEADERS, MailRequest, with_store
from webmail.web.part_files import open_part

Place = tuple[int, int]


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: Place) -> HttpResponseBase:
    ref = MessageRef(mailbox, *place)
    summary, files = files_at(request, ref)
    if not files:
        raise MessageGone("This message has no files.")
    at = summary.envelope.date or summary.internal_date
    response: HttpResponseBase = HttpResponse()
    if request.method == "GET":
        response = StreamingHttpResponse(zip_pieces(_members(request, ref, files), at))
    for name, value in PART_HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Type"] = OCTETS
    filename = clean_filename(f"{summary.envelope.subject[:80] or 'message'}.zip")
    disposition = content_disposition_header(as_attachment=True, filename=filename)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response


def _members(
    request: MailRequest, ref: MessageRef, files: tuple[Attached, ...]
) -> Iterator[Member]:
    """Each file is asked for when the one before it has gone out."""
    names = unique_names(file.path for file in files)
    for name, file in zip(names, files, strict=True):
        pieces = open_part(request, ref, file.part).whole()
        yield Member(name, decoded_size(file.part), pieces)
