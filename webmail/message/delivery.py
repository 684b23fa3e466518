"""What became of a message: delivery status reports (RFC 3464), and the mail they are about."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from webmail.message.address import parse_address_list
from webmail.message.charset import decode_text
from webmail.message.header import Fields, first, split_fields
from webmail.message.refusals import UNSAID, Reason
from webmail.message.status_codes import find_status, reason_of
from webmail.message.words import decode_header_words

MAX_RECIPIENTS = 100
_MAX_GROUPS = 400
_MAX_RESENT = 5
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_COMMENT = re.compile(r"\([^()]*\)")
_BLOCKS = re.compile(rb"\n[ \t]*\r?\n")
_NAMED_ID = re.compile(r"<[^<>\s]{1,900}>")


class Action(StrEnum):
    """RFC 3464, section 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient's line; ``said`` are the server's own words, ``until`` a date as written."""

    address: str
    action: Action
    reason: Reason
    status: str = ""
    said: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """The message reported on, as far as its header came back.

    ``resent_ids`` are of those who redirected it, the latest first (RFC 5322, section 3.6.6).
    """

    message_id: str = ""
    subject: str = ""
    to: tuple[str, ...] = ()
    resent_ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """What the submission that is reported on may be called, the likeliest first."""
        return tuple(filter(None, (*self.resent_ids, self.message_id)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """``envelope_id`` is what the sender called the submission (ENVID, RFC 3461, 4.4)."""

    recipients: tuple[Recipient, ...]
    original: Original = Original()
    envelope_id: str = ""


def read_delivery_status(raw: bytes) -> tuple[Recipient, ...]:
    """The recipients of a message/delivery-status part, decoded; the first hundred.

    Fields of one recipient that a server cut apart by empty lines come together again.
    """
    found: list[Recipient] = []
    group: Fields = []
    for block in _blocks(raw):
        if group and (first(block, "Final-Recipient") or first(block, "Original-Recipient")):
            found += _recipient(group)
            group = []
        group = group + block
    found += _recipient(group)
    merged = {(each.address, each.action): each for each in reversed(found)}
    return tuple(reversed(merged.values()))[:MAX_RECIPIENTS]


def _blocks(raw: bytes) -> Iterator[Fields]:
    lines = raw.replace(b"\r\n", b"\n").strip(b"\n \t")
    for block in _BLOCKS.split(lines)[:_MAX_GROUPS]:
        fields = split_fields(block.lstrip(b"\n"))
        if fields:
            yield fields


def _recipient(fields: Fields) -> Iterator[Recipient]:
    final, original = first(fields, "Final-Recipient"), first(fields, "Original-Recipient")
    address = typed_address(original) or typed_address(final)
    action = _action(_text(first(fields, "Action")), _text(first(fields, "Status")))
    if action is None or not (final or original):
        return
    said = _after_type(_text(first(fields, "Diagnostic-Code")))
    status = find_status(_text(first(fields, "Status")))
    yield Recipient(
        address=address,
        action=action,
        reason=reason_of(status, f"{said} {_text(first(fields, 'Status'))[5:]}"),
        status=status,
        said=said[:600],
        until=_text(first(fields, "Will-Retry-Until")),
    )


def _action(written: str, status: str) -> Action | None:
    word = written.partition(";")[0].partition("(")[0].strip().lower()
    if word in {each.value for each in Action}:
        return Action(word)
    by_class = {"2": Action.DELIVERED, "4": Action.DELAYED, "5": Action.FAILED}
    return by_class.get(status.strip()[:1]) or (Action.FAILED if word.startswith("fail") else None)


def typed_address(raw: bytes) -> str:
    """The address of ``rfc822; a@example.org``; xtext and angle brackets undone."""
    kind, separator, rest = _text(raw).partition(";")
    text = rest if separator else kind
    if "utf-8" not in kind.lower():
        text = _without_xtext(text)
    text = text.strip()
    if "<" in text:
        text = text.rpartition("<")[2].partition(">")[0]
    return _COMMENT.sub("", text).strip(" <>'\"")[:320]


def _without_xtext(text: str) -> str:
    return _XTEXT.sub(lambda match: chr(int(match[1], 16)), text)


def _after_type(text: str) -> str:
    kind, separator, rest = text.partition(";")
    return rest.strip() if separator and len(kind) < 20 and " " not in kind.strip() else text


def _text(raw: bytes) -> str:
    return " ".join(decode_header_words(raw).split())


def read_original(header: bytes) -> Original:
    """The message reported on, from its header or the beginning of a copy of it."""
    fields = split_fields(header)
    to = parse_address_list(_text(first(fields, "To")))
    return Original(
        message_id=next(named_ids(fields, "Message-ID"), ""),
        subject=_text(first(fields, "Subject"))[:500],
        to=tuple(address.addr_spec for address in to[:MAX_RECIPIENTS]),
        resent_ids=tuple(islice(named_ids(fields, "Resent-Message-ID"), _MAX_RESENT)),
    )


def named_ids(fields: Fields, name: str) -> Iterator[str]:
    """The identifiers in all fields of this name, ``Message-ID`` or its like, one of each."""
    for key, value in fields:
        if key.lower() == name.lower() and (found := _NAMED_ID.search(decode_text(value))):
            yield found[0]


def is_machine(fields: Fields, sender: str) -> bool:
    """Whether a mail system wrote the message, as far as the header tells."""
    if is_system(sender) or _letters(_author_name(fields)) in _SYSTEMS or not sender:
        return True
    is_answer = first(fields, "Auto-Submitted").lower().startswith(b"auto-replied")
    return first(fields, "Return-Path").strip() == b"<>" and not is_answer


def has_author_name(fields: Fields) -> bool:
    """Whether somebody put a name to the address in From, as people's programs do."""
    return bool(_author_name(fields))


def _author_name(fields: Fields) -> str:
    author = next(iter(parse_address_list(_text(first(fields, "From")))), None)
    return author.name if author else ""


def is_system(address: str) -> bool:
    """Whether an address is a mail system's own, however it is spelled."""
    return _letters(address.partition("@")[0]) in _SYSTEMS


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


_SYSTEMS = frozenset(
    ("mailerdaemon", "postmaster", "maildeliverysystem", "maildelivery", "mailsystem", "sysadmin")
    + ("maildeliverysubsystem", "bounces", "bounce", "mdaemon", "systemadministrator")
)


def read_delivery(statuses: Iterable[bytes], text: str, copy: bytes = b"") -> Delivery | None:
    """A report of message/delivery-status parts, decoded; None where they name nobody.

    A server that gives no reason in the report often gives one in the ``text`` for people.
    ``copy`` is the header that came back, or the beginning of the message.
    """
    statuses = list(statuses)
    found = [each for raw in statuses for each in read_delivery_status(raw)][:MAX_RECIPIENTS]
    if not found:
        return None
    told = reason_of("", text)
    recipients = tuple(
        replace(each, reason=told) if each.reason is UNSAID and not each.said else each
        for each in found
    )
    return Delivery(recipients, read_original(copy), _envelope_id(statuses))


def _envelope_id(statuses: Iterable[bytes]) -> str:
    blocks = (next(_blocks(raw), []) for raw in statuses)
    written = (_text(first(fields, "Original-Envelope-Id")) for fields in blocks)
    return _without_xtext(next(filter(None, written), ""))[:100]
