"""What came of a mail that was sent from here, above its text."""

from dataclasses import dataclass

from webmail.message.delivery import named_ids
from webmail.message.header import Fields, first
from webmail.message.redirect import ID_FIELD
from webmail.store.mailbox import SpecialUse
from webmail.submission.models import REDIRECT, Outgoing, State
from webmail.web.fates import Fate, accepted_text, fates_of, notes_of
from webmail.web.http import uses_of
from webmail.web.sheet import Sheet
from webmail.web.shell import use_of

_LEFT = (State.ACCEPTED, State.DONE)
# Every server that takes mail in writes Received over it (RFC 5321, section 4.4).
_TRACE = ("Received", "Return-Path", "Delivered-To", "Authentication-Results")


@dataclass(frozen=True, slots=True)
class SentCard:
    """``is_quiet``: nothing but the server's yes is known."""

    title: str
    fates: tuple[Fate, ...]
    notes: tuple[str, ...]
    tone: str
    is_quiet: bool


def make(sheet: Sheet) -> SentCard | None:
    outgoing = _find(sheet)
    if outgoing is None:
        return None
    fates = fates_of(outgoing, sheet.clock)
    notes = tuple(notes_of(outgoing))
    tones = {each.tone for each in fates}
    return SentCard(
        title=accepted_text(outgoing, sheet.clock),
        fates=fates,
        notes=notes,
        tone=next((tone for tone in ("bad", "warn") if tone in tones), ""),
        is_quiet=not outgoing.outcomes.exists() and not notes,
    )


def _find(sheet: Sheet) -> Outgoing | None:
    """By its Message-ID, in Sent or as a copy that no server brought here: whoever got the
    mail can send back one like it.  What was redirected is somebody else's mail, in Sent."""
    is_in_sent = use_of(sheet.ref.mailbox, uses_of(sheet.request)) == SpecialUse.SENT
    rows = Outgoing.objects.filter(account_id=sheet.request.account.pk, state__in=_LEFT)
    if is_in_sent and (resent := next(named_ids(sheet.opened.fields, ID_FIELD), "")):
        found = rows.filter(message_id=resent, relation=REDIRECT).first()
        if found is not None:
            return found
    message_id = sheet.summary.envelope.message_id
    if not message_id or sheet.sender.addr_spec.lower() not in sheet.mine:
        return None
    if not is_in_sent and _came_by_mail(sheet.opened.fields):
        return None
    return rows.filter(message_id=message_id).first()


def _came_by_mail(fields: Fields) -> bool:
    return any(first(fields, name) for name in _TRACE)
