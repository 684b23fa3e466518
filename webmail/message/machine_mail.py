"""Messages that one mail program writes to another: answers, confirmations, reports.

Their parts are the caller's; the header and the two byte strings are made here, as
``build.py`` makes them of what people write.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, getaddresses
from io import BytesIO

from webmail.message import fields
from webmail.message.addr_spec import BadAddress, wire_addr_spec
from webmail.message.address import Address
from webmail.message.build import BuildError, BuiltMessage
from webmail.message.parts import Leaf, Node, leaves, write_node

_NEEDED = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version"}
_POSSIBLE = {"In-Reply-To", "References", "Auto-Submitted"}


def build_machine_mail(
    *,
    from_: Address,
    to: Sequence[Address],
    subject: str,
    root: Node,
    message_id: str,
    date: datetime,
    more: Iterable[tuple[str, str]] = (),
    about: tuple[str, ...] = (),
    has_null_sender: bool = False,
) -> BuiltMessage:
    """``more`` are further unstructured fields, ``about`` the Message-IDs it answers.

    ``has_null_sender`` lets nothing come back to it (RFC 8098, section 3).  Raises
    BuildError.
    """
    try:
        head = [fields.address_field("From", [from_]), fields.address_field("To", to)]
        mail_from = "" if has_null_sender else wire_addr_spec(from_.addr_spec)
        rcpt_to = tuple(dict.fromkeys(wire_addr_spec(each.addr_spec) for each in to))
    except (BadAddress, IndexError) as error:
        raise BuildError(str(error) or "It has nobody to go to.") from None
    head.append(fields.text_field("Subject", subject))
    head.append(fields.text_field("Date", format_datetime(date)))
    head.append(fields.ids_field("Message-ID", (message_id,)))
    ids = [each for each in about if fields.is_message_id(each)]
    if ids:
        head += [fields.ids_field(name, ids[-1:]) for name in ("In-Reply-To", "References")]
    head += [fields.text_field(name, value) for name, value in more if value]
    head.append(b"MIME-Version: 1.0\r\n")
    _check_head(b"".join(head), from_, to)
    out = BytesIO()
    out.write(b"".join(head))
    write_node(out, root, message_id)
    return _checked(out.getvalue(), mail_from, rcpt_to, root)


def _check_head(head: bytes, from_: Address, to: Sequence[Address]) -> None:
    """Reads our own bytes with another parser: no field twice, nobody else named (T46)."""
    seen = list(BytesHeaderParser(policy=compat32).parsebytes(head).raw_items())
    names = dict(seen)
    if len(names) != len(seen) or not _NEEDED <= names.keys() <= _NEEDED | _POSSIBLE:
        raise BuildError("The fields of this message came out wrong, so it was not built.")
    for name, addresses in (("From", [from_]), ("To", to)):
        text = names[name].encode("ascii", "surrogateescape").decode()
        if [spec for _, spec in getaddresses([text])] != [
            wire_addr_spec(address.addr_spec) for address in addresses
        ]:
            raise BuildError(f"The addresses in {name} came out wrong, so it was not built.")


def _checked(wire: bytes, mail_from: str, rcpt_to: tuple[str, ...], root: Node) -> BuiltMessage:
    if not wire.endswith(b"\r\n"):
        wire += b"\r\n"
    if not wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r"):
        raise BuildError("The lines of this message came out wrong, so it was not built.")
    is_utf8 = not wire.partition(b"\r\n\r\n")[0].isascii()
    return BuiltMessage(
        wire=wire,
        sent=wire,
        mail_from=mail_from,
        rcpt_to=rcpt_to,
        needs_smtputf8=is_utf8,
        needs_8bitmime=is_utf8 or any(leaf.encoding == "8bit" for leaf in leaves(root)),
    )


def plain_leaf(media_type: str, content: bytes, **parameters: str) -> Leaf:
    """A part of lines for machines: as it is where it may, else in base64.

    ``content`` has CRLF line ends.  Parts of message/* must be as they are (RFC 2046, 5.2).
    """
    head = fields.token_field("Content-Type", media_type, parameters)
    is_plain = b"\0" not in content and all(len(line) <= 998 for line in content.split(b"\r\n"))
    if content.isascii() and is_plain:
        return Leaf(head, "7bit", content)
    if media_type.startswith("message/") and is_plain:
        return Leaf(head, "8bit", content)
    return Leaf(head, "base64", content)
