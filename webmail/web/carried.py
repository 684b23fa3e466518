"""Files of an original that go along: fetched from its server, never through the browser."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from webmail.accounts.models import User
from webmail.attachments import storage
from webmail.attachments.models import Place, Upload
from webmail.message.bodystructure import Part, PartDecoder
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import MailStore


@dataclass(frozen=True, slots=True)
class CarriedPart:
    """One file of the message at ``ref``; without a ``section`` the whole message."""

    mailbox: str
    uidvalidity: int
    uid: int
    section: str
    filename: str
    media_type: str
    encoding: str
    content_id: str
    size_bytes: int

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.mailbox, self.uidvalidity, self.uid)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def carried_from_json(rows: Iterable[dict[str, Any]]) -> tuple[CarriedPart, ...]:
    return tuple(CarriedPart(**row) for row in rows)


def carried_parts(ref: MessageRef, parts: Iterable[Part]) -> tuple[CarriedPart, ...]:
    """``parts`` of the message at ``ref``, their sizes as after decoding."""
    return tuple(_carried(ref, part) for part in parts)


def carried_message(summary: MessageSummary) -> CarriedPart:
    """The whole message, to be attached as it came (message/rfc822)."""
    ref = summary.ref
    name = f"{summary.envelope.subject.strip()[:80] or 'message'}.eml"
    return CarriedPart(
        mailbox=ref.mailbox,
        uidvalidity=ref.uidvalidity,
        uid=ref.uid,
        section="",
        filename=storage.clean_filename(name.replace("/", "-")),
        media_type="message/rfc822",
        encoding="8bit",
        content_id="",
        size_bytes=summary.size_bytes,
    )


def fetch(
    store: MailStore,
    part: CarriedPart,
    *,
    user: User,
    draft_key: str,
    limit_bytes: int,
    place: Place = Place.FILE,
) -> Upload:
    """The file among the uploads of a draft; a second call finds the first one's file."""
    return storage.receive(
        _decoded(store, part),
        user=user,
        draft_key=draft_key,
        filename=part.filename,
        media_type=part.media_type,
        limit_bytes=limit_bytes,
        content_id=part.content_id,
        place=place,
        once=True,
    )


def _carried(ref: MessageRef, part: Part) -> CarriedPart:
    size = part.size_bytes * 3 // 4 if part.encoding == "base64" else part.size_bytes
    return CarriedPart(
        mailbox=ref.mailbox,
        uidvalidity=ref.uidvalidity,
        uid=ref.uid,
        section=part.section,
        filename=part.filename or _unnamed(part),
        media_type=part.media_type,
        encoding=part.encoding,
        content_id=part.content_id,
        size_bytes=size,
    )


def _unnamed(part: Part) -> str:
    return "message.eml" if part.media_type == "message/rfc822" else "attachment"


def _decoded(store: MailStore, part: CarriedPart) -> Iterator[bytes]:
    if not part.section:
        yield from store.source(part.ref)
        return
    decoder = PartDecoder(part.encoding)
    for piece in store.part(part.ref, part.section):
        yield decoder.feed(piece)
    yield decoder.finish()
