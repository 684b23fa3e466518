"""The questions on a photo's card."""

from dataclasses import dataclass

from webmail.accounts.models import User
from webmail.attachments import photos, storage
from webmail.attachments.models import Upload
from webmail.attachments.photos import HEIC, LARGE, PLACE, TOLD
from webmail.web.sizes import size_text

_SIZES = {"small": "Small", "medium": "Medium", "whole": "As it is"}
HEIC_TEXT = "A HEIC photo goes as it is, with all that it says of place and time."


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PhotoOffer:
    """A sentence with the answers to it, or without any."""

    text: str
    choices: tuple[Choice, ...] = ()


def arrived(upload: Upload) -> None:
    """A file has come from the browser: what its owner wants of photos is done, or asked."""
    storage.make_distinct(upload)
    photos.examine(upload)
    wish = upload.user.photo_place
    if PLACE in photos.asked(upload) and wish == "remove":
        photos.strip(upload)


def offers_of(upload: Upload) -> tuple[PhotoOffer, ...]:
    asked = photos.asked(upload)
    found = []
    if LARGE in asked:
        text = f"{size_text(upload.size_bytes)}. Make it smaller?"
        found.append(PhotoOffer(text, _sizes(upload.user)))
    if PLACE in asked:
        found.append(_place(upload.user))
    if TOLD in asked:
        text = "Where and when it was taken is removed."
        always = upload.user.photo_place == "remove"
        found.append(PhotoOffer(text, (Choice("ask", "Ask next time"),) if always else ()))
    if HEIC in asked:
        found.append(PhotoOffer(HEIC_TEXT))
    return tuple(found)


def _sizes(user: User) -> tuple[Choice, ...]:
    """The last choice comes first."""
    names = sorted(_SIZES, key=lambda name: name != user.photo_size)
    return tuple(Choice(name, _SIZES[name]) for name in names)


def _place(user: User) -> PhotoOffer:
    remove = Choice("remove", "Remove")
    if user.photo_place == "keep":
        return PhotoOffer("Says where it was taken.", (remove,))
    text = "This photo says where it was taken. Remove that, with camera and time?"
    return PhotoOffer(text, (remove, Choice("keep", "Keep")))
