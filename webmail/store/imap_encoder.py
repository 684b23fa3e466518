"""The one encoder of IMAP commands: nothing a person, a message or a server wrote goes out
bare (T43, T44)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webmail.store.protocol import Refused

QUOTED_LIMIT = 255


class Atom(str):
    """Grammar of ours, sent bare; never text of a person, a message or a server."""

    __slots__ = ()

    def __new__(cls, word: str) -> "Atom":
        if not word or not word.isascii() or any(c < " " or c in '{"\x7f' for c in word):
            raise ValueError(f"{word!r} cannot be sent bare")
        return super().__new__(cls, word)


@dataclass(frozen=True, slots=True)
class Answer:
    """A line of its own, sent when the server asks for it (AUTHENTICATE)."""

    line: bytes


Argument = Atom | str | bytes | int | Answer | Sequence["Argument"]
"""An Atom goes out bare, an int as digits, a str quoted or as a literal, bytes as a
literal, a sequence in parentheses."""


@dataclass(frozen=True, slots=True)
class Literal:
    octets: bytes


Piece = bytes | Literal | Answer


def encode(argument: Argument) -> Iterator[Piece]:
    """The bytes of one argument, broken where a literal stands."""
    match argument:
        case Atom():
            yield argument.encode("ascii")
        case bool():
            raise TypeError("a boolean has no form in IMAP")
        case int():
            yield b"%d" % argument
        case bytes():
            yield Literal(argument)
        case str():
            yield _astring(argument)
        case Answer():
            yield argument
        case _:
            yield b"("
            for place, item in enumerate(argument):
                if place:
                    yield b" "
                yield from encode(item)
            yield b")"


def _astring(text: str) -> bytes | Literal:
    if "\0" in text:
        raise Refused("A mail server cannot be asked for a NUL character.", code="CANNOT")
    octets = text.encode("utf-8", "replace")
    if len(octets) <= QUOTED_LIMIT and all(32 <= octet < 127 for octet in octets):
        return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return Literal(octets)


def command_pieces(name: str, arguments: Sequence[Argument]) -> Iterator[Piece]:
    yield name.encode("ascii")
    for argument in arguments:
        if not isinstance(argument, Answer):
            yield b" "
        yield from encode(argument)
