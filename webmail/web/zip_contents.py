"""What a ZIP file among the attachments holds: told from its last octets, never unpacked."""

from dataclasses import dataclass

from webmail.message.zip_listing import ZipListing, list_zip
from webmail.web.downloads import show_controls
from webmail.web.file_cards import kind_of
from webmail.web.part_files import PartFile
from webmail.web.risky_names import can_run
from webmail.web.rows import count_text
from webmail.web.sizes import size_text

_NAME_LIMIT = 300
_LARGE_BYTES, _LARGE_TIMES = 100 * 1024**2, 100


@dataclass(frozen=True, slots=True)
class ZipRow:
    name: str
    icon: str
    note: str


@dataclass(frozen=True, slots=True)
class ZipContents:
    """``notes`` are sentences for the reader to know before unpacking it."""

    rows: tuple[ZipRow, ...]
    summary: str
    notes: tuple[str, ...]


def contents_of(file: PartFile) -> ZipContents | None:
    """None for what is no ZIP file, or too broken or too large to tell."""
    size = file.count()
    if size is None:
        return None
    listing = list_zip(lambda start, stop: b"".join(file.stretch(start, stop)), size)
    return None if listing is None else _contents(listing, size)


def _contents(listing: ZipListing, size_bytes: int) -> ZipContents:
    files = [entry for entry in listing.entries if not entry.is_folder]
    rows = tuple(
        ZipRow(
            name=show_controls(entry.name[:_NAME_LIMIT]),
            icon=kind_of(entry.name, "application/octet-stream")[2],
            note=_note(size_text(entry.size_bytes), entry.name, is_locked=entry.is_encrypted),
        )
        for entry in files
    )
    more = listing.count - len(listing.entries)
    summary = f"{count_text(len(files), 'file', 'files')}, {size_text(listing.size_bytes)} unpacked"
    return ZipContents(
        rows=rows,
        summary=f"{summary}, and {more:,} more entries" if more else summary,
        notes=tuple(_notes(listing, size_bytes)),
    )


def _note(size: str, name: str, *, is_locked: bool) -> str:
    words = [size]
    if is_locked:
        words.append("locked with a password")
    if can_run(name):
        words.append("can run programs")
    return ", ".join(words)


def _notes(listing: ZipListing, size_bytes: int) -> list[str]:
    notes = []
    if any(entry.is_encrypted for entry in listing.entries):
        notes.append("Some of it is locked with a password, so that nobody could check it.")
    if any(can_run(entry.name) for entry in listing.entries):
        notes.append("It holds files that can run programs. Open them only if you expected them.")
    if any(entry.is_archive for entry in listing.entries):
        notes.append("There are archives inside it, which may hold more.")
    unpacked = listing.size_bytes
    if unpacked > _LARGE_BYTES and unpacked > size_bytes * _LARGE_TIMES:
        notes.append(f"Unpacked it would take {size_text(unpacked)}. That is unusually much.")
    return notes
