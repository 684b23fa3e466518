"""A conversation with a submission server (RFC 6409), phase by phase.

The phases are apart because the outbox row is committed between RCPT and DATA::

    with Submission(endpoint, tls) as server:
        server.connect()
        server.sign_in(username, password)
        server.propose(...)          # MAIL
        server.add_recipients(...)   # RCPT, all or none
        ...commit...
        reply = server.submit(pieces)
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import aiosmtplib

from webmail.outbound import Endpoint, Security
from webmail.outbound_sasl import BearerToken, bearer_exchange, failure_words
from webmail.submission import failpoint
from webmail.submission.endings import (
    NoConnection,
    RefusedForGood,
    RefusedForNow,
    Reply,
    SignInRefused,
    SubmissionError,
    Unclear,
    clean_words,
)
from webmail.submission.smtp_opening import MECHANISMS, authenticate, bear, reach
from webmail.submission.wishes import NO_WISHES, Wishes, mail_options, rcpt_options

CONNECT_S = 20
COMMAND_S = 60
BEFORE_DATA_S = 170  # all phases together; leaves DATA its time within the task's 20 minutes
UPLOAD_S = 390
REPLY_S = 600  # RFC 5321, section 4.5.3.2.6
QUIT_S = 3

# A name would tell the server, and whoever reads Received, what this machine is called.
OUR_NAME = "[127.0.0.1]"

_LINE_START = re.compile(rb"(?<=\n)\.")
_NO_ADDRESS = re.compile(r"[\x00-\x1f\x7f<>]")
Result = TypeVar("Result")


class Submission:
    """One connection, for one message.  Blocking: each phase runs its own piece of the loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        tls: ssl.SSLContext,
        *,
        patience_s: float = BEFORE_DATA_S,
        addresses: Sequence[str] = (),
    ) -> None:
        """Connects to one of ``addresses`` where there are any, else to wherever the name leads."""
        self._host, self._port = endpoint.host, endpoint.port
        self._addresses = addresses
        self._patience_s = patience_s
        self._security = endpoint.security
        self._runner = asyncio.Runner()
        self._deadline = 0.0
        self._in_text = False
        self._notifies = False
        self._client = aiosmtplib.SMTP(
            hostname=endpoint.host,
            port=None if addresses else endpoint.port,
            use_tls=endpoint.security is Security.TLS,
            start_tls=False,  # asked for below, and then mandatory
            tls_context=tls,
            local_hostname=OUR_NAME,
            timeout=COMMAND_S,
        )

    def __enter__(self) -> Self:
        self._deadline = self._runner.get_loop().time() + self._patience_s
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                self._runner.run(self._leave())
        finally:
            self._runner.close()

    # -- phases -----------------------------------------------------------------------------

    def connect(self) -> None:
        """TCP, TLS and EHLO.  With STARTTLS chosen there is no going on without it (T49)."""
        self._phase(f"connecting to {self._host}", self._connect)

    def sign_in(self, username: str, password: str) -> None:
        """AUTH with one mechanism, once: a second try would count towards a lock-out.

        A server that offers no AUTH is not asked; it will refuse MAIL if it minds.
        """
        try:
            self._phase("signing in", lambda: authenticate(self._client, username, password))
        except RefusedForGood as refusal:
            raise SignInRefused(
                f"{self._host} did not accept the user name and password: {refusal}"
            ) from refusal

    def sign_in_with_token(self, username: str, token: BearerToken) -> None:
        """AUTH by OAUTHBEARER (RFC 7628) or XOAUTH2, once; a refusal in words."""
        offered = self._client.server_auth_methods
        exchange = bearer_exchange(offered, username, token, self._host, self._port)
        if exchange is None:
            raise SignInRefused(f"{self._host} takes no OAuth tokens.")
        challenges: list[str] = []
        try:
            self._phase("signing in", lambda: bear(self._client, exchange, challenges))
        except RefusedForGood as refusal:
            why = next((words for each in challenges if (words := failure_words(each))), "")
            said = f": {why}. It said “{refusal}”" if why else f": {refusal}"
            raise SignInRefused(f"{self._host} does not accept the token{said}") from refusal

    def propose(
        self,
        mail_from: str,
        size_bytes: int,
        *,
        is_ascii: bool,
        smtputf8: bool,
        wishes: Wishes = NO_WISHES,
        envelope_id: str = "",
    ) -> None:
        """MAIL, after a look at what the server can carry (SIZE, 8BITMIME, SMTPUTF8).

        A delivery notice is asked for where the server offers DSN, under ``envelope_id``;
        where it offers no REQUIRETLS, a message that wants it is refused.
        """
        options = self._options(size_bytes, is_ascii=is_ascii, smtputf8=smtputf8)
        options += self._tls_option() if wishes.tls else []
        self._notifies = wishes.delivery and self.offers_delivery_notices
        options += mail_options(envelope_id) if self._notifies else []
        encoding = "utf-8" if smtputf8 else "ascii"
        self._phase(
            f"the sender {mail_from}",
            lambda: self._client.mail(_plain(mail_from), options=options, encoding=encoding),
        )

    def add_recipients(self, recipients: Iterable[str], *, smtputf8: bool) -> dict[str, str]:
        """RCPT for each, and what was said to it; when one is refused, all are (no partial
        sends)."""
        encoding = "utf-8" if smtputf8 else "ascii"
        for_now: dict[str, str] = {}
        for_good: dict[str, str] = {}
        taken: dict[str, str] = {}
        for recipient in recipients:
            options = rcpt_options(recipient) if self._notifies else []
            rcpt = partial(self._client.rcpt, options=options, encoding=encoding)
            try:
                reply = self._phase(recipient, partial(rcpt, _plain(recipient)))
                taken[recipient] = str(Reply(reply.code, clean_words(reply.message)))
            except RefusedForNow as refusal:
                for_now[recipient] = str(refusal)
            except RefusedForGood as refusal:
                for_good[recipient] = str(refusal)
        replies = taken | for_now | for_good
        if for_good:
            raise RefusedForGood(_refusal_text(for_good), for_good, replies=replies)
        if for_now:
            raise RefusedForNow(_refusal_text(for_now), replies=replies)
        return replies

    def reset(self) -> None:
        """RSET: forget MAIL and RCPT."""
        with suppress(SubmissionError):
            self._phase("starting over", self._client.rset)

    def submit(self, pieces: Iterable[bytes]) -> Reply:
        """DATA with exactly these bytes (CRLF line ends, the last one included).

        Before the server's 354 a broken connection is NoConnection; after it, anything
        but a definite answer is Unclear.
        """
        self._deadline = self._runner.get_loop().time() + COMMAND_S
        self._phase("DATA", self._start_data)
        failpoint.reach("after_354")
        reply = self._runner.run(self._upload(iter(pieces)))
        _raise_refusal(reply)
        if self._in_text or not 200 <= reply.code < 300:
            raise Unclear(
                f"{self._host} answered DATA with {reply}, which says neither yes nor no."
            )
        return reply

    @property
    def size_limit_bytes(self) -> int | None:
        """What EHLO said of SIZE (RFC 1870); None where it set no limit."""
        limit = self._client.esmtp_extensions.get("size", "")
        return int(limit) if limit.isdecimal() and int(limit) > 0 else None

    @property
    def offers_sign_in(self) -> bool:
        """AUTH (RFC 4954), with a mechanism we know."""
        return not MECHANISMS.isdisjoint(self._client.supported_auth_methods)

    @property
    def offers_delivery_notices(self) -> bool:
        """DSN (RFC 3461)."""
        return self._client.supports_extension("dsn")

    @property
    def offers_smtputf8(self) -> bool:
        return self._client.supports_extension("smtputf8")

    @property
    def offers_required_tls(self) -> bool:
        """REQUIRETLS (RFC 8689); the word of a server that is not asked by TLS counts nothing."""
        is_safe = self._security is not Security.CLEARTEXT
        return is_safe and self._client.supports_extension("requiretls")

    @property
    def offers_eight_bits(self) -> bool:
        """8BITMIME (RFC 6152)."""
        return self._client.supports_extension("8bitmime")

    # -- inside -----------------------------------------------------------------------------

    def _phase(self, what: str, act: Callable[[], Awaitable[Result]]) -> Result:
        async def bounded() -> Result:
            async with asyncio.timeout_at(self._deadline):
                return await act()

        with _translated(what, self._host):
            return self._runner.run(bounded())

    async def _connect(self) -> None:
        sock = await reach(self._addresses, self._port, CONNECT_S) if self._addresses else None
        await self._client.connect(timeout=CONNECT_S, sock=sock)
        self._client.timeout = COMMAND_S  # connect() takes its own over
        if self._security is Security.STARTTLS:
            await self._client.starttls(timeout=CONNECT_S)
        await self._client.ehlo()

    def _options(self, size_bytes: int, *, is_ascii: bool, smtputf8: bool) -> list[str]:
        limit = self.size_limit_bytes
        if limit is not None and limit < size_bytes:
            raise RefusedForGood(
                f"{self._host} takes messages up to {_megabytes(limit)}; "
                f"this one has {_megabytes(size_bytes)}."
            )
        if smtputf8 and not self.offers_smtputf8:
            raise RefusedForGood(
                f"{self._host} cannot carry addresses with letters outside ASCII (no SMTPUTF8)."
            )
        eight_bit = not is_ascii or smtputf8
        if eight_bit and not self._client.supports_extension("8bitmime"):
            raise RefusedForGood(f"{self._host} carries only 7-bit messages (no 8BITMIME).")
        options = [f"SIZE={size_bytes}"] if self._client.supports_extension("size") else []
        options += ["BODY=8BITMIME"] if eight_bit else []
        return options + (["SMTPUTF8"] if smtputf8 else [])

    def _tls_option(self) -> list[str]:
        if not self.offers_required_tls:
            raise RefusedForGood(
                f"{self._host} cannot promise encryption all the way to the receiver "
                "(no REQUIRETLS)."
            )
        return ["REQUIRETLS"]

    async def _start_data(self) -> None:
        response = await self._client.execute_command(b"DATA")
        if response.code != 354:
            raise aiosmtplib.SMTPDataError(response.code, response.message)

    async def _upload(self, pieces: Iterator[bytes]) -> Reply:
        """Sends the text and waits; whatever breaks here leaves the matter unclear."""
        protocol, transport = self._client.protocol, self._client.transport
        if protocol is None or transport is None:
            raise Unclear(f"The connection to {self._host} broke when the message began.")
        self._in_text = True  # QUIT would be a line of it
        answer = asyncio.ensure_future(protocol.read_response())
        try:
            async with asyncio.timeout(UPLOAD_S):
                self._in_text = not await self._write(pieces, answer)
            response = await asyncio.wait_for(answer, REPLY_S)
        except TimeoutError as error:
            raise Unclear(f"{self._host} did not answer after the message was sent.") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unclear(
                f"The connection to {self._host} broke before the server had answered "
                f"({clean_words(str(error))})."
            ) from error
        finally:
            answer.cancel()
            with suppress(asyncio.CancelledError, aiosmtplib.SMTPException):
                await answer
        return Reply(response.code, clean_words(response.message))

    async def _write(self, pieces: Iterator[bytes], answer: "asyncio.Future[object]") -> bool:
        """The text with its dots doubled, then the final dot.

        False: the server answered before the end, and the text was left without its dot.
        """
        # A StreamWriter only for its drain(): the transport must not swallow 50 MB at once.
        writer = asyncio.StreamWriter(
            self._client.transport, self._client.protocol, None, asyncio.get_running_loop()
        )
        self._writer = writer  # its __del__ would close the transport
        await asyncio.sleep(0)  # lets the reader arm itself before the first byte leaves
        before = b"\n"
        for piece in pieces:
            if answer.done():
                return False
            writer.write(_LINE_START.sub(b"..", before + piece)[1:])
            await writer.drain()
            before = piece[-1:]
            failpoint.reach("in_data")
        writer.write(b".\r\n")
        return True

    async def _leave(self) -> None:
        transport = self._client.transport
        try:
            if self._client.is_connected and not self._in_text:
                await self._client.quit(timeout=QUIT_S)
        finally:
            self._client.close()
            if transport is not None:
                transport.abort()  # close() would wait for the server's part of the TLS farewell
            for _ in range(3):
                await asyncio.sleep(0)  # the loop ends next: let it close its sockets


@contextmanager
def _translated(what: str, host: str) -> Iterator[None]:
    """aiosmtplib's errors as ours, for a phase in which nothing can have been taken."""
    try:
        yield
    except aiosmtplib.SMTPConnectResponseError as error:
        raise RefusedForNow(
            f"{host} is not ready: {error.code} {clean_words(error.message)}"
        ) from error
    except aiosmtplib.SMTPResponseException as error:
        _raise_refusal(Reply(error.code, clean_words(error.message)))
        raise NoConnection(f"{host}, {what}: {clean_words(error.message)}") from error
    except UnicodeEncodeError as error:
        raise RefusedForGood(f"{what} has letters outside ASCII and cannot be sent so.") from error
    except (TimeoutError, aiosmtplib.SMTPTimeoutError) as error:
        raise NoConnection(f"{host} did not answer in time ({what}).") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NoConnection(
            f"{host} could not be used ({what}): {clean_words(str(error))}"
        ) from error


def _plain(address: str) -> str:
    """The address, if it can be no more than one: aiosmtplib would quietly cut it (T47)."""
    if _NO_ADDRESS.search(address):
        raise RefusedForGood(f"{address!r} is no address that mail can be sent to.")
    return address


def _raise_refusal(reply: Reply) -> None:
    if 400 <= reply.code < 500:
        raise RefusedForNow(str(reply))
    if reply.code >= 500:
        raise RefusedForGood(str(reply))


def _refusal_text(refused: dict[str, str]) -> str:
    return "; ".join(f"{recipient}: {words}" for recipient, words in refused.items())


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:.1f} MB"
