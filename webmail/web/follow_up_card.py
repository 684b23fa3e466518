"""On a mail of one's own in Sent: to be reminded if nobody answers it."""

from dataclasses import dataclass

from django.urls import reverse

from webmail.store.mailbox import SpecialUse
from webmail.submission import follow_ups
from webmail.submission.models import FollowUp
from webmail.web.http import uses_of
from webmail.web.later import REMINDERS
from webmail.web.paths import ref_text
from webmail.web.rows import full_time
from webmail.web.sheet import Sheet
from webmail.web.shell import use_of


@dataclass(frozen=True, slots=True)
class FollowUpCard:
    """``key`` is empty while no reminder is set."""

    title: str
    remind_url: str
    reminders: tuple[tuple[int, str], ...]
    is_due: bool = False
    key: str = ""
    again_url: str = ""


def is_own_sent(sheet: Sheet) -> bool:
    """A mail that can be answered: by its Message-ID, from the reader, and in Sent."""
    envelope = sheet.summary.envelope
    if not envelope.message_id or sheet.sender.addr_spec.lower() not in sheet.mine:
        return False
    return use_of(sheet.ref.mailbox, uses_of(sheet.request)) == SpecialUse.SENT


def make(sheet: Sheet) -> FollowUpCard | None:
    if not is_own_sent(sheet):
        return None
    account = sheet.request.account
    row = follow_ups.find_open(account, sheet.summary.envelope.message_id)
    if row is None:
        return FollowUpCard("Remind me if nobody answers", f"{sheet.url}remind/", REMINDERS)
    at = full_time(row.remind_at.astimezone(sheet.clock.zone))
    is_due = row.state == FollowUp.State.DUE
    return FollowUpCard(
        title="Nobody has answered this mail."
        if is_due
        else f"If nobody answers, you are reminded on {at}.",
        remind_url=f"{sheet.url}remind/",
        reminders=REMINDERS,
        is_due=is_due,
        key=row.key,
        again_url=f"{reverse('compose')}?reply_all={ref_text(account.key, sheet.ref)}",
    )
