"""Pieces of DER that asn1crypto has no class for, and how much of it is read."""

from asn1crypto import cms, core

MAX_CMS_BYTES = 8_000_000
# Content in pieces of a kilobyte comes to half of them; each costs a hundred times its octets.
_MOST_ITEMS = 20_000


def load_cms(der: bytes) -> cms.ContentInfo:
    """Raises ValueError, also where it consists of more items than a message has."""
    octets = der[:MAX_CMS_BYTES]
    _check_items(octets)
    return cms.ContentInfo.load(octets)


def _check_items(octets: bytes) -> None:
    """Each has to end inside of what holds it, or else others could hide behind it."""
    at = 0
    inside: list[tuple[int, bool]] = []  # where each ends at the latest; whether a mark ends it
    for _ in range(_MOST_ITEMS):
        start, length = _head(octets, at)
        limit, has_mark = inside[-1] if inside else (len(octets), False)
        end = limit if length is None else start + length
        if end > limit:
            raise ValueError("an item is longer than what holds it")
        if has_mark and octets[at:start] == b"\0\0":
            inside.pop()
            at = start
        elif octets[at] & 0x20:
            inside.append((end, length is None))
            at = start
        else:
            at = end
        while inside and inside[-1] == (at, False):
            inside.pop()
        if not inside:
            return
    raise ValueError("too many items")


def _head(octets: bytes, at: int) -> tuple[int, int | None]:
    """Where the content begins, and its length: None where a mark ends it (X.690, section 8.1)."""
    try:
        at += 1
        if octets[at - 1] & 0x1F == 0x1F:
            while octets[at] & 0x80:
                at += 1
            at += 1
        length, at = octets[at], at + 1
    except IndexError:
        raise ValueError("an item is cut off") from None
    if length < 0x80:
        return at, length
    more = length & 0x7F
    return at + more, int.from_bytes(octets[at : at + more], "big") if more else None


def sequence(*items: core.Asn1Value) -> core.SequenceOf:
    """A SEQUENCE of items of any kind."""
    made = core.SequenceOf(spec=core.Any)
    for each in items:
        made.append(core.Any(each))
    return made
