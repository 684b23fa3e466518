"""A message from what was written: headers, parts, and the two byte strings of one build.

The tree, outermost first, each level only where it is needed::

    multipart/mixed
      multipart/alternative
        text/plain
        multipart/related
          text/html
          pictures that the html names by cid:
      attachments
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import format_datetime, getaddresses
from io import BytesIO

from webmail.message import fields
from webmail.message.addr_spec import BadAddress, wire_addr_spec, wire_domain
from webmail.message.address import Address
from webmail.message.flowed import flow
from webmail.message.parts import (
    Multipart,
    Node,
    about_size,
    attachment_leaf,
    leaves,
    names_picture,
    text_leaf,
    write_node,
)

_ALWAYS = {"From", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
_OPTIONAL = {"In-Reply-To", "References", "User-Agent", "Autocrypt"}
_OPTIONAL |= {"Content-Transfer-Encoding", "Content-Disposition"}


class BuildError(ValueError):
    """The message cannot be built; the sentence says why, for the one who wrote it."""


@dataclass(frozen=True, slots=True)
class DraftAttachment:
    """A file.  ``content_id`` (no angle brackets) is set for a picture inside the html.

    ``media_type`` may be ``message/rfc822``; ``content`` is then a whole message.
    """

    filename: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the composer holds.

    ``html`` has been sanitised for compose, or is empty for a message of plain text;
    ``text`` says the same in plain text.  ``asks_receipt``: by the author, for the author
    (RFC 8098, section 2.1).  ``autocrypt``: the content of that field, folded.
    ``in_reply_to`` and ``references`` are message identifiers with their angle brackets,
    oldest first.
    """

    from_: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[DraftAttachment, ...] = ()
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    asks_receipt: bool = False
    autocrypt: bytes = b""


@dataclass(frozen=True, slots=True)
class BuiltMessage:
    """The bytes of a message, frozen, and its envelope in the sense of SMTP.

    ``wire`` has no Bcc field; ``sent`` is the same with it.  Every line ends in CRLF and
    has at most 998 octets.  ``needs_smtputf8`` (RFC 6531) is true only for an address
    whose local part is not ASCII; ``needs_8bitmime`` (RFC 6152) for that, and for an
    attached message with octets above 127.
    """

    wire: bytes
    sent: bytes
    mail_from: str
    rcpt_to: tuple[str, ...]
    needs_smtputf8: bool = False
    needs_8bitmime: bool = False


def new_message_id(domain: str) -> str:
    """A message identifier nobody can guess, at a domain of the sender."""
    try:
        return f"<{secrets.token_hex(16)}@{wire_domain(domain)}>"
    except BadAddress as error:
        raise BuildError(str(error)) from None


def build(
    draft: Draft,
    *,
    message_id: str,
    date: datetime,
    user_agent: str = "",
    eight_bits: bool = True,
) -> BuiltMessage:
    """The same draft, identifier and date give the same bytes.

    A draft without recipients can be built too, to be kept.  Without ``eight_bits`` the
    server takes no octet above 127 (no 8BITMIME).  Raises BuildError.
    """
    root = tree(draft, eight_bits=eight_bits)
    return assemble(
        draft,
        lambda out: write_node(out, root, message_id),
        message_id=message_id,
        date=date,
        user_agent=user_agent,
        needs_8bitmime=any(leaf.encoding == "8bit" for leaf in leaves(root)),
        about_bytes=about_size(root),
    )


def assemble(
    draft: Draft,
    write: Callable[[BytesIO], None],
    *,
    message_id: str,
    date: datetime,
    user_agent: str = "",
    needs_8bitmime: bool = False,
    about_bytes: int = 0,
) -> BuiltMessage:
    """The same with a body of which ``write`` writes all from Content-Type on.

    ``about_bytes`` is about how many octets that are.
    """
    _check_arguments(message_id, date)
    try:
        head = _head(draft, message_id, date, user_agent)
        bcc = fields.address_field("Bcc", draft.bcc) if draft.bcc else b""
        mail_from, *rcpt_to = [
            wire_addr_spec(a.addr_spec) for a in (draft.from_, *_everyone(draft))
        ]
    except BadAddress as error:
        raise BuildError(str(error)) from None
    out = BytesIO()
    # Its room at once: grown piece by piece, each thread's allocator would keep what was outgrown.
    out.seek(len(head) + about_bytes)
    out.write(b"\0")
    out.seek(0)
    out.write(head)
    write(out)
    out.truncate()
    wire = out.getvalue()
    _check_wire(wire, draft)
    is_utf8 = not (head + bcc).isascii()
    return BuiltMessage(
        wire=wire,
        sent=b"".join((bcc, memoryview(wire))) if bcc else wire,
        mail_from=mail_from,
        rcpt_to=tuple(dict.fromkeys(rcpt_to)),
        needs_smtputf8=is_utf8,
        needs_8bitmime=is_utf8 or needs_8bitmime,
    )


def _check_arguments(message_id: str, date: datetime) -> None:
    if not fields.is_message_id(message_id):
        raise BuildError(f"{message_id!r} cannot be a Message-ID.")
    if date.utcoffset() is None:
        raise BuildError("The date of a message needs its offset from UTC.")


def _everyone(draft: Draft) -> tuple[Address, ...]:
    return (*draft.to, *draft.cc, *draft.bcc)


def _address_lists(draft: Draft) -> dict[str, tuple[Address, ...]]:
    every = {"From": (draft.from_,), "To": draft.to, "Cc": draft.cc, "Reply-To": draft.reply_to}
    if draft.asks_receipt:
        every["Disposition-Notification-To"] = (draft.from_,)
    return {name: addresses for name, addresses in every.items() if addresses}


def _head(draft: Draft, message_id: str, date: datetime, user_agent: str) -> bytes:
    """All fields of the message but Bcc and those of MIME, which depend on the parts."""
    head = [head_fields(draft, message_id), fields.text_field("Date", format_datetime(date))]
    if draft.autocrypt:
        head.append(b"Autocrypt: " + draft.autocrypt + b"\r\n")
    if fields.one_line(user_agent):
        head.append(fields.text_field("User-Agent", user_agent))
    return b"".join(head) + b"MIME-Version: 1.0\r\n"


def head_fields(draft: Draft, message_id: str) -> bytes:
    """Whom and what it is about: all but Bcc, the date, and what is about the message itself.

    Raises BuildError.
    """
    try:
        head = [fields.address_field(name, each) for name, each in _address_lists(draft).items()]
    except BadAddress as error:
        raise BuildError(str(error)) from None
    head.append(fields.text_field("Subject", draft.subject))
    head.append(fields.ids_field("Message-ID", (message_id,)))
    for name, ids in (("In-Reply-To", draft.in_reply_to), ("References", draft.references)):
        kept = _capped(ids)
        if kept:
            head.append(fields.ids_field(name, kept))
    return b"".join(head)


def _capped(ids: tuple[str, ...]) -> list[str]:
    """The first, which names the thread, and the newest twenty."""
    valid = [each for each in dict.fromkeys(ids) if fields.is_message_id(each)]
    return valid if len(valid) <= 21 else [valid[0], *valid[-20:]]


def tree(draft: Draft, *, eight_bits: bool = True) -> Node:
    inline = [a for a in draft.attachments if _is_shown(a, draft.html)]
    others = [a for a in draft.attachments if a not in inline]
    body: Node = text_leaf("text/plain", flow(_lines(draft.text)), format_="flowed")
    if draft.html:
        body = Multipart("alternative", (body, _html_tree(draft.html, inline)))
    if not others:
        return body
    files = [
        attachment_leaf(a.filename, a.media_type.lower(), a.content, eight_bits=eight_bits)
        for a in others
    ]
    return Multipart("mixed", (body, *files))


def _html_tree(html: str, inline: list[DraftAttachment]) -> Node:
    page = text_leaf("text/html", _lines(html) + "\n")
    if not inline:
        return page
    pictures = [
        attachment_leaf(a.filename, a.media_type.lower(), a.content, inline_id=a.content_id)
        for a in inline
    ]
    return Multipart("related", (page, *pictures))


def _is_shown(attachment: DraftAttachment, html: str) -> bool:
    """Only a picture that the html names goes with the html; the rest are files."""
    return names_picture(html, attachment.content_id)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _check_wire(wire: bytes, draft: Draft) -> None:
    """Reads our own bytes with another parser: no field added, nobody else named (T46)."""
    head = wire[: wire.index(b"\r\n\r\n") + 4]
    seen = list(BytesHeaderParser(policy=compat32).parsebytes(head).raw_items())
    names = {name for name, _ in seen}
    lists = _address_lists(draft)
    if len(names) != len(seen) or not _ALWAYS | set(lists) <= names <= _ALWAYS | _OPTIONAL | set(
        lists
    ):
        raise BuildError("The fields of this message came out wrong, so it was not built.")
    for name, addresses in lists.items():
        written = [spec for _, spec in getaddresses([_utf8(dict(seen)[name])])]
        if written != [wire_addr_spec(address.addr_spec) for address in addresses]:
            raise BuildError(f"The addresses in {name} came out wrong, so it was not built.")
    if not wire.count(b"\r\n") == wire.count(b"\n") == wire.count(b"\r"):
        raise BuildError("The lines of this message came out wrong, so it was not built.")


def _utf8(raw: str) -> str:
    return raw.encode("ascii", "surrogateescape").decode()
