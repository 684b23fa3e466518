"""IMAP's answers as our values; the one place that touches untyped trees.

The grammar turns a response into nested tuples of bytes, int and None; what those mean is
decided here.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from webmail.message.bodystructure import Part
from webmail.message.envelope import envelope_from_fields, envelope_from_header, zone_from
from webmail.message.header import first, split_fields
from webmail.store.imap_grammar import GrammarError, parse_records
from webmail.store.imap_grammar import number_of as _int
from webmail.store.imap_grammar import octets_of as _bytes
from webmail.store.imap_grammar import text_of as _text
from webmail.store.imap_replies import Reply, Untagged
from webmail.store.imap_structure import part_from_bodystructure
from webmail.store.mailbox import (
    Flag,
    FlagState,
    MailboxStatus,
    MailboxSummary,
    MessageFacts,
    MessageRef,
    MessageSummary,
    SpecialUse,
)
from webmail.store.protocol import Unreachable
from webmail.store.sequence_set import merged_ranges, ranges_in

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH_NUMBERS = {name.encode(): number for number, name in enumerate(_MONTHS, 1)}
_DATE_TIME = re.compile(
    rb" *(\d{1,2})-([A-Za-z]{3})-(\d{4}) +(\d{1,2}):(\d{1,2}):(\d{1,2}) +([+-]\d{4}) *"
)
_BLANK_LINE = re.compile(rb"\n[ \t]+\r?\n")
# Hostile servers must not fill the memory through the cache of flag sets.
_CACHED_FLAGS = 32
_CACHED_FLAG_OCTETS = 64
_RECENT = Flag("\\Recent")
_UNKNOWN_DATE = datetime(1970, 1, 1, tzinfo=UTC)
_USES = {f"\\{use}": use for use in SpecialUse if use is not SpecialUse.INBOX}


def fetched(reply: Reply) -> Iterator[dict[bytes, Any]]:
    """Each FETCH response as item name (upper case) → value, with SEQ and mostly UID.

    A server may send FETCH responses nobody asked for; those have what they have.
    """
    for response in reply.of("FETCH"):
        items = _parsed(response)
        if len(items) == 1 and isinstance(items[0], tuple) and len(items[0]) % 2 == 0:
            pairs = iter(items[0])
            found: dict[bytes, Any] = {b"SEQ": response.number}
            for name in pairs:
                found[_bytes(name).upper()] = next(pairs)
            if b"UID" in found and not _is_number(found[b"UID"]):
                raise _nonsense(response.kind)
            yield found


def summary_from_fetch(items: dict[bytes, Any], mailbox: str, uidvalidity: int) -> MessageSummary:
    size_bytes = _int(items.get(b"RFC822.SIZE"))
    header = body_of(items, b"BODY[HEADER")
    structure = part_from_bodystructure(items.get(b"BODYSTRUCTURE"))
    return MessageSummary(
        ref=MessageRef(mailbox, uidvalidity, items[b"UID"]),
        envelope=envelope_from_header(header),
        flags=flags_from(items.get(b"FLAGS") or ()),
        size_bytes=size_bytes,
        internal_date=_internal_date(_bytes(items.get(b"INTERNALDATE"))),
        structure=_visible(structure, size_bytes, goes_on=_BLANK_LINE.search(header) is not None),
        preview=_one_line(_text(items.get(b"PREVIEW"))),
    )


def _one_line(text: str) -> str:
    if "  " not in text and text.isprintable():
        return text.strip()
    return " ".join(text.split())


def body_of(items: dict[bytes, Any], prefix: bytes = b"BODY[") -> bytes:
    """The octets of the first BODY[...] item whose name begins with ``prefix``."""
    for name, value in items.items():
        if name.startswith(prefix):
            return _bytes(value)
    return b""


def flags_from(words: Iterable[Any]) -> frozenset[Flag]:
    """The flags we can set again; what no client could send (``\\*``, spaces) is left out.

    So is \\Recent, which says something of the session and nothing of the message.
    """
    # A server may say FLAGS 7, or FLAGS "x".
    given = tuple(words) if isinstance(words, tuple | list) else ()
    is_usual = len(given) <= _CACHED_FLAGS and all(map(_is_short, given))
    return _cached_flags(given) if is_usual else _flags(given)


def _is_short(word: Any) -> bool:
    return isinstance(word, bytes) and len(word) <= _CACHED_FLAG_OCTETS


def _flags(words: tuple[Any, ...]) -> frozenset[Flag]:
    flags = set()
    for word in words:
        with contextlib.suppress(ValueError):
            flags.add(Flag(_bytes(word).decode("ascii", "replace")))
    return frozenset(flags - {_RECENT})


# A mailbox has few combinations of flags.
_cached_flags = lru_cache(maxsize=512)(_flags)


def _visible(structure: Part, size_bytes: int, *, goes_on: bool) -> Part:
    """The structure; for a multipart of nothing, its whole body as text.

    Dovecot 2.3 counts one empty part where no line matches the boundary, and the message
    would seem empty (corpus: alternative-04).  Where the header ends at a line of blanks it
    takes what follows for more of the header (``goes_on``; corpus: torture-64).
    """
    if goes_on:
        return Part("TEXT", "text/plain", size_bytes=size_bytes)
    if not structure.is_multipart:
        return structure
    leaves = (part for part in structure.walk() if not part.is_multipart)
    if any(leaf.size_bytes for leaf in leaves):
        return structure
    return Part("TEXT", "text/plain", size_bytes=size_bytes)


def _internal_date(text: bytes) -> datetime:
    """``17-Jul-1996 02:44:25 -0700``, aware; 1970 where a server writes nonsense."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return _UNKNOWN_DATE
    day, month, year, hour, minute, second, zone = match.groups()
    try:
        return datetime(
            *(int(year), _MONTH_NUMBERS[month.title()], int(day)),
            *(int(hour), int(minute), min(int(second), 59)),
            tzinfo=zone_from(zone),
        )
    except (ValueError, KeyError):
        return _UNKNOWN_DATE


def internal_date_text(moment: datetime) -> str:
    """An aware datetime as APPEND wants it, whatever the locale."""
    if moment.tzinfo is None:
        raise ValueError("an internal date needs its zone")
    return f"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S %z}"[:26]


def date_text(day: date) -> str:
    """A day as SEARCH wants it."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04d}"


def listed(response: Untagged, *, is_utf8: bool) -> MailboxSummary | None:
    """A LIST response; None for one that names nothing."""
    items = _parsed(response)
    if len(items) < 3 or not isinstance(items[0], tuple):
        return None
    attributes = {_text(word).lower() for word in items[0]}
    name = mailbox_name(_bytes(items[2]), is_utf8=is_utf8)
    if not name or "\\nonexistent" in attributes and "\\haschildren" not in attributes:
        return None
    return MailboxSummary(
        name="INBOX" if name.upper() == "INBOX" else name,
        delimiter=_text(items[1]),
        special_use=next((_USES[word] for word in sorted(attributes & _USES.keys())), None),
        is_selectable=attributes.isdisjoint({"\\noselect", "\\nonexistent"}),
        is_subscribed="\\subscribed" in attributes or name.upper() == "INBOX",
    )


def status_from(response: Untagged, *, is_utf8: bool) -> tuple[str, MailboxStatus]:
    """A STATUS response: the mailbox's name and what is told of it."""
    items = _parsed(response)
    name = mailbox_name(_bytes(items[0]), is_utf8=is_utf8) if items else ""
    told = items[1] if len(items) > 1 and isinstance(items[1], tuple) else ()
    values = {_text(k).lower(): v for k, v in zip(told[::2], told[1::2], strict=False)}
    status = MailboxStatus(
        messages=_int(values.get("messages")),
        unseen=_int(values.get("unseen")),
        uidnext=_int(values.get("uidnext")),
        uidvalidity=_int(values.get("uidvalidity")),
        highestmodseq=_int(values.get("highestmodseq")),
    )
    return "INBOX" if name.upper() == "INBOX" else name, status


def personal_prefix(response: Untagged) -> str:
    """The prefix of the first personal namespace (RFC 2342), such as ``INBOX.``."""
    items = _parsed(response)
    match items[:1]:
        case ((((prefix, *_)), *_),):
            return mailbox_name(_bytes(prefix), is_utf8=False)
    return ""


def mailbox_name(octets: bytes, *, is_utf8: bool) -> str:
    """Modified UTF-7 (RFC 3501, 5.1.3), or UTF-8 from servers that just send it."""
    if is_utf8 or not octets.isascii():
        return octets.decode("utf-8", "replace")
    try:
        return str(decode_utf7(octets))
    except (UnicodeError, ValueError):
        return octets.decode("ascii")


def mailbox_argument(name: str, *, is_utf8: bool) -> str:
    """The name as it travels; the encoder quotes it."""
    return name if is_utf8 else encode_utf7(name).decode("ascii")


def numbers_from(reply: Reply, kind: str = "SEARCH") -> list[int]:
    """The numbers of an untagged SEARCH (or the like), ascending."""
    found: set[int] = set()
    for response in reply.of(kind):
        found.update(filter(_is_number, _parsed(response)))
    return sorted(found)


def extended_search(reply: Reply) -> dict[str, Any]:
    """ESEARCH (RFC 4731): COUNT, MIN, MAX as int, ALL as the bytes of a sequence set.

    PARTIAL (RFC 9394) is a pair: the range asked, and the sequence set.
    """
    for response in reply.of("ESEARCH"):
        words = _parsed(response)
        items = [w for w in words[isinstance(words[0], tuple) :] if w != b"UID"] if words else []
        return {_text(k).upper(): v for k, v in zip(items[::2], items[1::2], strict=False)}
    return {}


def words_in(response: Untagged) -> tuple[Any, ...]:
    """The words of a response of any kind."""
    return tuple(_parsed(response))


def _is_number(value: Any) -> bool:
    """Whether it can be a UID or a sequence number (RFC 9051, section 9: nz-number)."""
    return isinstance(value, int) and 0 < value < 2**32


def _parsed(response: Untagged) -> Any:
    try:
        return parse_records(response.records)
    except GrammarError as error:
        raise _nonsense(response.kind) from error


@dataclass(frozen=True, slots=True)
class Vanished:
    """VANISHED (RFC 7162, 3.2.10): UIDs as ascending ranges that do not touch.

    ``is_earlier`` when they went before this session could count them.
    """

    uids: tuple[range, ...]
    is_earlier: bool


def vanished_from(response: Untagged) -> Vanished:
    items = _parsed(response)
    try:
        uids = merged_ranges(ranges_in(_text(items[-1]) if items else ""))
    except ValueError as error:
        raise _nonsense(response.kind) from error
    return Vanished(uids, is_earlier=isinstance(items[0], tuple) if items else False)


def tells_flags(response: Untagged) -> bool:
    """Whether a FETCH response may say something new of a message's flags."""
    heads = (r if isinstance(r, bytes) else r[0] for r in response.records)
    return any(b"FLAGS" in head or b"MODSEQ" in head for head in heads)


def words_of(reply: Reply, kind: str) -> frozenset[str]:
    """The words of an untagged response such as ENABLED, in upper case."""
    return frozenset(_text(w).upper() for r in reply.of(kind) for w in _parsed(r))


def id_fields(reply: Reply) -> dict[str, str]:
    """What ID (RFC 2971) tells, at most 30 fields."""
    told = next((words_in(response)[:1] for response in reply.of("ID")), ())
    pairs = told[0] if told and isinstance(told[0], tuple) else ()
    named = zip(pairs[:60:2], pairs[1:60:2], strict=False)
    return {_text(k).lower(): _text(v)[:1024] for k, v in named}


def uid_ranges(reply: Reply) -> tuple[range, ...]:
    """The UIDs a SEARCH or ESEARCH found, as ascending ranges that do not touch."""
    try:
        return merged_ranges(
            (
                *ranges_in(_text(extended_search(reply).get("ALL", b""))),
                *(range(number, number + 1) for number in numbers_from(reply)),
            )
        )
    except ValueError as error:
        raise _nonsense("SEARCH") from error


def flag_state_from_fetch(items: dict[bytes, Any]) -> FlagState | None:
    """None for a response that does not say whose flags, or none."""
    if not isinstance(items.get(b"UID"), int) or not isinstance(items.get(b"FLAGS"), tuple):
        return None
    return FlagState(items[b"UID"], flags_from(items[b"FLAGS"]), _modseq(items))


def facts_from_fetch(items: dict[bytes, Any], mailbox: str, uidvalidity: int) -> MessageFacts:
    fields = split_fields(body_of(items, b"BODY[HEADER"))
    thread = items.get(b"THREADID") or items.get(b"X-GM-THRID")
    email = items.get(b"EMAILID")
    return MessageFacts(
        ref=MessageRef(mailbox, uidvalidity, items[b"UID"]),
        modseq=_modseq(items),
        flags=flags_from(items.get(b"FLAGS") or ()),
        size_bytes=_int(items.get(b"RFC822.SIZE")),
        internal_date=_internal_date(_bytes(items.get(b"INTERNALDATE"))),
        envelope=envelope_from_fields(fields),
        media_type=_media_type(first(fields, "content-type")),
        thread_id=_text(thread[0] if isinstance(thread, tuple) else thread),
        email_id=_text(email[0] if isinstance(email, tuple) and email else None),
    )


def _media_type(field: bytes) -> str:
    """What a message without the field is: RFC 2045, 5.2."""
    value = field.partition(b";")[0].strip().lower().decode("utf-8", "replace")
    return value if "/" in value else "text/plain"


def _modseq(items: dict[bytes, Any]) -> int:
    told = items.get(b"MODSEQ")
    return _int(told[0]) if isinstance(told, tuple) and told else 0


def _nonsense(kind: str) -> Unreachable:
    return Unreachable(f"The mail server sent a {kind} response that cannot be read.", reason="cut")
