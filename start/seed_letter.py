"""A letter of the demo household, and the bytes it has in each mailbox it reaches."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from webmail.message.address import Address, format_address
from webmail.message.build import Draft, DraftAttachment, build


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the household, with a mailbox of their own."""

    name: str
    address: str

    @property
    def sender(self) -> Address:
        return Address(self.name, self.address)


MARA = Person("Mara Lindgren", "mara@hearth.example")
JONAS = Person("Jonas Okafor", "jonas@hearth.example")
INGRID = Person("Ingrid Lindgren", "ingrid@hearth.example")
PEOPLE = (MARA, JONAS, INGRID)
ME = (MARA.sender,)
AMARA = Address("Amara Okafor", "amara@okafor.example")
DAY = timedelta(days=1)
_HOUSEHOLD = frozenset(person.address for person in PEOPLE)


@dataclass(frozen=True, slots=True)
class SeedMessage:
    """A message as it lies in one mailbox.  Lines end in CRLF; flags are IMAP's (``\\Seen``)."""

    owner: str
    mailbox: str
    raw: bytes
    flags: tuple[str, ...]
    internal_date: datetime


@dataclass(frozen=True, kw_only=True, eq=False)
class Letter:
    """What was written.  ``mailbox`` is where its recipients of the household keep it.

    ``invitation`` is an iCalendar object; ``fields`` are further header fields;
    ``raw`` replaces the whole message; ``drafted`` letters were never sent.
    """

    from_: Address
    to: tuple[Address, ...]
    when: datetime
    subject: str
    text: str
    html: str = ""
    cc: tuple[Address, ...] = ()
    attachments: tuple[DraftAttachment, ...] = ()
    answers: "Letter | None" = None
    fields: dict[str, str] = field(default_factory=dict)
    invitation: str = ""
    raw: bytes = b""
    mailbox: str = "INBOX"
    unread: bool = False
    flagged: bool = False
    drafted: bool = False

    @property
    def message_id(self) -> str:
        seed = f"{self.from_.addr_spec} {self.subject} {self.when.isoformat()}"
        digest = hashlib.sha256(seed.encode()).hexdigest()
        return f"<{digest[:24]}@{self.from_.domain}>"

    @property
    def references(self) -> tuple[str, ...]:
        if self.answers is None:
            return ()
        return (*self.answers.references, self.answers.message_id)


def at(now: datetime, days_ago: int, hour: int, minute: int = 0) -> datetime:
    """A time of day some days ago, never after ``now``."""
    moment = (now - days_ago * DAY).replace(hour=hour, minute=minute, second=11, microsecond=0)
    return min(moment, now - timedelta(minutes=5))


def day_name(moment: datetime) -> str:
    return f"{moment.day} {moment:%B}"


def answer(
    before: Letter, sender: Address, to: tuple[Address, ...], when: datetime, text: str, **more: Any
) -> Letter:
    subject = before.subject if before.subject.startswith("Re: ") else f"Re: {before.subject}"
    return Letter(
        from_=sender, to=to, when=when, subject=subject, text=text, answers=before, **more
    )


def quoted(letter: Letter) -> str:
    """The letter as mail programs quote it below an answer."""
    when = letter.when
    head = f"On {when.day} {when:%b %Y} at {when:%H:%M}, {letter.from_.name} wrote:\n"
    return head + "".join(f"> {line}".rstrip() + "\n" for line in letter.text.strip().split("\n"))


def deliver(letters: list[Letter]) -> Iterator[SeedMessage]:
    """Each letter in the mailboxes of those it reached and of its writer, oldest first."""
    answered = {(each.from_.addr_spec, each.answers.message_id) for each in letters if each.answers}
    for letter in sorted(letters, key=lambda each: each.when):
        raw = letter.raw or _raw(letter)
        writer = letter.from_.addr_spec
        if writer in _HOUSEHOLD:
            kept = ("Drafts", ("\\Seen", "\\Draft")) if letter.drafted else ("Sent", ("\\Seen",))
            yield SeedMessage(writer, kept[0], raw, kept[1], letter.when)
        if letter.drafted:
            continue
        for reader in _readers(letter):
            flags = _flags(letter, is_answered=(reader, letter.message_id) in answered)
            yield SeedMessage(
                reader, letter.mailbox, _trace(letter, reader) + raw, flags, letter.when
            )


def _readers(letter: Letter) -> tuple[str, ...]:
    everyone = (address.addr_spec for address in (*letter.to, *letter.cc))
    return tuple(
        each for each in dict.fromkeys(everyone) if each in _HOUSEHOLD - {letter.from_.addr_spec}
    )


def _flags(letter: Letter, *, is_answered: bool) -> tuple[str, ...]:
    flags = (
        ("\\Seen", not letter.unread),
        ("\\Flagged", letter.flagged),
        ("\\Answered", is_answered),
    )
    return tuple(name for name, is_set in flags if is_set)


def _trace(letter: Letter, reader: str) -> bytes:
    """What the servers on the way wrote on top."""
    host = f"mail.{letter.from_.domain}"
    return (
        f"Return-Path: <{letter.from_.addr_spec}>\r\nDelivered-To: {reader}\r\n"
        f"Received: from {host} ({host} [192.0.2.25])\r\n"
        f"\tby mx.hearth.example with ESMTPS; {format_datetime(letter.when)}\r\n"
    ).encode()


def _raw(letter: Letter) -> bytes:
    extra = "".join(f"{name}: {value}\r\n" for name, value in letter.fields.items()).encode()
    return extra + (_invitation(letter) if letter.invitation else _built(letter))


def _built(letter: Letter) -> bytes:
    draft = Draft(
        from_=letter.from_,
        to=letter.to,
        cc=letter.cc,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        attachments=letter.attachments,
        in_reply_to=letter.references[-1:],
        references=letter.references,
    )
    return build(draft, message_id=letter.message_id, date=letter.when).wire


def _invitation(letter: Letter) -> bytes:
    """As calendar programs write it: the object as an alternative, and again as a file."""
    message = EmailMessage(policy=SMTP)
    message["From"] = format_address(letter.from_)
    message["To"] = ", ".join(map(format_address, letter.to))
    message["Subject"] = letter.subject
    message["Date"] = letter.when
    message["Message-ID"] = letter.message_id
    message.set_content(letter.text)
    calendar = letter.invitation.replace("\n", "\r\n")
    message.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})
    message.add_attachment(
        calendar.encode(), maintype="application", subtype="ics", filename="invite.ics"
    )
    for part, letters in zip(message.walk(), "abcdefgh", strict=False):
        if part.is_multipart():
            part.set_boundary(f"=_{letters}{letter.message_id[1:20]}")
    return message.as_bytes()
