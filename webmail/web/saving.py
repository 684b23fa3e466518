"""What every request of the compose window does first: keep what was typed."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from webmail.accounts.disk import DiskFull
from webmail.attachments import storage
from webmail.attachments.models import Place
from webmail.attachments.receiving import refused_files
from webmail.index.telling import lend_store
from webmail.message.build import BuildError
from webmail.message.parts import names_picture
from webmail.store.protocol import MailStore
from webmail.submission import draft_copy, drafts
from webmail.submission.marks import Marks, read_marks
from webmail.submission.models import StoredDraft
from webmail.web.assemble import build_copy
from webmail.web.building import in_turn
from webmail.web.carried import CarriedPart, fetch
from webmail.web.choices_kept import kept_with
from webmail.web.compose_form import RICH, SignedDraft, carried_of, read_fresh, written_from_post
from webmail.web.limits import ask_server, message_limit, room_bytes, writer_of
from webmail.web.people_lists import with_members
from webmail.web.photo_offers import arrived
from webmail.web.rows import reader_zone
from webmail.web.signature_choice import with_signature
from webmail.web.sizes import size_text
from webmail.web.text_pictures import NO_PICTURE, content_id_for, is_picture, let_go, let_go_text
from webmail.web.trouble import TROUBLES, words_for

CHANGED = (
    "This draft was also changed elsewhere, so there are two now: the other one is in Drafts, "
    "and what you wrote here is this one."
)
ALREADY_SENT = (
    "This message was already sent. What you changed since is kept here as a draft of its own."
)


@dataclass(frozen=True, slots=True)
class Saved:
    """``note`` is a sentence on what saving has changed."""

    draft: StoredDraft
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed is another draft now; ``sentence`` says why."""

    draft: StoredDraft
    sentence: str


def save_form(request: HttpRequest, key: str) -> Saved | Kept:
    """Stores the posted fields: in their draft, or beside it when it has moved on."""
    draft = open_draft(request, key)
    written, said = with_members(request.user, written_from_post(request, draft.fields))
    chosen = request.POST.get("signature", written.signature)
    fields = with_signature(draft.account, written, chosen).as_fields()
    fields |= kept_with(draft, request)
    marks = read_marks(request.POST.get("marks", ""))
    try:
        saved = drafts.save(
            draft,
            fields,
            revision=_revision(request),
            marks=marks,
            to_send=request.POST.get("do", "save") != "save",
        )
        is_plain = fields["format"] != RICH
        gone = let_go_text(let_go(saved)) if is_plain else ""
        return Saved(saved, f"{said} {gone}".strip())
    except drafts.RevisionConflict:
        return Kept(_branch(draft, fields, marks), CHANGED)
    except drafts.AlreadySent:
        if drafts.says_the_same(draft, fields):
            return Saved(draft)
        return Kept(_branch(draft, fields, marks), ALREADY_SENT)


def find_signed(request: HttpRequest, key: str) -> SignedDraft | None:
    return read_fresh(request.user, key, request.POST.get("fresh", ""))


def open_draft(request: HttpRequest, key: str) -> StoredDraft:
    """The row of this draft, made now if the form around a fresh one came back."""
    draft = drafts.find_row(request.user, key)
    if draft is not None:
        return draft
    signed = find_signed(request, key)
    if signed is None:
        raise Http404
    return drafts.open_or_create(
        request.user, signed.account, signed.fresh, carried=_ticked(request, signed)
    )


def take_files(request: HttpRequest, draft: StoredDraft) -> dict[str, str]:
    """Stores the files that came with the form; says which were too large.

    One that the editor shows in the text is named by ``picture``.
    """
    errors = [_too_large(draft, name) for name in refused_files(request)]
    files = request.FILES.getlist("files")
    content_id = content_id_for(request, draft) if len(files) == 1 else ""
    if content_id and not is_picture(next(iter(files[0].chunks(16)), b"")):
        return {"files": f"“{files[0].name}” {NO_PICTURE}"}
    if files:
        ask_server(draft.account, writer_of(draft))
    for file in files:
        try:
            upload = storage.receive(
                file.chunks(),
                user=draft.user,
                draft_key=draft.key,
                filename=file.name or "",
                media_type=file.content_type or "",
                limit_bytes=room_of(draft),
                content_id=content_id,
                place=Place.TEXT if content_id else Place.FILE,
                once=True,
            )
            arrived(upload)
        except storage.UploadTooLarge:
            errors.append(_too_large(draft, file.name or "", file.size))
        except DiskFull as problem:
            return {"files": " ".join([*errors, f"“{file.name}” was not attached. {problem}"])}
    return {"files": " ".join(errors)} if errors else {}


def fetch_carried(store: MailStore, draft: StoredDraft) -> None:
    """Brings the files of the original over; raises StoreError or UploadTooLarge."""
    for part in carried_of(draft):
        room = room_of(draft)
        place = _place_of(draft, part)
        fetch(store, part, user=draft.user, draft_key=draft.key, limit_bytes=room, place=place)
        drafts.note_fetched(draft, part.as_json())


@in_turn
def mirror(request: HttpRequest, draft: StoredDraft, *, only_if_behind: bool = False) -> str:
    """Copies the draft to the server's Drafts; a sentence where that has to wait.

    The row holds everything, so a server that is away costs nothing but the copy.
    """
    if draft.has_left or (only_if_behind and not draft_copy.wants_copy(draft)):
        return ""
    try:
        with lend_store(request, draft.account) as store:
            fetch_carried(store, draft)
            draft_copy.mirror(store, draft, build_copy(draft, written_at(request)))
    except TROUBLES as problem:
        return f"Saved here, not yet in Drafts on the server. {words_for(problem)}"
    except DiskFull as problem:
        return f"Saved here, without the files of the original. {problem}"
    except storage.UploadTooLarge:
        return "Saved here. The files of the original are too large to send."
    except (BuildError, storage.UploadDamaged) as problem:
        return f"Saved here, not yet in Drafts on the server. {problem}"
    return ""


def written_at(request: HttpRequest) -> datetime:
    """Now, in the zone of the one who writes."""
    return timezone.now().astimezone(reader_zone(request))


def room_of(draft: StoredDraft) -> int:
    """The largest file that the draft still takes."""
    uploads = storage.uploads_of(draft.user, draft.key)
    return room_bytes(draft.account, writer_of(draft), uploads)


def _place_of(draft: StoredDraft, part: CarriedPart) -> Place:
    """An answer's quoted pictures are never its own files, so they are no writer's either."""
    is_shown = names_picture(str(draft.fields.get("html", "")), part.content_id)
    return Place.TEXT if is_shown and not draft.relation.startswith("reply") else Place.FILE


def _revision(request: HttpRequest) -> int:
    said = request.POST.get("revision", "0")
    return int(said) if said.isdecimal() and len(said) < 10 else 0


def _ticked(request: HttpRequest, signed: SignedDraft) -> list[dict[str, Any]]:
    """The files of the original whose boxes were left ticked."""
    places = set(request.POST.getlist("carry"))
    return [part.as_json() for place, part in enumerate(signed.carried) if str(place) in places]


def _branch(draft: StoredDraft, fields: dict[str, Any], marks: Marks) -> StoredDraft:
    fields = fields if draft.has_left else {**draft.fields, **fields}
    before = drafts.find_branch(draft, marks)
    if before is not None:  # whose answer the window never got
        with contextlib.suppress(drafts.RevisionConflict, drafts.AlreadySent):
            return drafts.save(before, fields, revision=before.revision, marks=marks)
    copy = drafts.branch(draft, fields, marks)
    for upload in storage.uploads_of(draft.user, draft.key):
        storage.copy_to(upload, copy.key)
    return copy


def _too_large(draft: StoredDraft, name: str, size_bytes: int | None = None) -> str:
    limit = size_text(message_limit(draft.account, writer_of(draft)))
    size = f" is {size_text(size_bytes)} and" if size_bytes else ""
    return f"“{name}”{size} does not fit. The limit of a message is {limit}."
