"""The message that is answered, passed on or reopened, and who of us it was sent to."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest

from webmail.accounts.models import Account
from webmail.accounts.writing_as import Sender, find_sender, own_among
from webmail.message.header import split_fields
from webmail.message.reply_fields import ReplyFields, read_reply_fields
from webmail.store.mailbox import MessageSummary
from webmail.store.protocol import MailStore
from webmail.web.identities import own_addresses
from webmail.web.quoting import Quotable, read_quotable
from webmail.web.reading import find_kept


@dataclass(frozen=True)
class Original:
    """``shown`` is what its reader had decrypted, which the server cannot read from it."""

    request: HttpRequest
    account: Account
    store: MailStore
    summary: MessageSummary
    shown: Quotable | None = None

    @cached_property
    def fields(self) -> ReplyFields:
        """From its header, which the page it was read on has fetched as a rule."""
        kept = find_kept((self.account.pk, self.summary.ref))
        fields = kept.fields if kept else split_fields(self.store.headers(self.summary.ref))
        return read_reply_fields(fields)

    @cached_property
    def mine(self) -> frozenset[str]:
        """The reader's own addresses, in lower case: tags and those of a pattern among them."""
        envelope = self.summary.envelope
        every = (*envelope.from_, *envelope.reply_to, *envelope.to, *envelope.cc)
        more = (*self.fields.followup_to, *self.fields.reply_to)
        named = (each.addr_spec for each in (*every, *more))
        return own_addresses(self.account) | own_among(self.account, named)

    @cached_property
    def sent_to(self) -> Sender | None:
        """The address of ours that it was sent to, or from; None where nothing tells.

        What its author wrote goes before what the servers noted down, and both before an
        address that is ours only by a pattern.
        """
        envelope, account = self.summary.envelope, self.account
        written = [each.addr_spec for each in (*envelope.to, *envelope.cc)]
        authors = [each.addr_spec for each in envelope.from_]
        delivered = self.fields.delivered_to
        return (
            find_sender(account, authors, guess=False)
            or find_sender(account, written, guess=False)
            or find_sender(account, delivered)
            or find_sender(account, (*written, *authors))
        )

    def quotable(self) -> Quotable:
        return self.shown or read_quotable(self.store, self.summary)
