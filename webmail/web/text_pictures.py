"""Pictures in the midst of the text: which of a draft's files they are, and when one leaves it."""

import re

from django.http import HttpRequest
from django.urls import reverse

from webmail.attachments import storage
from webmail.attachments.models import Place, Upload
from webmail.message.parts import names_picture
from webmail.submission.models import StoredDraft
from webmail.web.downloads import picture_type

_PICTURE_ID = re.compile(r"[0-9a-f]{32}")
NO_PICTURE = "is not a picture that a message can show in its text. Attach it as a file."


def is_picture(first: bytes) -> bool:
    """PNG, JPEG, GIF or WebP by its first octets, whatever its name says."""
    return bool(picture_type(first[:16]))


def content_id_for(request: HttpRequest, draft: StoredDraft) -> str:
    """The Content-ID of a picture that the editor shows already; empty for an ordinary file."""
    return content_id_of(request.POST.get("picture", ""), draft)


def content_id_of(picture: str, draft: StoredDraft) -> str:
    """At the domain of the writer's address, as a Content-ID is to be unique in the world."""
    if not _PICTURE_ID.fullmatch(picture):
        return ""
    return f"{picture}@{draft.account.address.rpartition('@')[2]}"


def file_unless_picture(upload: Upload) -> None:
    """What only said that it was a picture is a file beside the text."""
    if upload.place == Place.TEXT and not is_picture(storage.first_bytes(upload)):
        upload.place, upload.content_id = Place.FILE, ""
        upload.save(update_fields=["place", "content_id"])


def belongs(upload: Upload, *, relation: str, html: str) -> bool:
    """Whether a file leaves with the message: a picture that was taken out of it does not.

    ``html`` is empty for a message of plain text, of which every file is one beside it.
    """
    if not upload.content_id or names_picture(html, upload.content_id):
        return True
    if upload.place != Place.FILE:
        return upload.place == Place.LEFT or not html
    return not relation.startswith("reply")


def is_beside(upload: Upload, *, relation: str, html: str) -> bool:
    """Whether a file has a card of its own: it is none of the pictures of the text, or there
    is something to say of it."""
    if not upload.content_id or upload.photo:
        return True
    if upload.place == Place.FILE and relation.startswith("reply"):
        return False
    return upload.place != Place.TEXT and not names_picture(html, upload.content_id)


def let_go(draft: StoredDraft) -> int:
    """The text is plain now: its pictures are files beside it.  Answers how many."""
    found = Upload.objects.filter(user=draft.user, draft_key=draft.key, place=Place.TEXT)
    return found.update(place=Place.LEFT)


def let_go_text(count: int) -> str:
    if not count:
        return ""
    if count == 1:
        return "Plain text shows no pictures: the one in it is attached as a file now."
    return f"Plain text shows no pictures: the {count} in it are attached as files now."


def picture_urls(draft: StoredDraft) -> dict[str, str]:
    """Where the editor finds the pictures of the text, by Content-ID."""
    return {
        each.content_id: reverse("draft-file", args=[draft.key, each.key])
        for each in storage.uploads_of(draft.user, draft.key)
        if each.content_id
    }


def files_beside(draft: StoredDraft) -> list[Upload]:
    html = str(draft.fields.get("html", ""))
    uploads = storage.uploads_of(draft.user, draft.key)
    return [each for each in uploads if is_beside(each, relation=draft.relation, html=html)]
