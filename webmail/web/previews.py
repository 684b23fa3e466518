"""Previews of attachments as pictures: asked for by an <img>, made by a worker meanwhile.

Whoever asks first brings the file to the worker and waits a moment; a blank picture with
202 then says "ask again".  So pages show previews without a script as well.
"""

from collections.abc import Iterator

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from webmail.attachments import previews
from webmail.attachments.previews import Preview
from webmail.attachments.tasks import ask_for_preview
from webmail.message.bodystructure import Part
from webmail.store.mailbox import MessageRef
from webmail.web.attached_in import part_at
from webmail.web.downloads import clean_name
from webmail.web.http import PART_HEADERS, MailRequest, with_store
from webmail.web.part_files import open_part
from webmail.web.risky_names import can_run

Place = tuple[int, int]

WAIT_S = 2.0
# Two blank pictures, which the script tells apart by their width: 1 to wait, 2 for never.
_WAITING = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
_NEVER = (
    b"GIF89a\x02\x00\x01\x00\x81\x00\x00\x00\x00\x00\xff\xff\xff\x00\x00\x00\x00\x00\x00!\xf9\x04"
    b"\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x02\x00\x01\x00\x00\x08\x05\x00\x01\x00\x08\x08\x00;"
)


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: Place, section: str) -> HttpResponse:
    """``?size=thumb``, or ``?size=view`` with ``&page=`` of a document."""
    found = preview_of(request, MessageRef(mailbox, *place), section)
    if found is None:
        return _picture(_WAITING, "image/gif", status=202)
    page = _page(request.GET.get("page", "")) if request.GET.get("size") == "view" else 0
    content = found.picture(page=page)
    return _picture(content, "image/webp") if content else _picture(_NEVER, "image/gif")


def preview_of(request: MailRequest, ref: MessageRef, section: str) -> Preview | None:
    """The preview; None while it is being made, for which it waits a moment."""
    user_id = request.user.pk
    key = previews.key_of(request.account.pk, ref, section)
    found = previews.find(user_id, key)
    if found is not None:
        return found
    is_coming = previews.is_waiting(user_id, key) or _ask(request, ref, section, key)
    return previews.wait_for(user_id, key, for_s=WAIT_S if is_coming else 0)


def _ask(request: MailRequest, ref: MessageRef, section: str, key: str) -> bool:
    """Brings the file to the worker; False when it is not worth waiting."""
    part = part_at(request, ref, section)
    name = clean_name(part)
    kind = "" if can_run(name) else previews.kind_of_preview(name, part.media_type)
    if not kind or (kind != "text" and part.size_bytes > 2 * previews.MOST_SOURCE_BYTES):
        previews.refuse(request.user.pk, key)
        return True
    pieces, is_cut = _source(request, ref, part, kind)
    try:
        previews.receive(
            request.user.pk, key, pieces, kind=kind, charset=part.charset, is_cut=is_cut
        )
    except previews.PreviewRefused as refused:
        if not refused.is_busy:
            previews.refuse(request.user.pk, key)
        return not refused.is_busy
    return ask_for_preview(request.user.pk, key)


def _source(
    request: MailRequest, ref: MessageRef, part: Part, kind: str
) -> tuple[Iterator[bytes], bool]:
    """The file, or of a text its beginning, and whether that is not all of it."""
    file = open_part(request, ref, part)
    if kind != "text":
        return file.whole(), False
    begun = file.head[: previews.MOST_TEXT_BYTES]
    return iter((begun,)), file.content is None or len(begun) < len(file.head)


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else 1


def _picture(content: bytes, kind: str, *, status: int = 200) -> HttpResponse:
    response = HttpResponse(content, content_type=kind, status=status, headers=PART_HEADERS)
    response.headers["Content-Disposition"] = "attachment"  # to an <img> that is all the same
    if status == 202:
        response.headers["Retry-After"] = "2"
    return response
