"""MIME parts on their way out: what encodes each and how the tree is written.

A part goes straight into one growing buffer, so that a large attachment is in memory
once as it came and once as it is sent.
"""

import binascii
import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from urllib.parse import unquote

from webmail.message import fields

_PLAIN = re.compile(rb"[\t\n -~]*")
_LONG_LINE = re.compile(rb"[^\r\n]{999}")
_LONG_TEXT_LINE = re.compile(rb"[^\n]{79}")
_BARE_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_BCC_FIELD = re.compile(
    rb"^(?:resent-)?bcc[ \t]*:.*(?:\n[ \t].*)*\n?", re.IGNORECASE | re.MULTILINE
)
_MEDIA_TYPE = re.compile(
    r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9!#$&^_.+-]{1,80}"
)
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,200}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part with content; ``head`` holds whole fields but for the encoding's."""

    head: bytes
    encoding: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Multipart:
    """``parameters`` are further ones of Content-Type, such as ``report-type``."""

    subtype: str
    children: tuple["Node", ...]
    parameters: tuple[tuple[str, str], ...] = ()


Node = Leaf | Multipart


def text_leaf(media_type: str, text: str, *, format_: str = "") -> Leaf:
    """Text in UTF-8, as 7bit where every reader takes it, else the shorter encoding."""
    content = text.encode("utf-8", "replace")
    parameters = {"charset": "utf-8"} | ({"format": format_} if format_ else {})
    head = fields.token_field("Content-Type", media_type, parameters)
    if _PLAIN.fullmatch(content) and not _LONG_TEXT_LINE.search(content):
        return Leaf(head, "7bit", content.replace(b"\n", b"\r\n"))
    quoted = binascii.b2a_qp(content, istext=True)
    if len(quoted) <= 4 * len(content) // 3 + 80:
        return Leaf(head, "quoted-printable", quoted.replace(b"\n", b"\r\n"))
    return Leaf(head, "base64", content.replace(b"\n", b"\r\n"))


def attachment_leaf(
    filename: str,
    media_type: str,
    content: bytes,
    *,
    inline_id: str = "",
    eight_bits: bool = True,
) -> Leaf:
    """A file; its octets arrive as they are.

    An attached message is no file: it gets CRLF at its line ends and goes without its Bcc.
    Where it could only go as ``8bit`` and nothing takes that, it is a file all the same.
    """
    encoding = "base64"
    if media_type == "message/rfc822":
        content = without_bcc(without_bare_breaks(content))
        encoding = _message_encoding(content)
        if encoding == "8bit" and not eight_bits:
            encoding = "base64"
    if encoding == "base64":
        media_type = media_type if _MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"
    return Leaf(_attachment_head(filename, media_type, content, inline_id), encoding, content)


def without_bare_breaks(content: bytes) -> bytes:
    """CRLF at every line end (T48)."""
    return _BARE_BREAK.sub(b"\r\n", content)


def without_bcc(content: bytes) -> bytes:
    """Passing on one's own message must not tell who else got it (T73)."""
    end = content.find(b"\r\n\r\n")
    head = content if end < 0 else content[: end + 2]
    kept = _BCC_FIELD.sub(b"", head)
    return content if len(kept) == len(head) else kept + content[len(head) :]


def _message_encoding(content: bytes) -> str:
    """7bit or 8bit, all that RFC 2046, 5.2.1, allows; base64 for what fits neither.

    A message with NUL or endless lines then travels as a file of octets.
    """
    if b"\0" in content or _LONG_LINE.search(content):
        return "base64"
    return "7bit" if content.isascii() else "8bit"


def _attachment_head(filename: str, media_type: str, content: bytes, inline_id: str) -> bytes:
    parameters = {"name": filename} if filename else {}
    if media_type.startswith("text/") and not content.isascii() and _is_utf8(content):
        parameters["charset"] = "utf-8"
    head = fields.token_field("Content-Type", media_type, parameters)
    named = {"filename": filename} if filename else {}
    if not inline_id:
        return head + fields.token_field("Content-Disposition", "attachment", named)
    head += fields.token_field("Content-Disposition", "inline", named)
    return head + f"Content-ID: <{inline_id}>\r\n".encode()


def names_picture(html: str, content_id: str) -> bool:
    """Whether the html shows the picture of that Content-ID."""
    if not is_content_id(content_id):
        return False
    return f"cid:{content_id}" in unquote(unescape(html))


def is_content_id(text: str) -> bool:
    return _CONTENT_ID.fullmatch(text) is not None


def _is_utf8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), 65536):
            decoder.decode(content[start : start + 65536])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def write_node(out: BytesIO, node: Node, seed: str) -> None:
    """The fields of the part, an empty line, and its content.

    ``seed`` makes the boundaries: one message has the same ones however often it is built.
    """
    if isinstance(node, Leaf):
        _write_leaf(out, node)
    else:
        _write_multipart(out, node, seed)


def about_size(node: Node) -> int:
    """No less than ``write_node`` writes, unless heads are very long."""
    return sum(
        2048 + (len(leaf.content) // 57 + 1) * 78
        if leaf.encoding == "base64"
        else 2048 + len(leaf.content)
        for leaf in leaves(node)
    )


def _write_leaf(out: BytesIO, leaf: Leaf) -> None:
    out.write(leaf.head + f"Content-Transfer-Encoding: {leaf.encoding}\r\n\r\n".encode())
    if leaf.encoding == "base64":
        out.writelines(_base64_lines(leaf.content))
    else:
        out.write(leaf.content)


def _base64_lines(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    for start in range(0, len(content), 57):
        yield binascii.b2a_base64(view[start : start + 57], newline=False) + b"\r\n"


def _write_multipart(out: BytesIO, node: Multipart, seed: str) -> None:
    boundary = _boundary(node, seed)
    parameters = {"boundary": boundary, **dict(node.parameters)}
    if node.subtype == "related":
        parameters["type"] = "text/html"
    out.write(fields.token_field("Content-Type", f"multipart/{node.subtype}", parameters))
    for place, child in enumerate(node.children):
        out.write(f"\r\n--{boundary}\r\n".encode())
        write_node(out, child, f"{seed}.{place}")
    out.write(f"\r\n--{boundary}--\r\n".encode())


def _boundary(node: Multipart, seed: str) -> str:
    """``=_`` is found in neither base64 nor quoted-printable; other content is searched."""
    contents = [leaf.content for leaf in leaves(node) if leaf.encoding in ("7bit", "8bit")]
    while True:
        boundary = "=_" + hashlib.sha256(f"{node.subtype} {seed}".encode()).hexdigest()[:28]
        if not any(boundary.encode() in content for content in contents):
            return boundary
        seed += "+"


def leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for child in node.children:
            yield from leaves(child)
