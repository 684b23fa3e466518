"""DSN (RFC 3461) for aiosmtpd, which has none: as much as a mail program can notice."""

import re
from email.utils import formatdate, make_msgid

from aiosmtpd.smtp import SMTP

_OPTION = re.compile(r"\s(RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_REPORT = """\
From: Mail Delivery System <MAILER-DAEMON@localhost>
To: {sender}
Subject: Successful Mail Delivery Report
Date: {date}
Message-ID: {message_id}
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="a-notice"

--a-notice
Content-Type: text/plain

Your message was delivered.

--a-notice
Content-Type: message/delivery-status

Reporting-MTA: dns; localhost
Original-Envelope-Id: {envelope_id}
{statuses}
--a-notice
Content-Type: text/rfc822-headers

{head}

--a-notice--
"""


class NotifyingSMTP(SMTP):
    """``envelope_id`` and ``wants_notice`` are those of the last MAIL and its RCPTs."""

    envelope_id = ""
    wants_notice: frozenset[str] = frozenset()

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        options = dict(_OPTION.findall(arg or ""))
        self.envelope_id, self.wants_notice = options.get("ENVID", ""), frozenset()
        await super().smtp_MAIL(_OPTION.sub("", arg) if arg else arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        before = len(self.envelope.rcpt_tos)
        await super().smtp_RCPT(_OPTION.sub("", arg) if arg else arg)
        if "SUCCESS" in dict(_OPTION.findall(arg or "")).get("NOTIFY", ""):
            self.wants_notice |= set(self.envelope.rcpt_tos[before:])


def notice_of_delivery(server: NotifyingSMTP, content: bytes, sender: str) -> bytes | None:
    """The report on what was just delivered; None where nobody asked for one."""
    if not server.wants_notice or not sender:
        return None
    head = content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    statuses = "".join(
        f"\nFinal-Recipient: rfc822; {each}\nAction: delivered\nStatus: 2.0.0\n"
        for each in sorted(server.wants_notice)
    )
    report = _REPORT.format(
        sender=sender,
        date=formatdate(),
        message_id=make_msgid(domain="localhost"),
        envelope_id=server.envelope_id,
        statuses=statuses,
        head=head.replace("\r\n", "\n"),
    )
    return report.replace("\n", "\r\n").encode()
