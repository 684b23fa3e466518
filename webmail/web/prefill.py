"""What a fresh compose window holds: nothing, an answer, a forwarded message, an old draft."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.http import Http404, HttpRequest

from webmail.accounts.belongings import find_identity
from webmail.accounts.models import Account
from webmail.accounts.writing_as import Sender, find_sender, read_sender
from webmail.index.telling import lend_store
from webmail.message import reply
from webmail.message.address import Address
from webmail.store.mailbox import MessageRef, MessageSummary
from webmail.submission import drafts
from webmail.submission.drafts import FreshDraft, Origin
from webmail.submission.models import StoredDraft
from webmail.web.carried import CarriedPart, carried_message, carried_parts
from webmail.web.certificate_answering import find_brought
from webmail.web.certificate_writing import usual_protection
from webmail.web.compose_form import PLAIN, RICH, Written, written_from_fields
from webmail.web.http import get_account
from webmail.web.original import Original
from webmail.web.paths import parse_ref_text
from webmail.web.recipients import fields_from_link, typed_addresses
from webmail.web.rows import reader_zone
from webmail.web.signature_choice import signed
from webmail.web.wishes import usual_wishes


@dataclass(frozen=True, slots=True)
class Prefill:
    account: Account
    written: Written
    fresh: FreshDraft = field(default_factory=FreshDraft)
    carried: tuple[CarriedPart, ...] = ()


def prefill(request: HttpRequest) -> Prefill | StoredDraft:
    """What the query asks for, with the notices that its writer always asks for; a draft that
    is open already answers for its copy.

    Raises the StoreError tree where an original has to be read.
    """
    start = _prefill(request)
    return start if isinstance(start, StoredDraft) else wished(start)


def wished(start: Prefill) -> Prefill:
    wishes = usual_wishes(start.account.user)
    protect = (*usual_protection(start.account, start.written), *start.written.protect)
    return replace(start, written=replace(start.written, wishes=wishes, protect=protect))


def _prefill(request: HttpRequest) -> Prefill | StoredDraft:
    for name, fill in _FROM_ORIGINAL.items():
        if name in request.GET:
            begun = _find_begun(request, name)
            return begun or _from_original(request, request.GET[name], fill)
    account = get_account(request)
    written = written_from_fields(fields_from_link(request.GET.dict()))
    return Prefill(account, signed(written, find_identity(account), is_answer=False))


def _find_begun(request: HttpRequest, relation: str) -> StoredDraft | None:
    """Who presses Reply again goes on with their answer; by POST comes what it is to quote."""
    if not relation.startswith("reply") or request.method == "POST":
        return None
    account, ref = _parse_ref(request, request.GET[relation])
    return drafts.find_begun(account.user, account, relation, ref)


def _from_original(request: HttpRequest, ref_text: str, fill: "Fill") -> Prefill | StoredDraft:
    account, ref = _parse_ref(request, ref_text)
    with lend_store(request, account) as store:
        brought = find_brought(request)
        if brought is None:
            return fill(Original(request, account, store, store.summary(ref)))
        summary = brought.named(store.summary(ref))
        start = fill(Original(request, account, store, summary, brought.quotable))
    if isinstance(start, StoredDraft):
        return start
    return replace(start, written=replace(start.written, protect=brought.protect))


def _parse_ref(request: HttpRequest, text: str) -> tuple[Account, MessageRef]:
    try:
        key, ref = parse_ref_text(text)
    except ValueError as problem:
        raise Http404 from problem
    return get_account(request, key), ref


# -- answering ------------------------------------------------------------------------------------


Recipients = tuple[tuple[Address, ...], tuple[Address, ...]]


def _reply(original: Original) -> Prefill:
    return _answer(original, "reply", _recipients(original, everyone=False))


def _reply_all(original: Original) -> Prefill:
    return _answer(original, "reply_all", _recipients(original, everyone=True))


def _reply_list(original: Original) -> Prefill:
    """To the list alone, whatever Reply-To and Cc say (RFC 2369, 3.4)."""
    if not original.fields.list_post:
        raise Http404
    return _answer(original, "reply_list", ((Address("", original.fields.list_post),), ()))


def _recipients(original: Original, *, everyone: bool) -> Recipients:
    envelope, asked = original.summary.envelope, original.fields
    if asked.reply_to and not everyone:  # for the author alone; Reply-To may be a list's
        envelope = replace(envelope, reply_to=asked.reply_to)
    return reply.reply_recipients(
        envelope, mine=original.mine, everyone=everyone, followup_to=asked.followup_to
    )


def _answer(original: Original, relation: str, recipients: Recipients) -> Prefill:
    envelope = original.summary.envelope
    to, cc = recipients
    quotable = original.quotable()
    line = reply.attribution(envelope, reader_zone(original.request))
    html = reply.quote_html(quotable.html, attribution=line) if quotable.html else ""
    sender = _sender_for(original)
    written = Written(
        identity=sender.key,
        to=typed_addresses(to),
        cc=typed_addresses(cc),
        subject=reply.reply_subject(envelope.subject),
        text=f"\n\n{reply.quote_text(quotable.text, attribution=line)}",
        html=f"<div><br></div><div><br></div>{html}" if html else "",
        format=RICH if html else PLAIN,
    )
    in_reply_to, references = reply.threading(envelope)
    origin = Origin(
        relation=relation,
        source=original.summary.ref,
        in_reply_to=in_reply_to,
        references=references,
        sent_to=original.sent_to.addr_spec if original.sent_to else "",
    )
    carried = carried_parts(original.summary.ref, quotable.pictures) if html else ()
    fresh = FreshDraft(origin=origin)
    return Prefill(
        original.account, signed(written, sender.identity, is_answer=True), fresh, carried
    )


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


def forward_all(account: Account, summaries: Sequence[MessageSummary]) -> Prefill:
    """Each message attached as it came; the first names the subject."""
    sender = read_sender(account, "")
    subject = reply.forward_subject(summaries[0].envelope.subject)
    more = len(summaries) - 1
    written = Written(
        identity=sender.key,
        subject=f"{subject} and {more} more" if more else subject,
    )
    source = summaries[0].ref if not more else None
    fresh = FreshDraft(origin=Origin(relation="forward", source=source))
    carried = tuple(carried_message(each) for each in summaries)
    return wished(
        Prefill(account, signed(written, sender.identity, is_answer=True), fresh, carried)
    )


def _passed_on(original: Original, written: Written, carried: tuple[CarriedPart, ...]) -> Prefill:
    envelope = original.summary.envelope
    sender = _sender_for(original)
    written = replace(
        written,
        identity=sender.key,
        subject=reply.forward_subject(envelope.subject),
    )
    # The thread goes on for the one who forwards, but the message answers nobody.
    origin = Origin(
        relation="forward",
        source=original.summary.ref,
        references=reply.threading(envelope)[1],
        sent_to=original.sent_to.addr_spec if original.sent_to else "",
    )
    fresh = FreshDraft(origin=origin)
    return Prefill(
        original.account, signed(written, sender.identity, is_answer=True), fresh, carried
    )


# -- going on with a draft ------------------------------------------------------------------------


def _draft_of(original: Original) -> Prefill | StoredDraft:
    ref = original.summary.ref
    stored = drafts.find_by_copy(original.request.user, original.account, ref)
    if stored is not None:
        return stored
    envelope = original.summary.envelope
    quotable = original.quotable()
    authors = [each.addr_spec for each in envelope.from_]
    sender = find_sender(original.account, authors) or read_sender(original.account, "")
    written = Written(
        identity=sender.key,
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
    "reply_list": _reply_list,
    "forward": _forward,
    "forward_attached": _forward_attached,
    "draft_of": _draft_of,
}


# -- who writes -----------------------------------------------------------------------------------


def _sender_for(original: Original) -> Sender:
    """Who the original was sent to, or from; else the default identity."""
    return original.sent_to or read_sender(original.account, "")
