"""Complaints about mail, and reports on who sends in a domain's name, made readable."""

from dataclasses import dataclass
from datetime import datetime

from webmail.message.bodystructure import decode_part
from webmail.message.dmarc import MAX_PACKED_BYTES, Aggregate, Source, find_report, read_aggregate
from webmail.message.report import Complaint, read_complaint
from webmail.web.people import clean
from webmail.web.rows import count_text, full_time
from webmail.web.sheet import Sheet

_MOST_SHOWN = 50
_KINDS = {
    "abuse": "{who} complains about a message as unwanted.",
    "fraud": "{who} complains about a message as a fraud.",
    "virus": "{who} complains about a message with something harmful in it.",
    "not-spam": "{who} says that a message was wrongly taken for unwanted.",
    "auth-failure": "{who} reports a message whose sender could not be proved.",
    "opt-out": "{who} asks that no more such messages are sent.",
    "opt-out-list": "{who} asks that no more such messages are sent.",
}
_DONE = {"none": "delivered", "quarantine": "put aside", "reject": "turned away"}
_POLICIES = {
    "none": "does nothing about mail that fails the check",
    "quarantine": "asks to put mail aside that fails the check",
    "reject": "asks to turn away mail that fails the check",
}


@dataclass(frozen=True, slots=True)
class ComplaintCard:
    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SourceRow:
    address: str
    count: str
    named: str
    verdict: str
    done: str
    is_good: bool


@dataclass(frozen=True, slots=True)
class AggregateCard:
    title: str
    words: str
    rows: tuple[SourceRow, ...]
    unlisted: str


def make(sheet: Sheet) -> ComplaintCard | None:
    for raw in sheet.small_of("message/feedback-report"):
        complaint = read_complaint(raw)
        if complaint is not None:
            return _complaint_card(complaint, sheet)
    return None


def _complaint_card(complaint: Complaint, sheet: Sheet) -> ComplaintCard:
    who = clean(sheet.sender.name) or clean(sheet.sender.addr_spec) or "Somebody"
    words = _KINDS.get(complaint.kind, "{who} sends a report about a message.")
    facts = tuple((label, clean(value)) for label, value in complaint.facts)
    return ComplaintCard(words.format(who=who), facts)


def make_aggregate(sheet: Sheet) -> AggregateCard | None:
    part = find_report(sheet.summary.envelope.subject, sheet.parts(*_types_of(sheet)))
    if part is None:
        return None
    limit = 2 * MAX_PACKED_BYTES
    pieces = sheet.request.store.part(sheet.ref, part.section, limit_bytes=limit)
    aggregate = read_aggregate(decode_part(b"".join(pieces), part.encoding))
    return _aggregate_card(aggregate, sheet) if aggregate is not None else None


def _types_of(sheet: Sheet) -> tuple[str, ...]:
    return tuple({part.media_type for part in sheet.summary.structure.walk()})


def _aggregate_card(aggregate: Aggregate, sheet: Sheet) -> AggregateCard:
    total = count_text(aggregate.total, "message", "messages")
    words = [
        f"{total} in the name of {clean(aggregate.domain) or 'your domain'}",
        f"{_period(aggregate, sheet)}: {aggregate.passed:,} passed the check.",
    ]
    if aggregate.policy in _POLICIES:
        words.append(f"The domain {_POLICIES[aggregate.policy]}.")
    sources = sorted(aggregate.sources, key=lambda each: -each.count)
    more = len(sources) - _MOST_SHOWN
    return AggregateCard(
        title=f"What {clean(aggregate.organisation) or 'a mail provider'} received",
        words=" ".join(words),
        rows=tuple(_row(each) for each in sources[:_MOST_SHOWN]),
        unlisted=count_text(more, "more machine", "more machines") if more > 0 else "",
    )


def _period(aggregate: Aggregate, sheet: Sheet) -> str:
    if aggregate.begin is None or aggregate.end is None:
        return "in the time reported"
    begin, end = (_local(each, sheet) for each in (aggregate.begin, aggregate.end))
    return f"from {begin} to {end}"


def _local(at: datetime, sheet: Sheet) -> str:
    return full_time(at.astimezone(sheet.clock.zone))


def _row(source: Source) -> SourceRow:
    passed = [name for name, has in (("DKIM", source.dkim), ("SPF", source.spf)) if has]
    return SourceRow(
        address=clean(source.address),
        count=f"{source.count:,}",
        named=clean(source.header_from),
        verdict=f"passed ({' and '.join(passed)})" if passed else "failed",
        done=_DONE.get(source.disposition, clean(source.disposition)),
        is_good=bool(passed),
    )
