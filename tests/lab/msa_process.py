"""The process behind msa.py: takes mail from people who signed in, delivers it at once."""

import asyncio
import contextlib
import imaplib
import json
import signal
import smtplib
import ssl
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.lab.notices import NotifyingSMTP, notice_of_delivery

SIZE_LIMIT = 60_000_000


class Delivery:
    """aiosmtpd's hooks: who may sign in, which recipients exist, where mail goes."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.users: dict[str, str] = settings["users"]
        self.lmtp_port: int | None = settings["lmtp_port"]
        self.imap_port: int | None = settings["imap_port"]

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, secret: object
    ) -> AuthResult:
        name = secret.login.decode().lower() if isinstance(secret, LoginPassword) else ""
        password = secret.password.decode() if isinstance(secret, LoginPassword) else ""
        right = bool(name) and self.users.get(name) == password
        # Not handled: else aiosmtpd takes a failure for answered, and the client waits.
        return AuthResult(success=right, handled=False, auth_data=name if right else None)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, name: str, words: list[str]
    ) -> list[str]:
        session.host_name = name
        return [*words[:-1], "250-DSN", words[-1]]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if _mailbox_of(address) not in self.users:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: NotifyingSMTP, session: Session, envelope: Envelope
    ) -> str:
        content, sender = envelope.original_content or b"", envelope.mail_from or ""
        try:
            await asyncio.to_thread(self._deliver, sender, envelope.rcpt_tos, content)
            if notice := notice_of_delivery(server, content, sender):
                await asyncio.to_thread(self._deliver, "", [sender], notice)
        except (OSError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
            print(f"delivery failed: {error!r}", flush=True)
            return "451 4.3.0 Not delivered, try again"
        return "250 2.0.0 Delivered"

    def _deliver(self, sender: str, recipients: list[str], content: bytes) -> None:
        stamped = b"Return-Path: <%s>\r\n" % sender.encode() + content
        for recipient in recipients:
            # Dovecot's LMTP takes no address beyond ASCII (2.3.19).
            if self.lmtp_port and f"{sender}{recipient}".isascii():
                with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=30) as lmtp:
                    lmtp.sendmail(sender, [recipient], content)
            else:
                self._append(_mailbox_of(recipient), stamped)

    def _append(self, address: str, content: bytes) -> None:
        secret = f"\0{address}\0{self.users[address]}".encode()
        with imaplib.IMAP4("127.0.0.1", self.imap_port or 143, timeout=30) as client:
            client.authenticate("PLAIN", lambda _challenge: secret)
            client.append("INBOX", "", "", content)


def _mailbox_of(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


async def _serve(settings: dict[str, Any]) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(settings["certificate"], settings["key"])
    delivery = Delivery(settings)
    loop = asyncio.get_running_loop()

    def protocol(*, starttls: bool) -> SMTP:
        return NotifyingSMTP(
            delivery,
            hostname="localhost",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            authenticator=delivery.authenticate,
            auth_required=True,
            auth_require_tls=starttls,
            require_starttls=starttls,
            tls_context=tls if starttls else None,
        )

    ports = settings["ports"]
    servers = (
        await loop.create_server(lambda: protocol(starttls=True), "127.0.0.1", ports["submission"]),
        await loop.create_server(
            lambda: protocol(starttls=False), "127.0.0.1", ports["submissions"], ssl=tls
        ),
    )
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    for server in servers:
        server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text())))
