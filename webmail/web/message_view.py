"""A message formatted for its page: every word of its header in the reader's terms."""

from dataclasses import dataclass, replace
from zlib import crc32

from webmail.message.address import Address
from webmail.message.body import MessageBody
from webmail.message.safe_html import Blocked, SafeHtml
from webmail.store.mailbox import FLAGGED, MessageRef, MessageSummary, SpecialUse
from webmail.web.downloads import AttachmentCard, attachment_cards, total_size_text
from webmail.web.http import MailRequest, known_mailboxes, uses_of
from webmail.web.looks import Looks, looks_of
from webmail.web.paths import mailbox_url, message_url, ref_text
from webmail.web.people import clean, first_name, full_name, hue_of, initials_of, name_of
from webmail.web.reading import Opened, is_designed
from webmail.web.rows import Clock, count_text, full_time, reader_time
from webmail.web.shell import label_of, use_of

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
    caution: str
    blocked_text: str
    text_html: SafeHtml
    has_html: bool
    is_designed: bool
    looks: Looks
    attachments: tuple[AttachmentCard, ...]
    attachments_text: str
    is_flagged: bool
    can_reply_all: bool
    position_text: str
    newer_url: str
    older_url: str

    @property
    def element_id(self) -> str:
        """Tells it from the other messages of a page."""
        return f"m{crc32(self.ref.encode()):x}"

    @property
    def body_url(self) -> str:
        return f"{self.url}body/{self.looks.query}"

    @property
    def print_url(self) -> str:
        return f"{self.url}print/"

    @property
    def source_url(self) -> str:
        return f"{self.url}source/"

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
    summary, body = opened.summary, opened.body
    key, ref, envelope = request.account.key, summary.ref, summary.envelope
    uses = uses_of(request)
    known = next((m for m in known_mailboxes(request) if m.name == ref.mailbox), None)
    sender = (envelope.from_ or envelope.sender or (Address("", ""),))[0]
    mine = mine_of(request)
    at = (envelope.date or summary.internal_date).astimezone(clock.zone)
    text = ref_text(key, ref)
    looks = looks_of(request, opened)
    return MessageView(
        ref=text,
        ref_query=text.replace("%", "%25"),
        url=f"/mail/{text}/",
        mailbox_url=mailbox_url(key, ref.mailbox),
        mailbox_label=label_of(known, uses) if known else ref.mailbox,
        use=use_of(ref.mailbox, uses) or "",
        subject=clean(envelope.subject) or "(no subject)",
        sender=name_of(sender),
        sender_address=clean(sender.addr_spec),
        initials=initials_of(sender.name, sender.addr_spec),
        hue=hue_of(sender.addr_spec),
        to_line=_to_line((*envelope.to, *envelope.cc), mine),
        facts=_facts(summary, full_time(at)),
        time_text=reader_time(at, clock),
        time_iso=at.isoformat(timespec="minutes"),
        caution=_caution(sender, envelope.reply_to),
        blocked_text=_blocked_text(body.blocked),
        text_html=body.text_html,
        has_html=body.html is not None and not looks.is_text,
        is_designed=is_designed(body) and not looks.is_reader,
        looks=looks,
        attachments=attachment_cards(key, ref, body.attachments),
        attachments_text=_attachments_text(body),
        is_flagged=FLAGGED in summary.flags,
        can_reply_all=_has_others(summary, mine),
        position_text=_position_text(neighbours),
        newer_url=message_url(key, neighbours.newer) if neighbours.newer else "",
        older_url=message_url(key, neighbours.older) if neighbours.older else "",
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
    addresses = request.account.identities.values_list("addr_spec", flat=True)
    return frozenset({request.account.address.lower(), *(a.lower() for a in addresses)})


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


def _facts(summary: MessageSummary, date: str) -> tuple[tuple[str, str], ...]:
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
    ]
    return tuple((name, value) for name, value in fields if value)


def _listed(addresses: tuple[Address, ...]) -> str:
    text = ", ".join(full_name(address) for address in addresses[:_SHOWN_ADDRESSES])
    more = len(addresses) - _SHOWN_ADDRESSES
    return f"{text} and {more:,} more" if more > 0 else text


def _caution(sender: Address, reply_to: tuple[Address, ...]) -> str:
    """One sentence where the header says one thing and does another (T87, T90)."""
    name = clean(sender.name).lower()
    if "@" in name and sender.addr_spec.lower() not in name:
        return f"The name shows another address. It was sent by {clean(sender.addr_spec)}."
    elsewhere = [a for a in reply_to if a.domain and a.domain != sender.domain]
    if sender.domain and elsewhere:
        return f"Replies go to another address: {clean(elsewhere[0].addr_spec)}."
    return ""


def _blocked_text(blocked: Blocked) -> str:
    if blocked.reason:
        return f"This message is {blocked.reason} to show as it was designed. Here is its text."
    if not blocked.remote:
        return ""
    hosts = [clean(host) for host in blocked.hosts[:2]]
    if len(blocked.hosts) > 2:
        hosts.append(f"{len(blocked.hosts) - 2} more")
    return f"{count_text(blocked.remote, 'picture', 'pictures')} from {' and '.join(hosts)}"


def _attachments_text(body: MessageBody) -> str:
    count = count_text(len(body.attachments), "attachment", "attachments")
    return f"{count}, {total_size_text(body.attachments)}"


def _has_others(summary: MessageSummary, mine: frozenset[str]) -> bool:
    """Whether a reply to all reaches more people than a reply."""
    envelope = summary.envelope
    sender = {a.addr_spec.lower() for a in (envelope.reply_to or envelope.from_)}
    everyone = {a.addr_spec.lower() for a in (*envelope.to, *envelope.cc)}
    return bool(everyone - sender - mine)
