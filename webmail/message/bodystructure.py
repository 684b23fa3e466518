"""The tree of parts of a message: RFC 9051, section 7.5.2, BODYSTRUCTURE."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A node of BODYSTRUCTURE.

    ``section`` is the part specifier of RFC 9051, 6.4.5 (``1.2``); the root of a
    multipart message has the empty one, a message that is not multipart has ``1``.
    ``media_type`` is lower case (``text/plain``).  ``charset`` is as declared, lower
    case, or empty.  ``encoding`` is the Content-Transfer-Encoding, lower case.
    ``size_bytes`` counts the octets as transferred, before decoding.  ``disposition``
    is ``attachment``, ``inline`` or empty.  ``content_id`` has no angle brackets.
    ``parameters`` are the other Content-Type parameters (``format``, ``delsp``…),
    names in lower case.
    """

    section: str
    media_type: str
    charset: str = ""
    encoding: str = "7bit"
    disposition: str = ""
    filename: str = ""
    content_id: str = ""
    size_bytes: int = 0
    parameters: tuple[tuple[str, str], ...] = ()
    children: tuple["Part", ...] = ()

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the message."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def is_multipart(self) -> bool:
        return self.media_type.startswith("multipart/")
