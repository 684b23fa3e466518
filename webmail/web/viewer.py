"""One attachment to look at, with the way to the others: a page, or for a script its part."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from webmail.attachments.previews import Preview
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MessageGone
from webmail.web.attached import Attached
from webmail.web.attached_in import files_at
from webmail.web.attachment_cards import AttachmentCard, card_of, viewer_of
from webmail.web.http import MailRequest, page_or_part, with_store
from webmail.web.part_files import open_part
from webmail.web.paths import message_url
from webmail.web.people import clean
from webmail.web.previews import preview_of
from webmail.web.zip_contents import ZipContents, contents_of

Place = tuple[int, int]

_REFRESH_S = 2
_PREVIEWED = frozenset({"picture", "pdf", "text"})


@dataclass(frozen=True, slots=True)
class Viewed:
    """What the page shows of a file.

    ``kind`` is one of ``picture pdf text zip audio video waiting``, or empty where there is
    only the file's name to show.
    """

    card: AttachmentCard
    kind: str
    subject: str
    message_url: str
    position_text: str
    previous_url: str
    next_url: str
    pages: tuple[str, ...] = ()
    pages_text: str = ""
    text: str = ""
    is_cut: bool = False
    contents: ZipContents | None = None


@require_safe
@with_store
def show(request: MailRequest, mailbox: str, place: Place, section: str) -> HttpResponse:
    ref = MessageRef(mailbox, *place)
    summary, files = files_at(request, ref)
    at = next((n for n, file in enumerate(files) if file.part.section == section), None)
    if at is None:
        raise MessageGone("This message has no such file.")
    cards = [card_of(request.account.key, ref, file) for file in files]
    kind = viewer_of(files[at])
    fields = _fields(request, ref, files[at], kind, cards[at].url)
    view = Viewed(
        card=cards[at],
        subject=clean(summary.envelope.subject) or "(no subject)",
        message_url=message_url(request.account.key, ref),
        position_text=f"{at + 1} of {len(files)}" if len(files) > 1 else "",
        previous_url=f"{cards[at - 1].url}view/" if at else "",
        next_url=f"{cards[at + 1].url}view/" if at + 1 < len(cards) else "",
        **fields,  # type: ignore[arg-type]
    )
    response = page_or_part(
        request, "files/view.html", "files/_viewer.html", {"view": view}, current=mailbox
    )
    if view.kind == "waiting":
        response.headers["Refresh"] = str(_REFRESH_S)
    return response


def _fields(
    request: MailRequest, ref: MessageRef, file: Attached, kind: str, url: str
) -> dict[str, object]:
    if kind == "zip":
        contents = contents_of(open_part(request, ref, file.part))
        return {"kind": kind if contents else "", "contents": contents}
    if kind not in _PREVIEWED:
        return {"kind": kind}
    found = preview_of(request, ref, file.part.section)
    return {"kind": "waiting"} if found is None else _previewed(found, url)


def _previewed(found: Preview, url: str) -> dict[str, object]:
    if found.kind == "text":
        return {"kind": "text", "text": found.text(), "is_cut": found.is_cut}
    query = "preview/?size=view&page="
    more = found.total > found.shown
    return {
        "kind": found.kind,
        "pages": tuple(f"{url}{query}{page}" for page in range(1, found.shown + 1)),
        "pages_text": f"The first {found.shown} of {found.total:,} pages." if more else "",
    }
