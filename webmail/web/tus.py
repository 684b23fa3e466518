"""tus 1.0.0 for the files of a draft: creation, HEAD, PATCH, termination, checksum, expiration."""

import base64
import binascii
from collections.abc import Callable, Iterator
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.http import require_http_methods

from webmail.accounts.disk import DiskFull
from webmail.attachments import resumable
from webmail.attachments.models import Unfinished
from webmail.submission import drafts
from webmail.submission.models import StoredDraft
from webmail.web.http import signed_in
from webmail.web.limits import ask_server, message_limit, writer_of
from webmail.web.photo_offers import arrived
from webmail.web.saving import room_of
from webmail.web.sizes import size_text
from webmail.web.text_pictures import content_id_of, file_unless_picture

VERSION = "1.0.0"
_EXTENSIONS = "creation,termination,checksum,expiration"
_PIECE_BYTES = 64 * 1024
_OFFSET_TYPE = "application/offset+octet-stream"
ENOUGH = "Enough files are on their way. Wait until they are here, or cancel some."
_MISMATCH = 460  # "Checksum Mismatch", a status of tus
_FAULTS: dict[type[Exception], int] = {
    resumable.OffsetMismatch: 409,
    resumable.ChecksumMismatch: _MISMATCH,
    resumable.TooLong: 413,
    resumable.Busy: 423,
    resumable.Gone: 410,
}

View = Callable[..., HttpResponse]


def _speaks(view: View) -> View:
    """Each answer names the version; each question but OPTIONS has to.

    Somebody else's draft is as unknown as none, whatever the question (T69).
    """

    @wraps(view)
    def spoken(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if drafts.find(request.user, kwargs["draft"]) is None:
            raise Http404
        if request.method == "OPTIONS":
            response = _offers()
        elif request.headers.get("Tus-Resumable") != VERSION:
            response = HttpResponse(status=412, headers={"Tus-Version": VERSION})
        else:
            response = view(request, *args, **kwargs)
        response.headers["Tus-Resumable"] = VERSION
        return response

    return spoken


@require_http_methods(["POST", "OPTIONS"])
@signed_in
@_speaks
def begin(request: HttpRequest, draft: str) -> HttpResponse:
    """Says no before a byte is sent; 413 with a sentence where the file cannot fit."""
    row = _draft(request, draft)
    size_bytes = _number(request.headers.get("Upload-Length", ""))
    facts = _metadata(request.headers.get("Upload-Metadata", ""))
    if size_bytes is None or facts is None:
        return HttpResponse(status=400)
    ask_server(row.account, writer_of(row))
    if size_bytes > _room(row):
        name, limit = facts.get("filename", ""), _limit_text(row)
        size = size_text(size_bytes)
        return _refusal(f"“{name}” is {size} and does not fit. The limit of a message is {limit}.")
    try:
        unfinished = resumable.begin(
            user=row.user,
            draft_key=row.key,
            filename=facts.get("filename", ""),
            media_type=facts.get("filetype", ""),
            size_bytes=size_bytes,
            content_id=content_id_of(facts.get("picture", ""), row),
        )
    except resumable.TooManyUnfinished:
        return _refusal(ENOUGH, status=429)
    except DiskFull as problem:
        return _refusal(str(problem), status=507)
    url = reverse("draft-tus-file", args=[row.key, unfinished.key])
    return HttpResponse(status=201, headers={"Location": url, **_expiry(unfinished)})


@require_http_methods(["HEAD", "PATCH", "DELETE", "OPTIONS"])
@signed_in
@_speaks
def go_on(request: HttpRequest, draft: str, file: str) -> HttpResponse:
    row = resumable.find(request.user, draft, file)
    if row is None:
        raise Http404
    if request.method == "DELETE":
        resumable.abandon(row)
        return HttpResponse(status=204)
    try:
        if request.method == "HEAD":
            return _answer(row, resumable.offset_of(row), status=200)
        return _append(request, row)
    except DiskFull as problem:
        return _refusal(str(problem), status=507)
    except tuple(_FAULTS) as problem:
        return HttpResponse(status=_FAULTS[type(problem)])


def _append(request: HttpRequest, row: Unfinished) -> HttpResponse:
    if request.content_type != _OFFSET_TYPE:
        return HttpResponse(status=415)
    offset = _number(request.headers.get("Upload-Offset", ""))
    try:
        checksum = _checksum(request.headers.get("Upload-Checksum", ""))
    except ValueError:
        return HttpResponse(status=400)
    if offset is None:
        return HttpResponse(status=400)
    end = resumable.append(row, _pieces(request), offset=offset, checksum=checksum)
    if end == row.size_bytes and (upload := resumable.find_whole(row)):
        file_unless_picture(upload)
        arrived(upload)
    return _answer(row, end, status=204)


# -- headers --------------------------------------------------------------------------------------


def _offers() -> HttpResponse:
    return HttpResponse(
        status=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": _EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(resumable.ALGORITHMS),
        },
    )


def _answer(row: Unfinished, offset: int, *, status: int) -> HttpResponse:
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(row.size_bytes)}
    return HttpResponse(status=status, headers=headers | _expiry(row))


def _expiry(row: Unfinished) -> dict[str, str]:
    return {"Upload-Expires": http_date(resumable.expires_at(row).timestamp())}


def _refusal(sentence: str, *, status: int = 413) -> HttpResponse:
    return JsonResponse({"errors": {"files": sentence}}, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _metadata(header: str) -> dict[str, str] | None:
    """``key base64,key base64``; None for what is not that."""
    found = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
    return found


def _checksum(header: str) -> tuple[str, bytes] | None:
    """Raises ValueError for an algorithm that we do not name."""
    if not header:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in resumable.ALGORITHMS:
        raise ValueError(algorithm)
    return algorithm, base64.b64decode(value, validate=True)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_PIECE_BYTES):
        yield piece


def _draft(request: HttpRequest, key: str) -> StoredDraft:
    row = drafts.find(request.user, key)
    if row is None or drafts.find_outgoing(row) is not None:
        raise Http404
    return row


def _limit_text(row: StoredDraft) -> str:
    return size_text(message_limit(row.account, writer_of(row)))


def _room(row: StoredDraft) -> int:
    """What is on its way has its place already."""
    coming = sum(each.size_bytes for each in resumable.of_draft(row.user, row.key))
    return room_of(row) - coming
