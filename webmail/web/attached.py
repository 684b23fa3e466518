"""The files a message brings, those of the messages inside it among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from webmail.message.body import choose_parts
from webmail.message.bodystructure import Part
from webmail.web.downloads import clean_name

MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class Attached:
    """``inside`` are the names of the messages around the file, outermost first."""

    part: Part
    name: str
    inside: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its place in an archive of all files: a folder for each message around it."""
        folders = (folder.removesuffix(".eml") or folder for folder in self.inside)
        return "/".join((*folders, self.name))


def files_of(attachments: Iterable[Part]) -> tuple[Attached, ...]:
    """Each attachment; one that is a message is followed by the files inside it."""
    found: list[Attached] = []
    waiting: list[tuple[Part, tuple[str, ...]]] = [(part, ()) for part in attachments][::-1]
    while waiting and len(found) < MOST_FILES:
        part, inside = waiting.pop()
        file = Attached(part, clean_name(part), inside)
        found.append(file)
        waiting += [(each, (*inside, file.name)) for each in _inside(part)][::-1]
    return tuple(found)


def attachments_of(structure: Part) -> tuple[Part, ...]:
    """The attachments as far as the structure tells, without a look at the text."""
    return tuple(part for part in choose_parts(structure).others if not _is_of_text(part))


def _inside(part: Part) -> Iterator[Part]:
    if part.media_type.startswith("message/") and part.children:
        yield from attachments_of(part.children[0])


def _is_of_text(part: Part) -> bool:
    """A picture that the text is to show in its midst."""
    is_named = part.disposition == "attachment"
    return bool(part.content_id) and not is_named and part.media_type.startswith("image/")
