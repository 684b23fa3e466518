"""What lies inside a part: a message, or a file that stands for one, and what is in that.

A part inside another is named by the sections on the way to it, with ``:`` between them:
``2:3`` is part 3 of the message inside part 2.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from webmail.message.body import Fetch, MessageBody, PartUrl, choose_parts, read_body
from webmail.message.bodystructure import Part, decode_part
from webmail.message.enclose import message_bytes
from webmail.message.oldfiles import files_in_text, may_hold_files, parted
from webmail.message.opening_job import MAX_FILE_BYTES, opened
from webmail.message.parse import ParsedMessage, parse_message
from webmail.message.safe_html import NOTHING, Allowed

MARK = ":"
MAX_STEPS = 8
_MESSAGES = ("message/rfc822", "message/global")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_MSG = ("application/vnd.ms-outlook", "application/x-msg", "application/msoutlook")

Content = Callable[[Part], bytes]


def is_wrapped(part: Part) -> bool:
    """Outlook's winmail.dat, whose content is shown in its stead."""
    return part.media_type in _TNEF or part.filename.lower() == "winmail.dat"


def is_message(part: Part) -> bool:
    """A message that can be opened as one of its own."""
    name = part.filename.lower()
    return (
        part.media_type in (*_MESSAGES, *_MSG)
        or name.endswith((".eml", ".msg"))
        or is_wrapped(part)
    )


def message_in(part: Part, content: bytes) -> ParsedMessage | None:
    """The message that the decoded ``content`` is or stands for; None when there is none."""
    if len(content) > MAX_FILE_BYTES:
        return None
    if part.media_type == "text/plain" and not part.filename.lower().endswith(".eml"):
        enclosed = files_in_text(content, part.charset)
        return parse_message(message_bytes(enclosed)) if enclosed else None
    is_outlook = part.media_type in _MSG or part.filename.lower().endswith(".msg")
    if is_wrapped(part) or is_outlook:
        found = opened(content)
        return parse_message(found) if found else None
    return parse_message(content) if is_message(part) else None


def find_inside(part: Part, content: bytes, way: str) -> tuple[Part, bytes] | None:
    """The part at the end of the way (``3`` or ``3:1.2``) and its decoded content."""
    steps = way.split(MARK)
    if len(steps) > MAX_STEPS:
        return None
    for section in steps:
        message = message_in(part, content)
        parts = message.structure.walk() if message else ()
        found = next((p for p in parts if p.section == section and not p.is_multipart), None)
        if message is None or found is None:
            return None
        part, content = found, decode_part(message.part_bytes(section), found.encoding)
    return part, content


def read_message(
    message: ParsedMessage, within: str, *, cid_url: PartUrl, allowed: Allowed = NOTHING
) -> MessageBody:
    """What is shown of a message that lies in the part ``within``."""

    def placed(part: Part) -> Part:
        return replace(part, section=f"{within}{MARK}{part.section}")

    body = read_body(
        message.structure,
        lambda part: message.part_bytes(part.section),
        cid_url=lambda part: cid_url(placed(part)),
        allowed=allowed,
    )
    return replace(
        body,
        attachments=tuple(map(placed, body.attachments)),
        embedded=tuple(map(placed, body.embedded)),
    )


def read_unwrapped(
    structure: Part,
    fetch: Fetch,
    fetch_whole: Fetch,
    *,
    cid_url: PartUrl,
    allowed: Allowed = NOTHING,
) -> MessageBody:
    """As ``read_body``, with what old files and Outlook's hold in the place of those.

    ``fetch_whole`` answers with all octets of a part of at most 20 MB.
    """
    held: list[Part] = []
    body = read_body(
        structure,
        lambda part: _without_files(part, fetch, held),
        cid_url=cid_url,
        allowed=allowed,
    )
    attachments: list[Part] = []
    originals: list[Part] = []
    for part in body.attachments:
        inner = _wrapped_in(part, fetch_whole, cid_url)
        if inner is None:
            attachments.append(part)
            continue
        originals.append(part)
        attachments += inner.attachments
        if not body.text.strip() and body.html is None:
            body = replace(inner, embedded=(*body.embedded, *inner.embedded))
        else:
            attachments += inner.embedded
    return replace(body, attachments=(*attachments, *held), originals=tuple(originals))


def _wrapped_in(part: Part, fetch: Fetch, cid_url: PartUrl) -> MessageBody | None:
    if not is_wrapped(part) or part.size_bytes > MAX_FILE_BYTES * 4 // 3:
        return None
    message = message_in(part, decode_part(fetch(part), part.encoding))
    return None if message is None else read_message(message, part.section, cid_url=cid_url)


def _without_files(part: Part, fetch: Fetch, held: list[Part]) -> bytes:
    """The octets of a text as transferred, less the files in it, which go to ``held``."""
    octets = fetch(part)
    if part.media_type != "text/plain" or part.encoding not in ("7bit", "8bit", "binary"):
        return octets
    message = message_in(part, octets) if may_hold_files(octets) else None
    if message is None:
        return octets
    held += _placed(choose_parts(message.structure).others, part.section)
    return parted(octets, part.charset)[0]


def _placed(parts: tuple[Part, ...], within: str) -> Iterator[Part]:
    return (replace(part, section=f"{within}{MARK}{part.section}") for part in parts)
