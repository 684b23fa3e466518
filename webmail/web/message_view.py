"""A message formatted for its page: every word of its header in the reader's terms."""

from dataclasses import dataclass, replace
from zlib import crc32

from django.conf import settings

from webmail.message import header
from webmail.message.address import Address
from webmail.message.body import MessageBody
from webmail.message.header import Fields
from webmail.message.homograph import shown_addr_spec
from webmail.message.reply_fields import read_reply_fields
from webmail.message.safe_html import SafeHtml
from webmail.message.words import decode_header_words
from webmail.store.mailbox import FLAGGED, MessageRef, MessageSummary, SpecialUse
from webmail.web.attachment_cards import AttachmentCard, attachment_cards
from webmail.web.cards import Card, cards_of
from webmail.web.downloads import total_size_text
from webmail.web.http import MailRequest, known_mailboxes, uses_of
from webmail.web.identities import own_addresses
from webmail.web.inside_view import InsideView, inside_view
from webmail.web.looks import Looks, looks_of
from webmail.web.paths import mailbox_url, message_url, ref_text
from webmail.web.people import (
    clean,
    first_name,
    full_name,
    header_name,
    hue_of,
    initials_of,
    name_of,
    visible,
)
from webmail.web.pictures import RemoteView, remote_view
from webmail.web.reading import Opened, is_designed
from webmail.web.rows import Clock, count_text, full_time, reader_time
from webmail.web.shell import label_of, use_of
from webmail.web.signature_card import shown_files
from webmail.web.trust import Trust, trust_of

_SHOWN_ADDRESSES = 100  # T35


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What lies above and below in the list, and the message's place in it."""

    newer: MessageRef | None = None
    older: MessageRef | None = None
    position: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class MessageView:
    """``ref`` is the text of ``data-ref``, ``ref_query`` the same inside a query."""

    ref: str
    ref_query: str
    url: str
    mailbox_url: str
    mailbox_label: str
    use: str
    subject: str
    sender: str
    sender_address: str
    initials: str
    hue: int
    to_line: str
    facts: tuple[tuple[str, str], ...]
    time_text: str
    time_iso: str
    trust: Trust
    remote: RemoteView
    text_html: SafeHtml
    has_html: bool
    is_designed: bool
    looks: Looks
    attachments: tuple[AttachmentCard, ...]
    attachments_text: str
    inside: InsideView
    is_flagged: bool
    can_reply_all: bool
    list_address: str
    position_text: str
    newer_url: str
    older_url: str
    cards: tuple[Card, ...] = ()

    @property
    def element_id(self) -> str:
        """Tells it from the other messages of a page."""
        return f"m{crc32(self.ref.encode()):x}"

    @property
    def body_url(self) -> str:
        told = "links=off" if self.trust.is_danger else self.remote.query.removeprefix("?")
        query = "&".join(filter(None, (told, self.looks.query.removeprefix("?"))))
        return f"{self.url}body/?{query}" if query else f"{self.url}body/"

    @property
    def print_url(self) -> str:
        return f"{self.url}print/"

    @property
    def source_url(self) -> str:
        return f"{self.url}source/"

    @property
    def redirect_url(self) -> str:
        return f"{self.url}redirect/"

    @property
    def abuse_url(self) -> str:
        """Empty where nobody is there to report to."""
        return f"{self.url}abuse/" if settings.WEBMAIL_ABUSE_REPORT_TO else ""

    @property
    def is_trash(self) -> bool:
        return self.use == SpecialUse.TRASH

    @property
    def is_junk(self) -> bool:
        return self.use == SpecialUse.JUNK

    @property
    def is_archive(self) -> bool:
        return self.use == SpecialUse.ARCHIVE


def message_view(
    request: MailRequest, opened: Opened, neighbours: Neighbours, clock: Clock
) -> MessageView:
    summary, body = opened.summary, replace(opened.body, attachments=shown_files(opened))
    key, ref, envelope = request.account.key, summary.ref, summary.envelope
    uses = uses_of(request)
    known = next((m for m in known_mailboxes(request) if m.name == ref.mailbox), None)
    sender = (envelope.from_ or envelope.sender or (Address("", ""),))[0]
    mine = mine_of(request)
    at = (envelope.date or summary.internal_date).astimezone(clock.zone)
    text = ref_text(key, ref)
    use = use_of(ref.mailbox, uses) or ""
    looks = looks_of(request, opened)
    return MessageView(
        ref=text,
        ref_query=text.replace("%", "%25"),
        url=f"/mail/{text}/",
        mailbox_url=mailbox_url(key, ref.mailbox),
        mailbox_label=label_of(known, uses) if known else ref.mailbox,
        use=use,
        subject=clean(envelope.subject) or "(no subject)",
        sender=header_name(sender),
        sender_address=visible(shown_addr_spec(sender.addr_spec)),
        initials=initials_of(sender.name, sender.addr_spec),
        hue=hue_of(sender.addr_spec),
        to_line=_to_line((*envelope.to, *envelope.cc), mine),
        facts=_facts(summary, full_time(at), _program(opened.fields)),
        time_text=reader_time(at, clock),
        time_iso=at.isoformat(timespec="minutes"),
        trust=trust_of(request, opened, sender, use, mine),
        remote=remote_view(request, opened),
        text_html=body.text_html,
        has_html=body.html is not None and not looks.is_text,
        is_designed=is_designed(body) and not looks.is_reader,
        looks=looks,
        attachments=attachment_cards(key, ref, body.attachments),
        attachments_text=_attachments_text(body),
        inside=inside_view(key, ref, body),
        is_flagged=FLAGGED in summary.flags,
        can_reply_all=has_others(summary, mine),
        list_address=clean(read_reply_fields(opened.fields).list_post),
        position_text=_position_text(neighbours),
        newer_url=message_url(key, neighbours.newer) if neighbours.newer else "",
        older_url=message_url(key, neighbours.older) if neighbours.older else "",
        cards=cards_of(request, opened, clock, mine),
    )


def placed(view: MessageView, key: str, beside: Neighbours) -> MessageView:
    """The message with what lies beside it in the list."""
    return replace(
        view,
        position_text=_position_text(beside),
        newer_url=message_url(key, beside.newer) if beside.newer else "",
        older_url=message_url(key, beside.older) if beside.older else "",
    )


def _position_text(neighbours: Neighbours) -> str:
    """``3 of 1,204``; nothing where nobody knows of how many."""
    return f"{neighbours.position:,} of {neighbours.total:,}" if neighbours.total else ""


def mine_of(request: MailRequest) -> frozenset[str]:
    """The person's own addresses in lower case, looked up once for each request."""
    found: dict[int, frozenset[str]] = request.__dict__.setdefault("_mine", {})
    account = request.account
    if account.pk not in found:
        found[account.pk] = own_addresses(account)
    return found[account.pk]


def _to_line(recipients: tuple[Address, ...], mine: frozenset[str]) -> str:
    """``to you, Jonas and Amara``."""
    if not recipients:
        return "to nobody named"
    names = ["you" if a.addr_spec.lower() in mine else first_name(a) for a in recipients[:4]]
    if len(recipients) == 1 and names != ["you"]:
        names = [name_of(recipients[0])]
    if len(recipients) > len(names):
        names.append(f"{len(recipients) - len(names):,} more")
    return f"to {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"to {names[0]}"


def _facts(summary: MessageSummary, date: str, program: str) -> tuple[tuple[str, str], ...]:
    """The header's fields, those that the message has."""
    envelope = summary.envelope
    fields = [
        ("From", _listed(envelope.from_)),
        ("Sender", _listed(envelope.sender) if envelope.sender != envelope.from_ else ""),
        ("Reply to", _listed(envelope.reply_to) if envelope.reply_to != envelope.from_ else ""),
        ("To", _listed(envelope.to)),
        ("Cc", _listed(envelope.cc)),
        ("Bcc", _listed(envelope.bcc)),
        ("Date", date),
        ("Written with", program),
    ]
    return tuple((name, value) for name, value in fields if value)


def _program(fields: Fields) -> str:
    """What the sender's mail program says it is."""
    raw = header.first(fields, "User-Agent") or header.first(fields, "X-Mailer")
    return clean(decode_header_words(raw))[:200]


def _listed(addresses: tuple[Address, ...]) -> str:
    text = ", ".join(full_name(address) for address in addresses[:_SHOWN_ADDRESSES])
    more = len(addresses) - _SHOWN_ADDRESSES
    return f"{text} and {more:,} more" if more > 0 else text


def _attachments_text(body: MessageBody) -> str:
    count = count_text(len(body.attachments), "attachment", "attachments")
    return f"{count}, {total_size_text(body.attachments)}"


def has_others(summary: MessageSummary, mine: frozenset[str]) -> bool:
    """Whether a reply to all reaches more people than a reply."""
    envelope = summary.envelope
    sender = {a.addr_spec.lower() for a in (envelope.reply_to or envelope.from_)}
    everyone = {a.addr_spec.lower() for a in (*envelope.to, *envelope.cc)}
    return bool(everyone - sender - mine)
