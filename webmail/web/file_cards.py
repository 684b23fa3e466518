"""A file as people see it: its name, what kind it is, how large."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from webmail.attachments import resumable
from webmail.attachments.models import Place, Unfinished, Upload
from webmail.web.carried import CarriedPart
from webmail.web.photo_offers import PhotoOffer, offers_of
from webmail.web.sizes import size_text

# Kind: the word people read, its icon.
_KINDS = {
    "image": ("Picture", "image"),
    "pdf": ("PDF", "file-text"),
    "sheet": ("Sheet", "file-spreadsheet"),
    "text": ("Document", "file-text"),
    "audio": ("Sound", "music"),
    "video": ("Film", "film"),
    "archive": ("Archive", "file-archive"),
    "message": ("Message", "mail"),
    "calendar": ("Calendar entry", "calendar"),
    "card": ("Contact", "users"),
    "file": ("File", "file"),
}
_ARCHIVES = frozenset({"zip", "gz", "7z", "rar", "tar", "xz", "bz2"})
_SHEETS = frozenset({"ods", "xls", "xlsx", "csv"})
_TEXTS = frozenset({"odt", "doc", "docx", "rtf", "txt", "md", "odp", "ppt", "pptx"})
# Many programs send all files as octets, so that only the name tells.
_PICTURES = frozenset(
    ("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "avif", "heic", "heif")
)
_SOUNDS = frozenset({"mp3", "m4a", "aac", "ogg", "oga", "opus", "wav", "flac"})
_FILMS = frozenset({"mp4", "m4v", "mov", "webm", "mkv", "avi", "ogv"})
_BY_SUFFIX = (
    ("calendar", frozenset({"ics"})),
    ("card", frozenset({"vcf"})),
    ("sheet", _SHEETS),
    ("text", _TEXTS),
    ("archive", _ARCHIVES),
    ("image", _PICTURES),
    ("audio", _SOUNDS),
    ("video", _FILMS),
)
_BY_TYPE = {
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "text/vcard": "card",
    "text/x-vcard": "card",
}


@dataclass(frozen=True, slots=True)
class FileCard:
    """``key`` is the upload's; ``place`` that of a file of the original, not yet fetched."""

    name: str
    kind: str
    kind_text: str
    icon: str
    size: str
    key: str = ""
    place: int = -1
    offers: tuple[PhotoOffer, ...] = ()
    in_text: bool = False


def upload_cards(uploads: Iterable[Upload]) -> list[FileCard]:
    return [_upload_card(each) for each in uploads]


def carried_cards(carried: Iterable[CarriedPart]) -> list[FileCard]:
    return [
        _card(each.filename, each.media_type, each.size_bytes, place=place)
        for place, each in enumerate(carried)
    ]


@dataclass(frozen=True, slots=True)
class UnfinishedCard:
    """A file that stopped on its way: ``arrived`` of ``size``."""

    key: str
    name: str
    size_bytes: int
    arrived: str
    size: str


def unfinished_cards(rows: Iterable[Unfinished]) -> list[UnfinishedCard]:
    return [
        UnfinishedCard(
            key=each.key,
            name=each.filename,
            size_bytes=each.size_bytes,
            arrived=size_text(resumable.offset_of(each)),
            size=size_text(each.size_bytes),
        )
        for each in rows
    ]


def _upload_card(upload: Upload) -> FileCard:
    card = _card(upload.filename, upload.media_type, upload.size_bytes, key=upload.key)
    return replace(card, offers=offers_of(upload), in_text=upload.place == Place.TEXT)


def _card(
    name: str, media_type: str, size_bytes: int, *, key: str = "", place: int = -1
) -> FileCard:
    kind, text, icon = kind_of(name, media_type)
    return FileCard(name, kind, text, icon, size_text(size_bytes), key, place)


def kind_of(name: str, media_type: str) -> tuple[str, str, str]:
    """The kind, the word people read for it, its icon."""
    kind = _kind(name, media_type)
    return kind, *_KINDS[kind]


def _kind(name: str, media_type: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    main = media_type.partition("/")[0]
    if main in ("image", "audio", "video", "message"):
        return main
    if suffix == "pdf" or media_type == "application/pdf":
        return "pdf"
    for kind, suffixes in _BY_SUFFIX:
        if suffix in suffixes:
            return kind
    return _BY_TYPE.get(media_type) or ("text" if main == "text" else "file")
