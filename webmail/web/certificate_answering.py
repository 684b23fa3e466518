"""Answering mail that was encrypted for one's certificate: only what its page shows (T12, T91).

Nothing is opened again for an answer.  The page holds the text that it shows; a script puts it
into the draft, and without one the form brings it along.
"""

import re
from dataclasses import dataclass, replace

from django.http import HttpRequest

from webmail.message.safe_html import SafeHtml
from webmail.message.sanitize import text_from_html
from webmail.store.mailbox import MessageSummary
from webmail.web.compose_form import CERTIFIED_ENCRYPT, QUOTES_DECRYPTED, SUBJECT_DECRYPTED
from webmail.web.message_view import has_others
from webmail.web.paths import ref_text
from webmail.web.quoting import Quotable
from webmail.web.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Answering:
    """``quoted`` is the text that is shown; ``subject`` is empty where the one outside holds."""

    ref_query: str
    quoted: str
    subject: str
    can_reply_all: bool


def answering(sheet: Sheet, shown: str, subject: str) -> Answering:
    outside = sheet.summary.envelope.subject
    return Answering(
        ref_text(sheet.request.account.key, sheet.ref).replace("%", "%25"),
        shown,
        subject if subject != outside else "",
        has_others(sheet.summary, sheet.mine),
    )


def unfolded(html: str) -> SafeHtml:
    """With nothing folded away: what is quoted has been before its reader's eyes (T91)."""
    return SafeHtml(re.sub(r"<details(?![^>]*\sopen\b)", "<details open", html))


def text_shown(html: str) -> str:
    """As the frame shows it: it has no styles that could hide anything."""
    return text_from_html(html)


# -- what the form brings --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Brought:
    """Of an opened message, in the request that begins an answer to it."""

    text: str
    subject: str

    @property
    def quotable(self) -> Quotable:
        return Quotable(self.text, SafeHtml(""), (), ())

    @property
    def protect(self) -> tuple[str, ...]:
        about = (SUBJECT_DECRYPTED,) if self.subject else ()
        return (CERTIFIED_ENCRYPT, QUOTES_DECRYPTED, *about)

    def named(self, summary: MessageSummary) -> MessageSummary:
        """Under the subject that was encrypted."""
        if not self.subject:
            return summary
        return replace(summary, envelope=replace(summary.envelope, subject=self.subject))


def find_brought(request: HttpRequest) -> Brought | None:
    if request.method != "POST" or "quoted" not in request.POST:
        return None
    text = request.POST["quoted"].replace("\r\n", "\n").replace("\0", "")
    return Brought(text, request.POST.get("quoted_subject", "").replace("\0", "")[:990])
