"""An opened message with all that its cards are made of."""

from dataclasses import dataclass

from webmail.index.by_message_id import find_by_message_id
from webmail.message.address import Address
from webmail.message.bodystructure import Part
from webmail.message.header import first
from webmail.message.words import decode_header_words
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.web.http import MailRequest
from webmail.web.paths import message_url
from webmail.web.reading import Opened
from webmail.web.rows import Clock


@dataclass(frozen=True, slots=True)
class Sheet:
    """``small`` are decoded parts by section; ``mine`` the reader's addresses, lower case."""

    request: MailRequest
    opened: Opened
    small: dict[str, bytes]
    clock: Clock
    mine: frozenset[str]

    @property
    def summary(self) -> MessageSummary:
        return self.opened.summary

    @property
    def ref(self) -> MessageRef:
        return self.opened.summary.ref

    @property
    def url(self) -> str:
        return message_url(self.request.account.key, self.ref)

    @property
    def sender(self) -> Address:
        envelope = self.opened.summary.envelope
        return (envelope.from_ or envelope.sender or (Address("", ""),))[0]

    def find_mail(self, message_id: str) -> str:
        """The URL of the reader's own mail of this Message-ID; empty where none is known."""
        account = self.request.account
        ref = find_by_message_id(account.pk, message_id) if message_id else None
        return message_url(account.key, ref) if ref is not None else ""

    def header(self, name: str) -> str:
        """The first field of this name, decoded; empty without one."""
        return decode_header_words(first(self.opened.fields, name))

    def parts(self, *media_types: str) -> tuple[Part, ...]:
        """The parts of these types outside of messages within the message, in order."""
        return tuple(part for part in outer_parts(self.summary.structure)
                     if part.media_type in media_types)  # fmt: skip

    def small_of(self, *media_types: str) -> tuple[bytes, ...]:
        """The content of those that were small enough to be fetched."""
        return tuple(
            self.small[part.section]
            for part in self.parts(*media_types)
            if part.section in self.small
        )


def outer_parts(structure: Part) -> tuple[Part, ...]:
    """The parts of a message but not of messages within it, in order."""
    found: list[Part] = []
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        found.append(part)
        if part.is_multipart:
            waiting += reversed(part.children)
    return tuple(found)
