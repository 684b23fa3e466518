"""What a server answers with, taken apart as far as every answer is alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODE = re.compile(rb"\[([A-Za-z0-9.-]+)(?: ([^\]]*))?\] ?(.*)", re.DOTALL)
_TIMING = re.compile(r" \([0-9.]+ \+ [0-9.+ ]+ secs\)\.?$")  # Dovecot 2.3 tells how long it took

Record = bytes | tuple[bytes, bytes]
"""A piece of a response: a line, or the text up to and with ``{n}`` and its literal."""


@dataclass(frozen=True, slots=True)
class Untagged:
    """One untagged response.

    ``number`` is the number before the kind (``* 4 EXPUNGE``), else 0.  ``records`` is
    what follows the kind.  ``code`` and ``text`` are those of a status response.
    """

    kind: str
    number: int
    records: tuple[Record, ...]
    code: str = ""
    argument: bytes = b""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What answered one command: the untagged responses in order, then the tagged one.

    ``status`` is OK, NO or BAD.
    """

    status: str
    untagged: tuple[Untagged, ...]
    code: str
    argument: bytes
    text: str

    def of(self, kind: str) -> Iterator[Untagged]:
        return (response for response in self.untagged if response.kind == kind)

    def find_code(self, code: str) -> bytes | None:
        """The argument of a response code, in the tagged line or an untagged OK."""
        if self.code == code:
            return self.argument
        return next((r.argument for r in self.of("OK") if r.code == code), None)


def quoted_words(octets: bytes) -> str:
    """A server's text for people: UTF-8 where it is, no control characters, 500 at most."""
    text = _TIMING.sub("", octets.decode("utf-8", "replace"))
    return "".join(c if c.isprintable() else " " for c in text).strip()[:500]


def status_parts(rest: bytes) -> tuple[str, bytes, str]:
    """Response code, its argument, and the text for people."""
    found = _CODE.match(rest)
    if found is None:
        return "", b"", quoted_words(rest)
    return found[1].decode().upper(), found[2] or b"", quoted_words(found[3])
