"""A message that lies in another, read as the messages of a mailbox are."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from webmail.message.address import Address
from webmail.message.body import MessageBody
from webmail.message.header import header_end, split_fields
from webmail.message.inside import read_message
from webmail.message.parse import ParsedMessage
from webmail.message.safe_html import Allowed
from webmail.store.mailbox import MessageRef
from webmail.web.http import MailRequest, uses_of
from webmail.web.message_view import mine_of
from webmail.web.paths import part_url
from webmail.web.reading import Opened, open_message
from webmail.web.shell import use_of
from webmail.web.trust import Trust, trust_of, trust_of_enclosed


@dataclass(frozen=True)
class Enclosed:
    """``section`` is where in the message of ``ref`` it lies."""

    request: MailRequest = field(repr=False)
    ref: MessageRef
    section: str
    message: ParsedMessage = field(repr=False)

    @cached_property
    def outer(self) -> Opened:
        return open_message(self.request, self.ref)

    @cached_property
    def opened(self) -> Opened:
        message = self.message
        summary = replace(
            self.outer.summary, envelope=message.envelope, structure=message.structure
        )
        fields = split_fields(message.raw[: header_end(message.raw)])
        allowed = Allowed(link_tracking=not self.request.user.cleans_links)
        return Opened(summary, self.read(allowed), fields, within=self.outer)

    @cached_property
    def is_from_danger(self) -> bool:
        """Whether the message it came in is shown with its links and pictures switched off."""
        envelope = self.outer.summary.envelope
        sender = (envelope.from_ or envelope.sender or (Address("", ""),))[0]
        use = use_of(self.ref.mailbox, uses_of(self.request)) or ""
        return trust_of(self.request, self.outer, sender, use, mine_of(self.request)).is_danger

    @cached_property
    def trust(self) -> Trust:
        envelope = self.message.envelope
        sender = (envelope.from_ or envelope.sender or (Address("", ""),))[0]
        return trust_of_enclosed(self.request, self.opened, sender, mine_of(self.request))

    @property
    def is_off(self) -> bool:
        return self.is_from_danger or self.trust.is_danger

    def read(self, allowed: Allowed) -> MessageBody:
        key = self.request.account.key
        return read_message(
            self.message,
            self.section,
            cid_url=lambda part: part_url(key, self.ref, part.section),
            allowed=allowed,
        )
