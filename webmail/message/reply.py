"""Answering and passing on: to whom, under which subject, with which words quoted."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, tzinfo
from html import escape

from webmail.message.address import Address, format_address
from webmail.message.build import DraftAttachment
from webmail.message.envelope import Envelope
from webmail.message.fields import one_line
from webmail.message.sanitize import SafeHtml
from webmail.message.signature_block import unmarked

MAX_SIGNATURE_LINES = 20

_COUNT = r"(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?"
_REPLY_PREFIX = re.compile(
    rf"(?:(?:re|aw|antw|sv|vs|odp|ynt|res|rif|回复|回覆|答复|返信){_COUNT}\s*[:：]\s*)+",
    re.IGNORECASE,
)
_FORWARD_PREFIX = re.compile(
    rf"(?:(?:fwd?|wg|vb|tr|rv|enc|doorst|转发|轉寄|転送){_COUNT}\s*[:：]\s*)+",
    re.IGNORECASE,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def reply_recipients(
    envelope: Envelope,
    *,
    mine: frozenset[str],
    everyone: bool,
    followup_to: tuple[Address, ...] = (),
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """The To and Cc of an answer.

    ``mine`` are the reader's own addresses in lower case: they are left out, and an
    answer to one's own message goes to those it went to.  ``followup_to`` is the
    Mail-Followup-To field, heard when everyone is answered.
    """
    if envelope.from_ and not _others(envelope.from_, mine):
        return _own_recipients(envelope, mine, everyone=everyone)
    sender = _others(envelope.reply_to, mine) or _others(envelope.from_, frozenset())
    if not everyone:
        return sender, ()
    if _others(followup_to, mine):
        return _others(followup_to, mine), ()
    to = _others((*sender, *envelope.to), mine)
    return to, _others(envelope.cc, mine | _keys(to))


def _own_recipients(
    envelope: Envelope, mine: frozenset[str], *, everyone: bool
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    to = _others(envelope.to, mine) or _others(envelope.to or envelope.from_, frozenset())
    return to, _others(envelope.cc, mine | _keys(to)) if everyone else ()


def _others(addresses: Iterable[Address], but: frozenset[str]) -> tuple[Address, ...]:
    """Each address once, without those of ``but`` and those that are empty."""
    found: dict[str, Address] = {}
    for address in addresses:
        key = address.addr_spec.lower()
        if key and key not in but:
            found.setdefault(key, address)
    return tuple(found.values())


def _keys(addresses: Iterable[Address]) -> frozenset[str]:
    return frozenset(address.addr_spec.lower() for address in addresses)


def reply_subject(subject: str) -> str:
    """One ``Re:``, whatever stood there in whichever language."""
    return f"Re: {_without(_REPLY_PREFIX, subject)}".strip()


def forward_subject(subject: str) -> str:
    return f"Fwd: {_without(_FORWARD_PREFIX, subject)}".strip()


def _without(prefix: re.Pattern[str], subject: str) -> str:
    subject = one_line(subject)
    found = prefix.match(subject)
    return subject[found.end() :] if found else subject


def threading(envelope: Envelope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """In-Reply-To and References of an answer (RFC 5322, 3.6.4)."""
    before = envelope.references
    if not before and len(envelope.in_reply_to) == 1:
        before = envelope.in_reply_to
    own = (envelope.message_id,) if envelope.message_id else ()
    return own, tuple(dict.fromkeys((*before, *own)))


def attribution(envelope: Envelope, zone: tzinfo) -> str:
    """``On 12 Nov 2026 at 10:42, Ingrid Lindgren wrote:``, in the reader's zone."""
    who = _author(envelope)
    if envelope.date is None:
        return f"{who} wrote:"
    return f"On {_moment(envelope.date, zone)}, {who} wrote:"


def _author(envelope: Envelope) -> str:
    if not envelope.from_:
        return "Somebody"
    return one_line(envelope.from_[0].name or envelope.from_[0].addr_spec) or "Somebody"


def _moment(date: datetime, zone: tzinfo) -> str:
    with suppress(OverflowError):  # the year 1 or 9999, from a broken clock
        date = date.astimezone(zone)
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year} at {date:%H:%M}"


def quote_text(text: str, *, attribution: str) -> str:
    """The text one level deeper, without the signature of its author."""
    lines = _without_signature(text.replace("\r\n", "\n").strip("\n").split("\n"))
    return "\n".join([attribution, *map(_quoted, lines)]) + "\n"


def _quoted(line: str) -> str:
    line = line.rstrip()
    return f">{line}" if not line or line.startswith(">") else f"> {line}"


def _without_signature(lines: list[str]) -> list[str]:
    """Cut from the author's last ``-- `` to the end, or to the quotation below it."""
    starts = [n for n, line in enumerate(lines) if line == "-- "]
    if not starts:
        return lines
    start = starts[-1]
    end = next((n for n in range(start, len(lines)) if lines[n].startswith(">")), len(lines))
    if end - start > MAX_SIGNATURE_LINES:
        return lines
    return (
        _trimmed(lines[:start]) + ["", *lines[end:]]
        if end < len(lines)
        else _trimmed(lines[:start])
    )


def _trimmed(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def quote_html(html: SafeHtml, *, attribution: str) -> str:
    """A quotation for the editor, of html that was cleaned for compose (T11, T12).

    The answer is plain str: it goes through ``sanitize_for_compose`` again with the rest.
    """
    return f"<p>{escape(attribution)}</p><blockquote>{unmarked(html)}</blockquote>"


def forward_head(envelope: Envelope, zone: tzinfo) -> str:
    """The lines above a message that is passed on inside another; nobody of Bcc is named."""
    lines = ["---------- Forwarded message ----------", f"From: {_listed(envelope.from_)}"]
    if envelope.date is not None:
        lines.append(f"Date: {_moment(envelope.date, zone)}")
    lines.append(f"Subject: {one_line(envelope.subject)}")
    for name, addresses in (("To", envelope.to), ("Cc", envelope.cc)):
        if addresses:
            lines.append(f"{name}: {_listed(addresses)}")
    return "\n".join(lines) + "\n"


def _listed(addresses: tuple[Address, ...]) -> str:
    return ", ".join(one_line(format_address(address)) for address in addresses)


def forward_text(text: str, *, head: str) -> str:
    return f"{head}\n{text}"


def forward_html(html: SafeHtml, *, head: str) -> str:
    """As ``quote_html``: to be cleaned again with what is written around it."""
    lines = "<br>".join(escape(line) for line in head.splitlines())
    return f"<p>{lines}</p>{unmarked(html)}"


def forward_attached(raw: bytes, envelope: Envelope) -> DraftAttachment:
    """The whole message as an attachment, named after its subject."""
    name = re.sub(r'[\\/:*?"<>|\s]+', " ", one_line(envelope.subject)).strip(" .")[:80]
    return DraftAttachment(f"{name or 'message'}.eml", "message/rfc822", raw)
