"""The IMAP wire: commands out, responses in, within limits.

Nothing here knows what a message is.  imaplib's own sending is not used: it quotes by
guessing, reads literals of any size and takes a PREAUTH greeting as signed in.
"""

import contextlib
import re
import secrets
import socket
import ssl
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from webmail.store.imap_deflate import DeflatedSocket
from webmail.store.imap_encoder import Answer, Argument, Atom, Literal, Piece, command_pieces
from webmail.store.imap_replies import Record, Reply, Untagged, quoted_words, status_parts
from webmail.store.protocol import Refused, Unreachable

LINE_LIMIT = 1024 * 1024
LITERAL_LIMIT = 8 * 1024 * 1024
REPLY_LIMIT = 64 * 1024 * 1024
RESPONSES_LIMIT = 250_000  # each is some 250 octets here, however few it was on the wire
REPLY_SECONDS = 300.0
LITERAL_MINUS_LIMIT = 4096

_LITERAL = re.compile(rb"\{(\d{1,20})\+?\}")
_UNTAGGED = re.compile(rb"\* (?:(\d{1,20}) )?([A-Za-z0-9-]+)(?: |$)")
_STATUS_KINDS = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})


class Wire:
    """One connection.  Any fault in it closes it; ``is_open`` then says no."""

    def __init__(self, sock: socket.socket, *, host: str, port: int = 0) -> None:
        self.host, self.port = host, port
        self.capabilities: frozenset[str] = frozenset()
        self.is_open = True
        self.commands_sent = 0
        self.octets_received = 0
        self.timeout_s = 30.0
        self.is_remote = False
        self._sock: socket.socket | DeflatedSocket = sock
        self._buffer = bytearray()
        self._received = 0
        self._deadline = 0.0
        self._tag_prefix = f"h{secrets.token_hex(3)}"
        self._farewell = ""
        self._posted: set[bytes] = set()
        self._answers: dict[bytes, Reply] = {}

    def greeting(self) -> Untagged:
        with self._guarded():
            line = self._read_line()
            response = self._untagged(line)
        if response.kind not in _STATUS_KINDS:
            self.drop()
            raise Unreachable(
                f"{self.host} does not speak IMAP: it began with “{quoted_words(line)}”.",
                host=self.host,
                reason="greeting",
            )
        return response

    def ask(self, name: str, *arguments: Argument, timeout_s: float | None = None) -> Reply:
        """Sends one command and reads its whole answer, whatever its status.

        A BAD closes the connection: whatever made it may have left the two sides at
        different places (T44).
        """
        pieces = list(command_pieces(name, arguments))
        with self._guarded():
            if timeout_s is not None:
                self._sock.settimeout(timeout_s)
            reply = self._converse(pieces)
        if reply.status == "BAD":
            self.drop()
        elif timeout_s is not None:
            self._sock.settimeout(self.timeout_s)
        return reply

    def ask_all(self, commands: Collection[tuple[str, Sequence[Argument]]]) -> list[Reply]:
        """Sends several commands in one go and reads their answers.

        For commands that mean the same whatever the others do (RFC 9051, 5.5), without
        literals, and few enough that the server need not read on while it answers.  The
        last reply has the untagged responses of them all: Dovecot may send those of one
        command before the tagged one of the command before it.
        """
        untagged: list[Untagged] = []
        with self._guarded():
            tags = self._send_together(commands)
            while not self._posted.isdisjoint(tags):
                self._sort_in(self._read_line(), b"", untagged)
        replies = [self._answers.pop(tag) for tag in tags]
        if any(reply.status == "BAD" for reply in replies):
            self.drop()
        return [*replies[:-1], replace(replies[-1], untagged=tuple(untagged))]

    def post(self, name: str, *arguments: Argument) -> None:
        """Sends one command, without literals, and reads nothing: ``answers`` has the reply."""
        with self._guarded():
            self._send_together([(name, arguments)])

    def answers(self, *, wait: bool = False) -> list[Reply]:
        """Of what was posted, the replies that came since they were last asked for; with
        ``wait`` all of them.  The untagged responses went to the command that read them."""
        untagged: list[Untagged] = []
        if wait and self._posted:
            with self._guarded():
                while self._posted:
                    self._sort_in(self._read_line(), b"", untagged)
        found = list(self._answers.values())
        self._answers.clear()
        if any(reply.status == "BAD" for reply in found):
            self.drop()
        if untagged:
            found[-1] = replace(found[-1], untagged=tuple(untagged))
        return found

    def command(self, name: str, *arguments: Argument) -> Reply:
        """The same, but anything else than an OK raises Refused."""
        return self.accepted(self.ask(name, *arguments))

    def authenticate(self, mechanism: str, response: bytes, farewell: bytes) -> tuple[Reply, bytes]:
        """The reply, and the challenge, answered by ``farewell``, that tells why not (RFC 7628)."""
        with self._guarded():
            self.commands_sent += 1
            tag = f"{self._tag_prefix}{self.commands_sent}".encode()
            untagged: list[Untagged] = []
            line = tag + b" AUTHENTICATE " + mechanism.encode("ascii")
            if "SASL-IR" in self.capabilities:
                line += b" " + response
            else:
                if refusal := self._send_apart(line, Answer(response), tag, untagged):
                    return refusal, b""
                line = response
            self._sock.sendall(line + b"\r\n")
            if (said := self._read_line()).startswith(b"+"):
                self._sock.sendall(farewell + b"\r\n")
                return self._read_tagged(tag, untagged), said[1:].strip()
            return self._sort_in(said, tag, untagged) or self._read_tagged(tag, untagged), b""

    def accepted(self, reply: Reply, forgiving: Collection[str] = ()) -> Reply:
        """The reply; Refused unless it is an OK, or a NO with a code in ``forgiving``."""
        if reply.status == "OK" or (reply.status == "NO" and reply.code in forgiving):
            return reply
        raise Refused(reply.text or "no reason given", host=self.host, code=reply.code)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Wraps the socket.  Anything received before the handshake is an injection (T49)."""
        if self._buffer:
            self.drop()
            raise Unreachable(
                f"{self.host} sent more after STARTTLS than it may; somebody may be interfering.",
                host=self.host,
                reason="starttls",
            )
        if isinstance(self._sock, DeflatedSocket):
            raise ValueError("TLS comes before compression")
        self._sock = context.wrap_socket(self._sock, server_hostname=self.host)
        self.capabilities = frozenset()

    def start_compression(self) -> None:
        """Deflates both ways from here on (RFC 4978); Refused when the server will not."""
        if isinstance(self._sock, DeflatedSocket):
            raise ValueError("compressed already")
        self.command("COMPRESS", Atom("DEFLATE"))
        self._sock = DeflatedSocket(self._sock, bytes(self._buffer))
        self._buffer.clear()

    def has_news(self) -> bool:
        """Whether something waits to be read, the end of the connection included."""
        if self._buffer or not self.is_open:
            return True
        try:
            self._sock.setblocking(False)
            return self._take_waiting()
        finally:
            with contextlib.suppress(OSError):
                self._sock.settimeout(self.timeout_s)

    def set_timeout(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._sock.settimeout(timeout_s)

    def hand_over(self) -> tuple[socket.socket, bytes]:
        """The socket and what was read ahead, for somebody who waits on many at once."""
        if isinstance(self._sock, DeflatedSocket):
            raise ValueError("a deflated wire has more state than its socket")
        self.is_open = False
        return self._sock, bytes(self._buffer)

    def drop(self) -> None:
        """Closes without a word; safe to call twice."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self._sock.close()

    def _take_waiting(self) -> bool:
        try:
            received = self._sock.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            self.drop()
            return True
        self._buffer += received
        if not received:
            self.drop()
        return True

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turns every fault of the connection into Unreachable, and closes it."""
        if not self.is_open:
            raise self._cut("The connection was already closed.")
        self._received = 0
        self._deadline = time.monotonic() + REPLY_SECONDS
        try:
            yield
        except TimeoutError as error:
            self.drop()
            raise Unreachable(
                f"{self.host} did not answer in time.", host=self.host, reason="timeout"
            ) from error
        except OSError as error:
            self.drop()
            raise self._cut(str(error)) from error
        except BaseException:
            # Left in the middle of an answer, nobody could tell the next one from it.
            self.drop()
            raise

    def _cut(self, what: str) -> Unreachable:
        said = f" It said “{self._farewell}”." if self._farewell else f" ({what})" if what else ""
        return Unreachable(f"{self.host} ended the connection.{said}", host=self.host, reason="cut")

    def _converse(self, pieces: list[Piece]) -> Reply:
        self.commands_sent += 1
        tag = f"{self._tag_prefix}{self.commands_sent}".encode()
        untagged: list[Untagged] = []
        line = tag + b" "
        for piece in pieces:
            if isinstance(piece, bytes):
                line += piece
                continue
            refusal = self._send_apart(line, piece, tag, untagged)
            if refusal is not None:
                return refusal
            line = piece.line if isinstance(piece, Answer) else b""
        self._sock.sendall(line + b"\r\n")
        return self._read_tagged(tag, untagged)

    def _send_together(self, commands: Iterable[tuple[str, Sequence[Argument]]]) -> list[bytes]:
        """Their tags, whose replies go to ``_answers`` whenever they come."""
        tags, lines = [], b""
        for name, arguments in commands:
            self.commands_sent += 1
            tags.append(f"{self._tag_prefix}{self.commands_sent}".encode())
            pieces = list(command_pieces(name, arguments))
            if not all(isinstance(piece, bytes) for piece in pieces):
                raise ValueError(f"{name} has a literal and must be sent alone")
            lines += tags[-1] + b" " + b"".join(pieces) + b"\r\n"  # type: ignore[arg-type]
        self._posted.update(tags)
        self._sock.sendall(lines)
        return tags

    def _send_apart(
        self, line: bytes, piece: Literal | Answer, tag: bytes, untagged: list[Untagged]
    ) -> Reply | None:
        """Sends the line, and the literal after it once the server wants that.

        The tagged answer when it does not.
        """
        size = len(piece.octets) if isinstance(piece, Literal) else 0
        is_unasked = isinstance(piece, Literal) and self._takes_unasked(size)
        if isinstance(piece, Literal):
            line += b"{%d+}" % size if is_unasked else b"{%d}" % size
        self._sock.sendall(line + b"\r\n")
        refusal = None if is_unasked else self._refusal_to_go_on(tag, untagged)
        if refusal is None and isinstance(piece, Literal):
            self._sock.sendall(piece.octets)
        return refusal

    def _refusal_to_go_on(self, tag: bytes, untagged: list[Untagged]) -> Reply | None:
        """Waits for ``+``; the tagged NO or BAD that came in its place."""
        while not (line := self._read_line()).startswith(b"+"):
            refusal = self._sort_in(line, tag, untagged)
            if refusal is not None and refusal.status == "OK":
                raise self._cut("it answered before it was asked")
            if refusal is not None:
                return refusal
        return None

    def _takes_unasked(self, size: int) -> bool:
        """RFC 7888: LITERAL+ for any size, LITERAL- up to 4096 octets."""
        return "LITERAL+" in self.capabilities or (
            size <= LITERAL_MINUS_LIMIT
            and not self.capabilities.isdisjoint({"LITERAL-", "IMAP4REV2"})
        )

    def _read_tagged(self, tag: bytes, untagged: list[Untagged]) -> Reply:
        while True:
            reply = self._sort_in(self._read_line(), tag, untagged)
            if reply is not None:
                return reply

    def _sort_in(self, line: bytes, tag: bytes, untagged: list[Untagged]) -> Reply | None:
        """Keeps an untagged response; the Reply when the line is the tagged one."""
        if line.startswith(b"* "):
            response = self._untagged(line)
            if response.kind == "BYE":
                self._farewell = response.text
            untagged.append(response)
            if len(untagged) > RESPONSES_LIMIT:
                raise self._too_much("an endless answer")
            return None
        found_tag, _, rest = line.partition(b" ")
        status, _, rest = rest.partition(b" ")
        is_known = found_tag == tag or found_tag in self._posted
        if not is_known or status.upper() not in (b"OK", b"NO", b"BAD"):
            raise self._cut(f"unexpected answer “{quoted_words(line)}”")
        parts = status_parts(rest)
        if found_tag == tag:
            return Reply(status.upper().decode(), tuple(untagged), *parts)
        self._posted.remove(found_tag)
        self._answers[found_tag] = Reply(status.upper().decode(), (), *parts)
        return None

    def _untagged(self, line: bytes) -> Untagged:
        found = _UNTAGGED.match(line)
        if found is None:
            return Untagged("", 0, self._records(line))
        kind, number = sys.intern(found[2].decode().upper()), int(found[1] or 0)
        rest = line[found.end() :]
        if kind in _STATUS_KINDS:
            code, argument, text = status_parts(rest)
            return Untagged(kind, number, (rest,), code, argument, text)
        return Untagged(kind, number, self._records(rest))

    def _records(self, line: bytes) -> tuple[Record, ...]:
        """A logical line with its literals, as many as it has."""
        records: list[Record] = []
        # Searched from its end: most lines are long, and hold no literal or one there.
        while line.endswith(b"}") and (found := _LITERAL.fullmatch(line, line.rfind(b"{"))):
            size = int(found[1])
            if size > LITERAL_LIMIT:
                raise self._too_much(f"a literal of {size} octets")
            marked = line[: found.start()].removesuffix(b"~") + b"{%d}" % size
            records.append((marked, self._read_exactly(size)))
            line = self._read_line()
        if line or not records:
            records.append(line)
        return tuple(records)

    def _read_line(self) -> bytes:
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > LINE_LIMIT:
                raise self._too_much("an endless line")
            self._receive()
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return line

    def _read_exactly(self, size: int) -> bytes:
        """A literal, received where it is to be: most of a download is in these."""
        octets = self._buffer[:size]
        del self._buffer[:size]
        have = len(octets)
        octets.extend(bytes(size - have))
        with memoryview(octets) as room:
            while have < size:
                have += self._count(self._sock.recv_into(room[have:]))
        return bytes(octets)

    def _receive(self) -> None:
        received = self._sock.recv(65536)
        self._count(len(received))
        self._buffer += received

    def _count(self, received: int) -> int:
        """The octets just received; raises where they are none, too many or too slow."""
        if time.monotonic() > self._deadline:
            raise TimeoutError
        if not received:
            raise self._cut("")
        self._received += received
        self.octets_received += received
        if self._received > REPLY_LIMIT:
            raise self._too_much("an endless answer")
        return received

    def _too_much(self, what: str) -> Unreachable:
        return Unreachable(f"{self.host} sent {what}.", host=self.host, reason="cut")
