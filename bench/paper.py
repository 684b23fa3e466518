"""An account whose mail server is a sheet of paper: it lists folders and is not asked for more.

Its inbox is in the index and in step, so a list costs our own side alone.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F

from webmail.message.address import Address
from webmail.message.bodystructure import Part
from webmail.message.envelope import Envelope
from webmail.store.mailbox import (
    FLAGGED,
    SEEN,
    MailboxStatus,
    MailboxSummary,
    MessageRef,
    MessageSummary,
    SpecialUse,
)
from webmail.store.memory import MemoryStore

ADDRESS, PASSWORD = "bench@hearth.test", "bench-secret"
_SENDERS = (
    ("Ingrid Lindgren", "ingrid.lindgren@hearth.example"),
    ("Jonas Okafor", "jonas@okafor.example"),
    ("Björkhaga Bostäder", "office@bjorkhaga.example"),
    ("", "no-reply@parcels.example"),
    ("山本 結衣", "yui@yamamoto.example"),
    ("Elsa & Co <shop>", "shop@elsa.example"),
    ("The Parents' Association of Class 4b", "class-4b@lists.school.example"),
)
_SUBJECTS = (
    "The boiler: who is at home on Thursday?",
    "Re: Photos from the cabin",
    'Your order "Winter boots" has left our house & is on its way',
    "Invoice 2026-1187",
    "Dinner on Saturday",
    "Re: Re: What we said about the summer, and everything that has come up since then",
)
_PREVIEWS = (
    "Hello all, the plumber can come between eight and noon, but somebody has to let him in.",
    "Here are the ones that turned out well. The dog & the lake are my favourites; the rest is",
    "Thank you for your order. You will find all that you need to know about it below, and a",
    "",
)
_VALIDITY = 1_700_000_000
_FOLDERS = ("Family", "Family/School", "House", "House/Boiler", "Receipts", "Travel", "Lists")
_TEXT = Part("1", "text/plain", charset="utf-8", size_bytes=812)
_HTML = Part("", "multipart/alternative", children=(_TEXT, Part("2", "text/html")))
_PDF = Part("2", "application/pdf", disposition="attachment", filename="invoice.pdf")
_WITH_FILE = Part("", "multipart/mixed", children=(_TEXT, _PDF))
_INVITE = Part("", "multipart/alternative", children=(_TEXT, Part("2", "text/calendar")))


def summaries(count: int = 50, *, of: int = 10_000) -> tuple[MessageSummary, ...]:
    """The newest messages of an inbox of ``of``: a quarter unseen, a fifth with something in."""
    return tuple(_summary(of - number, number) for number in range(count))


def _summary(uid: int, number: int) -> MessageSummary:
    name, addr_spec = _SENDERS[number % len(_SENDERS)]
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=37 * number + 3)
    structure = _WITH_FILE if number % 6 == 1 else _INVITE if number % 23 == 5 else _HTML
    seen = set() if number % 4 == 0 else {SEEN}
    return MessageSummary(
        ref=MessageRef("INBOX", _VALIDITY, uid),
        envelope=Envelope(
            date=at,
            subject=f"{_SUBJECTS[number % len(_SUBJECTS)]} ({uid})",
            from_=(Address(name, addr_spec),),
            to=(Address("Bench", ADDRESS),),
            message_id=f"<{uid}@hearth.test>",
        ),
        flags=frozenset(seen | ({FLAGGED} if number % 11 == 3 else set())),
        size_bytes=4_000 + uid,
        internal_date=at,
        structure=structure,
        preview=_PREVIEWS[number % len(_PREVIEWS)],
    )


class PaperStore(MemoryStore):
    """Signs everybody in."""

    def close(self) -> None:
        """Stays open for the next request."""


def folders() -> tuple[MailboxSummary, ...]:
    status = MailboxStatus(10_000, 2_511, 10_001, _VALIDITY)
    special = [
        MailboxSummary(use.value.title(), "/", use, status=status)
        for use in SpecialUse
        if use not in {SpecialUse.INBOX, SpecialUse.ALL, SpecialUse.FLAGGED}
    ]
    own = [MailboxSummary(name, "/", status=status) for name in _FOLDERS]
    return (MailboxSummary("INBOX", "/", SpecialUse.INBOX, status=status), *special, *own)


def fill_index(account_id: int, messages: int) -> None:
    """An index that has seen the whole inbox, and hears of news for as long as we measure."""
    from webmail.index import mailboxes
    from webmail.index.models import IndexedAccount, IndexedMailbox, IndexedMessage
    from webmail.index.rows import dress_columns, facts_of, message_from_facts

    mailboxes.remember(account_id, folders(), told=mailboxes.count_told(account_id))
    IndexedAccount.objects.filter(account_id=account_id).update(
        watched_until=datetime.now(UTC) + timedelta(days=1), watches_all=True
    )
    inbox = IndexedMailbox.objects.get(account_id=account_id, name="INBOX")
    rows, newest = [], set()
    for number, summary in enumerate(summaries(messages, of=messages)):
        row = message_from_facts(inbox, facts_of(summary))
        row.message_hash, row.conversation = number + 1, _conversation_of(number)
        row.is_newest = row.conversation not in newest
        newest.add(row.conversation)
        for name, value in dress_columns(summary).items():
            setattr(row, name, value)
        rows.append(row)
    IndexedMessage.objects.bulk_create(rows, batch_size=500)
    IndexedMailbox.objects.filter(pk=inbox.pk).update(
        uidvalidity=_VALIDITY,
        uidnext=messages + 1,
        messages=messages,
        held=messages,
        grown_down_to=1,
        heard=F("told"),
        synced_at=datetime.now(UTC),
    )
    IndexedMailbox.objects.filter(account_id=account_id, special_use=SpecialUse.SENT).update(
        uidvalidity=_VALIDITY, grown_down_to=1, heard=F("told"), synced_at=datetime.now(UTC)
    )


def _conversation_of(number: int) -> int:
    """Of each 25 messages fifteen are in three conversations of five, as mail is."""
    block, within = divmod(number, 25)
    return 25 * block + (within % 3 if within < 15 else within) + 1


def prepare(folder: Path) -> None:
    """The settings of a Hearth in ``folder``, its tables made; before Django is loaded."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "webmail.settings",
        "WEBMAIL_DATA_DIR": str(folder),
        "WEBMAIL_BASE_URL": "http://127.0.0.1:8000",
        "WEBMAIL_IMAP": "imaps://mail.hearth.test:993",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    use_paper()


def use_paper() -> None:
    """Every session from here on is one with the paper."""
    from webmail.accounts import connect

    paper = PaperStore()
    connect.open_store = lambda account, password: paper  # type: ignore[assignment]


@dataclass(frozen=True)
class Reader:
    """Somebody signed in: what their browser sends, and where their inbox is."""

    inbox: str
    cookies: str
    headers: dict[str, str]


def sign_in(messages: int = 10_000) -> Reader:
    """Signs in, to an inbox of so many."""
    from django.test import Client

    from webmail.accounts.models import Account

    browser = Client()
    answer = browser.post("/sign-in/", {"address": ADDRESS, "password": PASSWORD})
    assert answer.status_code == 303, answer.content
    inbox = browser.get("/mail/")["Location"]
    fill_index(Account.objects.get().pk, messages)
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    cookies.setdefault("csrf", secrets.token_hex(16))
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Reader(inbox, jar, {**_BROWSER, "Cookie": jar})


# What Chromium sends with each request that htmx makes.
_BROWSER = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,sv;q=0.8",
    "HX-Request": "true",
    "HX-Current-URL": "http://127.0.0.1:8000/mail/",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Referer": "http://127.0.0.1:8000/mail/",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari",
}


def application() -> Callable[..., Any]:
    """For ``uvicorn --factory``: the web process, on paper."""
    from webmail.asgi import application as real

    use_paper()
    return real
