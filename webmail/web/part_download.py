"""A part on its way to the browser: whole, or the stretch a broken-off download still lacks."""

from collections.abc import Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from webmail.message.base64_layout import PROBE_BYTES
from webmail.message.bodystructure import Part
from webmail.store.mailbox import MessageRef
from webmail.web.downloads import OCTETS, clean_name, picture_type
from webmail.web.http import PART_HEADERS, MailRequest
from webmail.web.part_files import PIECE_BYTES, PartFile, etag_of, open_part
from webmail.web.ranges import may_ask, span_asked


def part_response(request: MailRequest, ref: MessageRef, part: Part) -> HttpResponseBase:
    """Always a download; a picture keeps its type, so that the message's frame can show it."""
    is_span = may_ask(request, etag_of(request.account.pk, ref, part.section))
    is_short = is_span or request.method == "HEAD"
    file = open_part(request, ref, part, head_bytes=PROBE_BYTES if is_short else PIECE_BYTES)
    size = file.count() if is_span else file.size_bytes
    span = span_asked(request, size) if is_span and size is not None else None
    if request.method == "HEAD":
        return _described(HttpResponse(), file, size)
    if span is None or size is None:
        return _described(StreamingHttpResponse(file.whole()), file, size)
    if not len(span):
        response: HttpResponseBase = HttpResponse(status=416)
        response.headers["Content-Range"] = f"bytes */{size}"
        return _described(response, file, 0)
    pieces: Iterator[bytes] = file.stretch(span.start, span.stop)
    response = StreamingHttpResponse(pieces, status=206)
    response.headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    return _described(response, file, len(span))


def _described(
    response: HttpResponseBase, file: PartFile, length_bytes: int | None
) -> HttpResponseBase:
    for name, value in PART_HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Type"] = picture_type(file.head) or OCTETS
    disposition = content_disposition_header(as_attachment=True, filename=clean_name(file.part))
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = file.etag
    if length_bytes is not None:
        response.headers["Content-Length"] = str(length_bytes)
    return response
