"""IMAP's answers as our values; the one place that touches untyped trees.

The grammar turns a response into nested tuples of bytes, int and None; what those mean is
decided here.
"""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from webmail.message.bodystructure import Part
from webmail.message.envelope import envelope_from_fields, envelope_from_header
from webmail.message.header import first, split_fields, value_and_parameters
from webmail.store.imap_grammar import GrammarError, parse_records
from webmail.store.imap_wire import Reply, Untagged
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

MAX_DEPTH = 50
MAX_PARTS = 1000
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OWN_FIELDS = ("charset", "name", "boundary")
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
            pairs = zip(items[0][::2], items[0][1::2], strict=True)
            yield {b"SEQ": response.number, **{_bytes(k).upper(): v for k, v in pairs}}


def summary_from_fetch(items: dict[bytes, Any], mailbox: str, uidvalidity: int) -> MessageSummary:
    size_bytes = _int(items.get(b"RFC822.SIZE"))
    return MessageSummary(
        ref=MessageRef(mailbox, uidvalidity, items[b"UID"]),
        envelope=envelope_from_header(body_of(items, b"BODY[HEADER")),
        flags=flags_from(items.get(b"FLAGS") or ()),
        size_bytes=size_bytes,
        internal_date=_internal_date(_bytes(items.get(b"INTERNALDATE"))),
        structure=_visible(part_from_bodystructure(items.get(b"BODYSTRUCTURE")), size_bytes),
        preview=" ".join(_bytes(items.get(b"PREVIEW")).decode("utf-8", "replace").split()),
    )


def body_of(items: dict[bytes, Any], prefix: bytes = b"BODY[") -> bytes:
    """The octets of the first BODY[...] item whose name begins with ``prefix``."""
    return next((_bytes(v) for k, v in items.items() if k.startswith(prefix)), b"")


def flags_from(words: Iterable[Any]) -> frozenset[Flag]:
    """The flags we can set again; what no client could send (``\\*``, spaces) is left out.

    So is \\Recent, which says something of the session and nothing of the message.
    """
    flags = set()
    for word in words:
        with contextlib.suppress(ValueError):
            flags.add(Flag(_bytes(word).decode("ascii", "replace")))
    return frozenset(flags - {_RECENT})


def _visible(structure: Part, size_bytes: int) -> Part:
    """The structure; for a multipart of nothing, its whole body as text.

    Dovecot 2.3 counts one empty part where no line matches the boundary, and the message
    would seem empty (corpus: alternative-04).
    """
    leaves = (part for part in structure.walk() if not part.is_multipart)
    if not structure.is_multipart or any(leaf.size_bytes for leaf in leaves):
        return structure
    return Part("TEXT", "text/plain", size_bytes=size_bytes)


def part_from_bodystructure(tree: Any) -> Part:
    """The parts as they are numbered for FETCH (RFC 9051, 6.4.5).

    The one inside a message/rfc822 part is its only child: with the section of that part
    when it is multipart, so that its children follow as ``2.1``, else ``2.1`` itself.
    """
    room = [MAX_PARTS]
    if isinstance(tree, tuple) and tree and isinstance(tree[0], tuple):
        return _multipart(tree, "", room, 0)
    return _part(tree, "1", room, 0)


def _part(tree: Any, section: str, room: list[int], depth: int) -> Part:
    room[0] -= 1
    if not isinstance(tree, tuple) or not tree or depth > MAX_DEPTH or room[0] < 0:
        return Part(section, "application/octet-stream")
    if isinstance(tree[0], tuple):
        return _multipart(tree, section, room, depth)
    return _leaf(tree, section, room, depth)


def _multipart(tree: Any, section: str, room: list[int], depth: int) -> Part:
    inner = [item for item in tree if isinstance(item, tuple)]
    end = next((i for i, item in enumerate(tree) if not isinstance(item, tuple)), len(tree))
    children = tuple(
        _part(child, f"{section}.{number}" if section else str(number), room, depth + 1)
        for number, child in enumerate(inner[: min(end, MAX_PARTS)], 1)
        if room[0] > 0
    )
    subtype = _text(tree[end]).lower() if end < len(tree) else "mixed"
    disposition, _ = _disposition(tree[end + 1 :])
    return Part(
        section,
        f"multipart/{subtype or 'mixed'}",
        disposition=disposition,
        parameters=_other(_parameters(tree[end + 1] if end + 1 < len(tree) else None)),
        children=children,
    )


def _leaf(tree: Any, section: str, room: list[int], depth: int) -> Part:
    fields = (*tree, *(None,) * (9 - len(tree)))
    media_type = f"{_text(fields[0])}/{_text(fields[1])}".lower().strip("/")
    parameters = _parameters(fields[2])
    children: tuple[Part, ...] = ()
    if media_type == "message/rfc822" and isinstance(fields[8], tuple):
        children = (_embedded(fields[8], section, room, depth + 1),)
    disposition, named = _disposition(tree[7:])
    return Part(
        section=section,
        media_type=media_type or "application/octet-stream",
        charset=parameters.get("charset", "").lower(),
        encoding=_text(fields[5]).lower() or "7bit",
        disposition=disposition,
        filename=named.get("filename") or parameters.get("name", ""),
        content_id=_text(fields[3]).strip().removeprefix("<").removesuffix(">"),
        size_bytes=_int(fields[6]),
        parameters=_other(parameters),
        children=children,
    )


def _embedded(tree: Any, section: str, room: list[int], depth: int) -> Part:
    if tree and isinstance(tree[0], tuple):
        return _multipart(tree, section, room, depth)
    return _part(tree, f"{section}.1", room, depth)


def _disposition(extensions: Any) -> tuple[str, dict[str, str]]:
    """The first of the extension fields that looks like ``("attachment" ("filename" …))``."""
    for field in extensions:
        if not isinstance(field, tuple) or len(field) != 2 or not isinstance(field[0], bytes):
            continue
        if field[1] is None or isinstance(field[1], tuple):
            # RFC 2183, 2.8: an unknown disposition is an attachment.
            word = _text(field[0]).lower()
            return "inline" if word == "inline" else "attachment", _parameters(field[1])
    return "", {}


def _parameters(pairs: Any) -> dict[str, str]:
    """Parameters decoded by the rules of the header they came from (RFC 2231, 2047)."""
    if not isinstance(pairs, tuple):
        return {}
    named = [(_bytes(k), _bytes(v)) for k, v in zip(pairs[::2], pairs[1::2], strict=False)]
    if all(v.isascii() and b"=?" not in v and b"*" not in k for k, v in named):
        plain: dict[str, str] = {}
        for name, value in named:
            plain.setdefault(_text(name).lower(), _text(value))
        return plain
    field = b"x"
    for name, value in named:
        escaped = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        field += b"; " + name + b'="' + escaped + b'"'
    return value_and_parameters(field)[1]


def _other(parameters: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((k, v) for k, v in parameters.items() if k not in _OWN_FIELDS)


def _internal_date(text: bytes) -> datetime:
    """``17-Jul-1996 02:44:25 -0700``, aware; 1970 where a server writes nonsense."""
    try:
        day, clock, zone = text.decode("ascii").split()
        number, month, year = day.split("-")
        hour, minute, second = (int(part) for part in clock.split(":"))
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        return datetime(
            *(int(year), _MONTHS.index(month.title()) + 1, int(number)),
            *(hour, minute, min(second, 59)),
            tzinfo=timezone(-offset if zone[0] == "-" else offset),
        )
    except (ValueError, IndexError):
        return _UNKNOWN_DATE


def internal_date_text(moment: datetime) -> str:
    """An aware datetime as APPEND wants it, whatever the locale."""
    if moment.tzinfo is None:
        raise ValueError("an internal date needs its zone")
    return f"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S %z}"[:26]


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
    numbers = {_text(k).lower(): _int(v) for k, v in zip(told[::2], told[1::2], strict=False)}
    known = {field: numbers.get(field, 0) for field in MailboxStatus.__dataclass_fields__}
    return "INBOX" if name.upper() == "INBOX" else name, MailboxStatus(**known)


def personal_prefix(response: Untagged) -> str:
    """The prefix of the first personal namespace (RFC 2342), such as ``INBOX.``."""
    items = _parsed(response)
    if items and isinstance(items[0], tuple) and items[0] and isinstance(items[0][0], tuple):
        return mailbox_name(_bytes(items[0][0][0]), is_utf8=False)
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
        found.update(item for item in _parsed(response) if isinstance(item, int))
    return sorted(found)


def extended_search(reply: Reply) -> dict[str, Any]:
    """ESEARCH (RFC 4731): COUNT, MIN, MAX as int, ALL as the bytes of a sequence set."""
    for response in reply.of("ESEARCH"):
        items = [i for i in _parsed(response) if not isinstance(i, tuple) and i != b"UID"]
        return {_text(k).upper(): v for k, v in zip(items[::2], items[1::2], strict=False)}
    return {}


def _parsed(response: Untagged) -> Any:
    try:
        return parse_records(response.records)
    except GrammarError as error:
        raise Unreachable(
            f"The mail server sent a {response.kind} response that cannot be read.", reason="cut"
        ) from error


def _bytes(value: Any) -> bytes:
    """A string of the grammar; what looked like a number is its digits again."""
    if isinstance(value, int):
        return b"%d" % value
    return value if isinstance(value, bytes) else b""


def _text(value: Any) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


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
    return FlagState(items[b"UID"], _known_flags(items[b"FLAGS"]), _modseq(items))


def facts_from_fetch(items: dict[bytes, Any], mailbox: str, uidvalidity: int) -> MessageFacts:
    fields = split_fields(body_of(items, b"BODY[HEADER"))
    thread = items.get(b"THREADID") or items.get(b"X-GM-THRID")
    return MessageFacts(
        ref=MessageRef(mailbox, uidvalidity, items[b"UID"]),
        modseq=_modseq(items),
        flags=_known_flags(items.get(b"FLAGS") or ()),
        size_bytes=_int(items.get(b"RFC822.SIZE")),
        internal_date=_internal_date(_bytes(items.get(b"INTERNALDATE"))),
        envelope=envelope_from_fields(fields),
        media_type=_media_type(first(fields, "content-type")),
        thread_id=_text(thread[0] if isinstance(thread, tuple) else thread),
    )


def _media_type(field: bytes) -> str:
    """What a message without the field is: RFC 2045, 5.2."""
    value = field.partition(b";")[0].strip().lower().decode("utf-8", "replace")
    return value if "/" in value else "text/plain"


@functools.lru_cache(maxsize=512)
def _known_flags(words: tuple[Any, ...]) -> frozenset[Flag]:
    """Most messages have one of a few sets of flags."""
    return flags_from(words)


def _modseq(items: dict[bytes, Any]) -> int:
    told = items.get(b"MODSEQ")
    return _int(told[0]) if isinstance(told, tuple) and told else 0


def _nonsense(kind: str) -> Unreachable:
    return Unreachable(f"The mail server sent a {kind} response that cannot be read.", reason="cut")
