"""A submission server that does what a test tells it to, and remembers what it took.

Each accepted message is a file, fsynced *before* the 250: what the sink said it has, it has.
It runs in a thread of the test, so that workers may be killed and it goes on::

    with SmtpSink(folder, users) as sink:
        sink.plan("rcpt", Act(reply="550 5.1.1 nobody here", match="eve@"))
        ...
        assert [mail.rcpt_to for mail in sink.taken] == []

Stages: connect ehlo starttls auth mail rcpt data end (the final dot) quit.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.authority import Certificate

EXTENSIONS = ("SIZE 60000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "PIPELINING")


@dataclass(frozen=True, slots=True)
class Act:
    """What the sink does at a stage instead of saying yes.

    ``keep`` takes the message whatever follows (stage end); ``call`` runs next; then it
    waits ``delay_s`` and either sends ``reply``, or resets or drops the connection
    (``then``).  ``match`` limits it to commands with this text.
    """

    reply: str = ""
    then: str = ""  # "", "reset", "drop"
    keep: bool = False
    delay_s: float = 0
    call: Callable[[], object] | None = None
    match: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message the sink has on its disk.  ``content`` has its dots back to single."""

    content: bytes
    mail_from: str
    rcpt_to: tuple[str, ...]
    user: str
    options: str
    at: float

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(slots=True)
class _Envelope:
    user: str = ""
    mail_from: str = ""
    options: str = ""
    rcpt_to: list[str] = field(default_factory=list)


class _Gone(Exception):
    """The conversation is over."""


class SmtpSink:
    """``security`` is ``cleartext``, ``starttls`` or ``tls``; the last two take a certificate."""

    def __init__(
        self,
        folder: Path,
        users: Mapping[str, str],
        *,
        security: str = "cleartext",
        certificate: Certificate | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.users, self.security = folder, users, security
        self.extensions: tuple[str, ...] = EXTENSIONS
        self.taken: list[Taken] = []
        self.log: list[tuple[float, str, str]] = []  # time, stage, the client's line
        self.port = 0
        self._tls = _context(certificate) if certificate else None
        self._plans: dict[str, list[list[object]]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="smtp-sink", daemon=True)
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        scheme = {"cleartext": "submission", "starttls": "submission+starttls"}
        return f"{scheme.get(self.security, 'submissions')}://127.0.0.1:{self.port}"

    def plan(self, stage: str, act: Act, *, times: int | None = 1) -> None:
        """Act so the next ``times`` times; None: from now on."""
        self._plans.setdefault(stage, []).append([act, times])

    def forget_plans(self) -> None:
        self._plans.clear()

    def stages(self) -> list[str]:
        return [stage for _, stage, _ in self.log]

    def wait_for(self, stage: str, *, count: int = 1, timeout_s: float = 20) -> None:
        """Until the client has come to ``stage`` ``count`` times in all."""
        deadline = time.monotonic() + timeout_s
        while self.stages().count(stage) < count:
            assert time.monotonic() < deadline, f"nobody came to {stage}: {self.stages()}"
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the sink did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    # -- inside -------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        tls = self._tls if self.security == "tls" else None
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls, limit=1 << 26)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = _Talk(self, reader, writer)
        with contextlib.suppress(
            _Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            await talk.run()
        with contextlib.suppress(OSError, asyncio.CancelledError, RuntimeError):
            writer.close()
            await writer.wait_closed()

    def find_plan(self, stage: str, line: str) -> Act | None:
        for entry in self._plans.get(stage, []):
            act, times = entry
            assert isinstance(act, Act)
            if act.match not in line or times == 0:
                continue
            entry[1] = times - 1 if isinstance(times, int) else None
            return act
        return None

    def keep(self, envelope: _Envelope, content: bytes) -> None:
        path = self.folder / f"{len(self.taken):05}.eml"
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.taken.append(
            Taken(
                content,
                envelope.mail_from,
                tuple(envelope.rcpt_to),
                envelope.user,
                envelope.options,
                time.time(),
            )
        )


class _Talk:
    """One connection."""

    def __init__(
        self, sink: SmtpSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._envelope = _Envelope()
        self._is_safe = sink.security != "starttls"

    async def run(self) -> None:
        await self._answer("connect", "", "220 sink.test ESMTP")
        while line := (await self._reader.readline()).decode("utf-8").rstrip("\r\n"):
            verb = line.split(" ", 1)[0].split(":")[0].upper()
            act = getattr(self, f"_{verb.lower()}", None)
            if act is None:
                await self._say("502 5.5.1 what?")
            else:
                await act(line)

    async def _ehlo(self, line: str) -> None:
        words = ["sink.test", *self._sink.extensions]
        words += ["AUTH PLAIN LOGIN"] if self._is_safe else ["STARTTLS"]
        lines = [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
        await self._answer("ehlo", line, "\r\n".join(lines))

    async def _starttls(self, line: str) -> None:
        await self._answer("starttls", line, "220 2.0.0 go ahead")
        assert self._sink._tls is not None
        await self._writer.start_tls(self._sink._tls)
        self._is_safe = True

    async def _auth(self, line: str) -> None:
        if not self._is_safe:
            await self._say("538 5.7.11 not without TLS")
            return
        _, mechanism, *rest = line.split(" ")
        if mechanism.upper() == "PLAIN":
            _, name, word = base64.b64decode(rest[0]).decode().split("\0")
        else:
            name = await self._ask("VXNlcm5hbWU6", rest)
            word = await self._ask("UGFzc3dvcmQ6", [])
        is_right = self._sink.users.get(name) == word
        self._envelope.user = name if is_right else ""
        await self._answer(
            "auth",
            f"AUTH {mechanism} {name}",
            "235 2.7.0 welcome" if is_right else "535 5.7.8 wrong password",
        )

    async def _ask(self, question: str, given: list[str]) -> str:
        if not given:
            await self._say(f"334 {question}")
            given = [(await self._reader.readline()).decode().strip()]
        return base64.b64decode(given[0]).decode()

    async def _mail(self, line: str) -> None:
        address, _, options = line.partition(":")[2].strip().partition(" ")
        self._envelope.mail_from, self._envelope.options = address.strip("<>"), options
        self._envelope.rcpt_to = []
        await self._answer("mail", line, "250 2.1.0 ok")

    async def _rcpt(self, line: str) -> None:
        address = line.partition(":")[2].strip().split(" ")[0].strip("<>")
        if (await self._answer("rcpt", line, "250 2.1.5 ok")).startswith("2"):
            self._envelope.rcpt_to.append(address)

    async def _rset(self, line: str) -> None:
        self._envelope.rcpt_to = []
        await self._answer("rset", line, "250 2.0.0 forgotten")

    async def _quit(self, line: str) -> None:
        await self._answer("quit", line, "221 2.0.0 bye")
        raise _Gone

    async def _data(self, line: str) -> None:
        if not (await self._answer("data", line, "354 go on")).startswith("354"):
            return
        text = await self._text()
        await self._answer("end", "", "250 2.0.0 taken", content=text)

    async def _text(self) -> bytes:
        """Up to the final dot, which is a line of its own between CRLFs and nothing else."""
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    async def _answer(
        self, stage: str, line: str, yes: str, *, content: bytes | None = None
    ) -> str:
        """The planned act, or ``yes``; returns the reply that was sent."""
        self._sink.log.append((time.time(), stage, line))
        act = self._sink.find_plan(stage, line) or Act()
        reply = act.reply or yes
        says_yes = reply.startswith("2") and not act.then
        if content is not None and (act.keep or says_yes):
            self._sink.keep(self._envelope, content)
        if act.call is not None:
            await asyncio.get_running_loop().run_in_executor(None, act.call)
        await asyncio.sleep(act.delay_s)
        if act.then:
            self._cut(act.then)
        await self._say(reply)
        return reply

    async def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")
        await self._writer.drain()

    def _cut(self, how: str) -> None:
        if how == "reset":
            connection = self._writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise _Gone


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context
