"""What a page says of each attachment, and what one can do with it there."""

from collections.abc import Iterable
from dataclasses import dataclass

from webmail.attachments.previews import has_thumbnail, kind_of_preview
from webmail.message.bodystructure import Part
from webmail.store.mailbox import MessageRef
from webmail.web import external_body
from webmail.web.attached import Attached, files_of
from webmail.web.downloads import clean_filename, decoded_size, show_controls
from webmail.web.file_cards import kind_of
from webmail.web.paths import part_url
from webmail.web.risky_names import can_run
from webmail.web.sizes import size_text

_PLAYED = frozenset({"audio", "video"})


@dataclass(frozen=True, slots=True)
class AttachmentCard:
    """``can_run`` asks for a second click (T32).  ``inside`` names the messages around it.

    ``view_url`` is the page that shows the file, empty where only its name can be shown;
    ``thumb_url`` a small picture of it.
    """

    name: str
    kind: str
    kind_text: str
    icon: str
    size: str
    url: str
    can_run: bool
    inside: str = ""
    view_url: str = ""
    thumb_url: str = ""


def attachment_cards(
    account_key: str, ref: MessageRef, parts: Iterable[Part]
) -> tuple[AttachmentCard, ...]:
    return tuple(card_of(account_key, ref, file) for file in files_of(parts))


def card_of(account_key: str, ref: MessageRef, file: Attached) -> AttachmentCard:
    url = part_url(account_key, ref, file.part.section)
    kind, text, icon = kind_of(file.name, file.part.media_type)
    if file.part.media_type == external_body.MEDIA_TYPE:
        return _kept_elsewhere(file, url)
    return AttachmentCard(
        name=clean_filename(show_controls(file.part.filename)) if file.part.filename else file.name,
        kind=kind,
        kind_text=text,
        icon=icon,
        size=size_text(decoded_size(file.part)),
        url=url,
        can_run=can_run(file.name),
        inside=" › ".join(file.inside),
        view_url=f"{url}view/" if viewer_of(file) else "",
        thumb_url=f"{url}preview/?size=thumb" if has_thumbnail(_preview(file)) else "",
    )


def _kept_elsewhere(file: Attached, url: str) -> AttachmentCard:
    """What can be saved are the few lines that name it."""
    return AttachmentCard(
        name=clean_filename(external_body.name_told(file.part)) or file.name,
        kind="file",
        kind_text=external_body.where_kept(file.part),
        icon="file",
        size=external_body.size_told(file.part),
        url=url,
        can_run=False,
        inside=" › ".join(file.inside),
    )


def viewer_of(file: Attached) -> str:
    """``picture pdf text zip audio video``, or empty for what can only be saved."""
    if can_run(file.name):
        return ""
    kind = kind_of(file.name, file.part.media_type)[0]
    if kind in _PLAYED:
        return kind
    if file.name.lower().endswith(".zip") or file.part.media_type == "application/zip":
        return "zip"
    return _preview(file)


def _preview(file: Attached) -> str:
    return "" if can_run(file.name) else kind_of_preview(file.name, file.part.media_type)
