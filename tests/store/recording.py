"""An IMAP server inside the process: it reads commands strictly and records them."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(rb' |([()])|"((?:[^"\\\r\n\0]|\\["\\])*)"|([^ ()"{\r\n\0\x80-\xff]+)')
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\Z")

FULL = (
    "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN ESEARCH UIDPLUS MOVE LIST-EXTENDED LIST-STATUS"
    " SPECIAL-USE CREATE-SPECIAL-USE"
)
BARE = "IMAP4rev1"
MINUS = "IMAP4rev1 LITERAL- SASL-IR AUTH=PLAIN ESEARCH UIDPLUS"


@dataclass(frozen=True)
class Text:
    """A quoted string or a literal, by its octets."""

    octets: bytes


Token = bytes | Text


@dataclass
class RecordingServer:
    """Stands where a socket would.

    ``commands`` are the commands received: the words and strings after each tag.  What is
    no command by the grammar is an AssertionError at once.  ``answers`` gives untagged
    lines by command name.
    """

    capabilities: str = FULL
    answers: dict[bytes, bytes] = field(default_factory=dict)
    commands: list[list[Token]] = field(default_factory=list)
    tags: set[bytes] = field(default_factory=set)
    literals_refused: bool = False
    _in: bytes = b""
    _out: bytes = b""
    _tokens: list[Token] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._out = f"* OK [CAPABILITY {self.capabilities}] ready\r\n".encode()

    def sendall(self, octets: bytes) -> None:
        self._in += octets
        while self._take_line():
            pass

    def recv(self, size: int) -> bytes:
        octets, self._out = self._out[:size], self._out[size:]
        assert octets, f"waits for more than was asked: {self._tokens}"
        return octets

    def recv_into(self, room: memoryview) -> int:
        octets = self.recv(len(room))
        room[: len(octets)] = octets
        return len(octets)

    def settimeout(self, _seconds: float) -> None:
        pass

    def gettimeout(self) -> float:
        return 1.0

    def setblocking(self, _flag: bool) -> None:
        pass

    def close(self) -> None:
        pass

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left over in either direction."""
        return not (self._in or self._out or self._tokens)

    def _take_line(self) -> bool:
        line, end, rest = self._in.partition(b"\r\n")
        if not end:
            assert b"\n" not in line, line
            return False
        literal = _LITERAL.search(line)
        if literal is None:
            self._in = rest
            self._read_tokens(line)
            self._answer()
            return True
        size = int(literal[1])
        if literal[2]:
            assert "LITERAL+" in self.capabilities or size <= 4096
            if len(rest) < size:
                return False
        else:
            assert not rest, "sent before it was asked to go on"
        self._read_tokens(line[: literal.start()])
        if not literal[2]:
            self._out += b"+ go on\r\n"
            self._wait_for_literal(size)
            return False
        self._take_literal(rest, size)
        return True

    def _wait_for_literal(self, size: int) -> None:
        self._in = b""
        taking, server = type(self).sendall, self

        def collect(octets: bytes) -> None:
            server._in += octets
            if len(server._in) >= size:
                del server.__dict__["sendall"]
                server._take_literal(server._in, size)
                taking(server, b"")

        self.__dict__["sendall"] = collect

    def _take_literal(self, octets: bytes, size: int) -> None:
        self._tokens.append(Text(octets[:size]))
        self._in = octets[size:]

    def _read_tokens(self, line: bytes) -> None:
        position = 0
        while position < len(line):
            found = _TOKEN.match(line, position)
            assert found, f"no IMAP grammar at {line[position:][:60]!r} in {line[:200]!r}"
            position = found.end()
            if found[2] is not None:
                self._tokens.append(Text(re.sub(rb"\\(.)", rb"\1", found[2])))
            elif found[0] != b" ":
                self._tokens.append(found[1] or found[3])

    def _answer(self) -> None:
        tag, *words = self._tokens
        self._tokens = []
        assert isinstance(tag, bytes)
        assert tag not in self.tags, "a tag came twice"
        self.tags.add(tag)
        self.commands.append(words)
        name = words[0] if words[0] != b"UID" else b"UID " + bytes(words[1])
        self._out += self.answers.get(bytes(name), b"") + tag + b" OK done\r\n"
