"""What a fresh compose window holds: nothing, an answer, a forwarded message, an old draft."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from django.http import Http404, HttpRequest
from django.utils.html import escape

from webmail.accounts.models import Account, Identity
from webmail.index.telling import lend_store
from webmail.message import reply
from webmail.message.address import Address
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.store.protocol import MailStore
from webmail.submission import drafts
from webmail.submission.drafts import FreshDraft, Origin
from webmail.submission.models import StoredDraft
from webmail.web.carried import CarriedPart, carried_message, carried_parts
from webmail.web.compose_form import PLAIN, RICH, Written, written_from_fields
from webmail.web.http import get_account
from webmail.web.paths import parse_ref_text
from webmail.web.quoting import Quotable, read_quotable
from webmail.web.recipients import fields_from_link, typed_addresses
from webmail.web.rows import reader_zone


@dataclass(frozen=True, slots=True)
class Prefill:
    account: Account
    written: Written
    fresh: FreshDraft = field(default_factory=FreshDraft)
    carried: tuple[CarriedPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """The message that is answered, passed on or reopened."""

    request: HttpRequest
    account: Account
    store: MailStore
    summary: MessageSummary

    @property
    def identities(self) -> list[Identity]:
        return list(self.account.identities.all())

    @property
    def mine(self) -> frozenset[str]:
        """The reader's own addresses, in lower case."""
        own = {identity.addr_spec.lower() for identity in self.identities}
        return frozenset(own | {self.account.address.lower()})

    def quotable(self) -> Quotable:
        return read_quotable(self.store, self.summary)


def prefill(request: HttpRequest) -> Prefill | StoredDraft:
    """What the query asks for; a draft that is open already answers for its copy.

    Raises the StoreError tree where an original has to be read.
    """
    for name, fill in _FROM_ORIGINAL.items():
        if name in request.GET:
            return _from_original(request, request.GET[name], fill)
    account = get_account(request)
    written = written_from_fields(fields_from_link(request.GET.dict()))
    return Prefill(account, _signed(written, account.identities.first(), at_end=True))


def _from_original(request: HttpRequest, ref_text: str, fill: "Fill") -> Prefill | StoredDraft:
    account, ref = _parse_ref(request, ref_text)
    with lend_store(request, account) as store:
        return fill(Original(request, account, store, store.summary(ref)))


def _parse_ref(request: HttpRequest, text: str) -> tuple[Account, MessageRef]:
    try:
        key, ref = parse_ref_text(text)
    except ValueError as problem:
        raise Http404 from problem
    return get_account(request, key), ref


# -- answering ------------------------------------------------------------------------------------


def _reply(original: Original) -> Prefill:
    return _answer(original, everyone=False)


def _reply_all(original: Original) -> Prefill:
    return _answer(original, everyone=True)


def _answer(original: Original, *, everyone: bool) -> Prefill:
    envelope = original.summary.envelope
    to, cc = reply.reply_recipients(envelope, mine=original.mine, everyone=everyone)
    quotable = original.quotable()
    line = reply.attribution(envelope, reader_zone(original.request))
    html = reply.quote_html(quotable.html, attribution=line) if quotable.html else ""
    identity = _identity_for(original)
    written = Written(
        identity=identity.key if identity else "",
        to=typed_addresses(to),
        cc=typed_addresses(cc),
        subject=reply.reply_subject(envelope.subject),
        text=f"\n\n{reply.quote_text(quotable.text, attribution=line)}",
        html=f"<div><br></div><div><br></div>{html}" if html else "",
        format=RICH if html else PLAIN,
    )
    in_reply_to, references = reply.threading(envelope)
    origin = Origin(
        relation="reply_all" if everyone else "reply",
        source=original.summary.ref,
        in_reply_to=in_reply_to,
        references=references,
    )
    carried = carried_parts(original.summary.ref, quotable.pictures) if html else ()
    return Prefill(original.account, _signed(written, identity), FreshDraft(origin=origin), carried)


# -- passing on -----------------------------------------------------------------------------------


def _forward(original: Original) -> Prefill:
    envelope = original.summary.envelope
    quotable = original.quotable()
    head = reply.forward_head(envelope, reader_zone(original.request))
    html = reply.forward_html(quotable.html, head=head) if quotable.html else ""
    written = Written(
        text=f"\n\n{reply.forward_text(quotable.text, head=head)}",
        html=f"<div><br></div><div><br></div>{html}" if html else "",
        format=RICH if html else PLAIN,
    )
    parts = (*quotable.pictures, *quotable.attachments)
    return _passed_on(original, written, carried_parts(original.summary.ref, parts))


def _forward_attached(original: Original) -> Prefill:
    return _passed_on(original, Written(), (carried_message(original.summary),))


def _passed_on(original: Original, written: Written, carried: tuple[CarriedPart, ...]) -> Prefill:
    envelope = original.summary.envelope
    identity = _identity_for(original)
    written = replace(
        written,
        identity=identity.key if identity else "",
        subject=reply.forward_subject(envelope.subject),
    )
    # The thread goes on for the one who forwards, but the message answers nobody.
    origin = Origin(
        relation="forward",
        source=original.summary.ref,
        references=reply.threading(envelope)[1],
    )
    return Prefill(original.account, _signed(written, identity), FreshDraft(origin=origin), carried)


# -- going on with a draft ------------------------------------------------------------------------


def _draft_of(original: Original) -> Prefill | StoredDraft:
    ref = original.summary.ref
    stored = drafts.find_by_copy(original.request.user, original.account, ref)
    if stored is not None:
        return stored
    envelope = original.summary.envelope
    quotable = original.quotable()
    identity = _identity_of(original.identities, envelope.from_)
    written = Written(
        identity=identity.key if identity else "",
        to=typed_addresses(envelope.to),
        cc=typed_addresses(envelope.cc),
        bcc=typed_addresses(envelope.bcc),
        subject=envelope.subject,
        text=quotable.text,
        html=str(quotable.html),
        format=RICH if quotable.html else PLAIN,
    )
    origin = Origin(in_reply_to=envelope.in_reply_to, references=envelope.references, copy=ref)
    parts = (*quotable.pictures, *quotable.attachments)
    return Prefill(original.account, written, FreshDraft(origin=origin), carried_parts(ref, parts))


Fill = Callable[[Original], Prefill | StoredDraft]
_FROM_ORIGINAL: dict[str, Fill] = {
    "reply": _reply,
    "reply_all": _reply_all,
    "forward": _forward,
    "forward_attached": _forward_attached,
    "draft_of": _draft_of,
}


# -- who writes -----------------------------------------------------------------------------------


def _identity_for(original: Original) -> Identity | None:
    """The identity that the original was sent to, or sent from; else the first."""
    envelope = original.summary.envelope
    return _identity_of(original.identities, (*envelope.to, *envelope.cc, *envelope.from_))


def _identity_of(identities: list[Identity], named: tuple[Address, ...]) -> Identity | None:
    for address in named:
        for identity in identities:
            if identity.addr_spec.lower() == address.addr_spec.lower():
                return identity
    return identities[0] if identities else None


def _signed(written: Written, identity: Identity | None, *, at_end: bool = False) -> Written:
    """With the identity's signature: at the end, or above what is quoted.

    Above a quotation there is no ``-- ``: readers would cut the quotation off with it.
    """
    signature = identity.signature_text.strip("\n") if identity else ""
    if not signature:
        return written
    if at_end:
        return replace(written, text=f"{written.text}\n\n-- \n{signature}\n")
    text = f"\n\n{signature}{written.text}"
    if written.format == RICH:
        html = f"<div><br></div><div><br></div>{_html_lines(signature)}{written.html}"
        return replace(written, text=text, html=html)
    return replace(written, text=text)


def _html_lines(text: str) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))
