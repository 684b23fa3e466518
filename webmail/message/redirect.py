"""A message sent on as it is, under a block that says by whom (RFC 5322, section 3.6.6).

From, Date, Message-ID and all that is signed stay what they were; only the Resent fields in
front are ours.  Two things cannot go along: the Bcc of one's own message (T73), and line ends
that would let it pose as two (T48).
"""

from collections.abc import Sequence
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, getaddresses

from webmail.message import fields
from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address, parse_address_list
from webmail.message.build import BuildError, BuiltMessage
from webmail.message.charset import decode_text
from webmail.message.header import first, is_field_line, split_fields
from webmail.message.parts import without_bare_breaks, without_bcc

ID_FIELD = "Resent-Message-ID"
_NO_HEADER = "This message does not begin with a header; forward it as an attachment instead."
_WRONG = "The fields of this message came out wrong, so it was not redirected."


def build_redirect(
    original: bytes,
    *,
    from_: Address,
    to: Sequence[Address] = (),
    cc: Sequence[Address] = (),
    bcc: Sequence[Address] = (),
    message_id: str,
    date: datetime,
) -> BuiltMessage:
    """``message_id`` is that of the redirection.  Raises BuildError."""
    if not fields.is_message_id(message_id) or date.utcoffset() is None:
        raise BuildError("A redirection needs an identifier, and a date with its offset.")
    original = _sendable(original)
    shown = {"Resent-From": (from_,), "Resent-To": tuple(to), "Resent-Cc": tuple(cc)}
    lists = {name: addresses for name, addresses in shown.items() if addresses}
    try:
        lines = [fields.address_field(name, addresses) for name, addresses in lists.items()]
        hidden = fields.address_field("Resent-Bcc", bcc) if bcc else b""
        mail_from, *rcpt_to = [wire_addr_spec(a.addr_spec) for a in (from_, *to, *cc, *bcc)]
    except BadAddress as problem:
        raise BuildError(str(problem)) from None
    lines.append(fields.text_field("Resent-Date", format_datetime(date)))
    lines.append(fields.ids_field(ID_FIELD, (message_id,)))
    block = b"".join(lines)
    wire = block + original
    _check(wire, block, original, lists)
    return BuiltMessage(
        wire=wire,
        sent=hidden + wire,
        mail_from=mail_from,
        rcpt_to=tuple(dict.fromkeys(rcpt_to)),
        needs_smtputf8=not (block + hidden).isascii() or _is_internationalized(original),
        needs_8bitmime=not wire.isascii(),
    )


def _sendable(original: bytes) -> bytes:
    """Without its Bcc, with CRLF at its line ends, the last one included."""
    original = without_bcc(without_bare_breaks(original))
    if not is_field_line(original.partition(b"\r\n")[0]):
        raise BuildError(_NO_HEADER)
    return original if original.endswith(b"\r\n") else original + b"\r\n"


def _check(
    wire: bytes, block: bytes, original: bytes, lists: dict[str, tuple[Address, ...]]
) -> None:
    """Reads our own bytes with another parser: the block says what it should and nothing more,
    and what follows it is the header of the original (T46)."""
    seen, before = _fields(wire), _fields(original)
    ours = seen[: len(seen) - len(before)]
    names = [name for name, _ in ours]
    if names != [*lists, "Resent-Date", ID_FIELD] or seen[len(ours) :] != before:
        raise BuildError(_WRONG)
    for (name, value), addresses in zip(ours, lists.values(), strict=False):
        text = value.encode("ascii", "surrogateescape").decode()
        written = [spec for _, spec in getaddresses([text])]
        if written != [wire_addr_spec(address.addr_spec) for address in addresses]:
            raise BuildError(f"The addresses in {name} came out wrong, so it was not redirected.")
    if not wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r"):
        raise BuildError(_WRONG)


def _fields(raw: bytes) -> list[tuple[str, str]]:
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return list(BytesHeaderParser(policy=compat32).parsebytes(head).raw_items())


def _is_internationalized(original: bytes) -> bool:
    """Whether its header is in UTF-8 (RFC 6532); octets of an older charset are not."""
    head = original.partition(b"\r\n\r\n")[0]
    if head.isascii():
        return False
    try:
        head.decode()
    except UnicodeDecodeError:
        return False
    return True


def read_resent(raw: bytes) -> dict[str, tuple[Address, ...]]:
    """The newest Resent-To, -Cc and -Bcc of a message; those that are there."""
    found = split_fields(raw)
    read = {each: first(found, f"Resent-{each}") for each in ("to", "cc", "bcc")}
    return {each: parse_address_list(decode_text(value)) for each, value in read.items() if value}
