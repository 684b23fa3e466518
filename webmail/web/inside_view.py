"""What can be opened of a message beside its text: the messages in it, and its originals."""

from collections.abc import Iterable
from dataclasses import dataclass

from webmail.message.body import MessageBody
from webmail.message.bodystructure import Part
from webmail.message.inside import is_message, is_wrapped
from webmail.store.mailbox import MessageRef
from webmail.web.downloads import clean_name, decoded_size
from webmail.web.paths import part_url
from webmail.web.sizes import size_text


@dataclass(frozen=True, slots=True)
class InsideLink:
    name: str
    url: str
    size: str = ""


@dataclass(frozen=True, slots=True)
class InsideView:
    """``messages`` open as pages of their own; ``originals`` were opened and can be saved."""

    messages: tuple[InsideLink, ...]
    originals: tuple[InsideLink, ...]

    def __bool__(self) -> bool:
        return bool(self.messages or self.originals)


def inside_view(key: str, ref: MessageRef, body: MessageBody) -> InsideView:
    return InsideView(
        tuple(_messages(key, ref, body.attachments)),
        tuple(
            InsideLink(
                clean_name(part), part_url(key, ref, part.section), size_text(decoded_size(part))
            )
            for part in body.originals
        ),
    )


def _messages(key: str, ref: MessageRef, parts: Iterable[Part]) -> Iterable[InsideLink]:
    for part in parts:
        if is_message(part) or is_wrapped(part):
            yield InsideLink(clean_name(part), f"{part_url(key, ref, part.section)}?as=message")
