"""What was found in a file of Outlook's, written as the message it stands for.

The message is never sent: it is parsed again by the same code that reads every other one,
so that its text, its pictures and its files need no second way to be shown.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
_MEDIA_TYPE = re.compile(r"(?!multipart/)[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
UNNAMED = "Untitled Attachment"


@dataclass(frozen=True, slots=True)
class EnclosedFile:
    name: str
    content: bytes
    media_type: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """``fields`` are header fields as text; ``html`` is the source as it came."""

    fields: tuple[tuple[str, str], ...] = ()
    text: str = ""
    html: str = ""
    files: tuple[EnclosedFile, ...] = ()


def written_address(name: str, addr_spec: str) -> str:
    """``"Ann Lee" <ann@example.org>``, or the name alone where there is no address."""
    quoted = _one_line(name).replace("\\", "\\\\").replace('"', '\\"')
    if "@" not in addr_spec:
        return f'"{quoted}"' if quoted else ""
    bare = re.sub(r"[\s<>]", "", addr_spec)
    return f'"{quoted}" <{bare}>' if quoted and quoted != bare else f"<{bare}>"


def message_bytes(enclosed: Enclosed) -> bytes:
    """The message; its boundary cannot be foreseen by who wrote the content."""
    digest = hashlib.sha256(f"{enclosed.text}\0{enclosed.html}".encode("utf-8", "replace"))
    for file in enclosed.files:
        digest.update(file.content)
    boundary = f"=_{digest.hexdigest()[:40]}"
    head = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in enclosed.fields if value)
    head += f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
    parts = (*_texts(enclosed, f"{boundary}.1"), *map(_file, enclosed.files))
    delimiter = f"\r\n--{boundary}\r\n".encode()
    closing = f"\r\n--{boundary}--\r\n".encode()
    return b"".join((head.encode("utf-8", "replace"), *(delimiter + p for p in parts), closing))


def _texts(enclosed: Enclosed, boundary: str) -> Iterator[bytes]:
    if not (enclosed.text or enclosed.html or enclosed.files):
        yield b"Content-Type: text/plain\r\n\r\n"
    texts = [
        f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n{text}".encode("utf-8", "replace")
        for kind, text in (("plain", enclosed.text), ("html", enclosed.html))
        if text
    ]
    if len(texts) < 2:
        yield from texts
        return
    head = f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    inner = b"".join(f"\r\n--{boundary}\r\n".encode() + text for text in texts)
    yield head.encode() + inner + f"\r\n--{boundary}--\r\n".encode()


def _file(file: EnclosedFile) -> bytes:
    kind = file.media_type.strip().lower()
    kind = kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
    name = quote(_one_line(file.name) or UNNAMED, safe="", errors="replace")
    head = f"Content-Type: {kind}\r\nContent-Disposition: attachment; filename*=utf-8''{name}\r\n"
    if file.content_id:
        head += f"Content-ID: <{_one_line(file.content_id)}>\r\n"
    return f"{head}Content-Transfer-Encoding: binary\r\n\r\n".encode("utf-8", "replace") + (
        file.content
    )


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()
