"""What came of sent messages, as reports tell it: rows that a worse report cannot spoil.

Anybody can write a report.  One is sure if it names the submission by the ENVID that only
servers on the way were told, and a recipient that the message had; or if it is a receipt that
was asked for, from that very recipient.  Everything else is what somebody says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from webmail.submission import clock, states
from webmail.submission.models import Outcome, Outgoing, State

DELIVERY, RECEIPT = Outcome.DELIVERY, Outcome.RECEIPT
AWAITED_FOR = timedelta(days=14)
MOST_STRANGERS = 10  # recipients that the message did not have, from forwarders or from liars
_PASSING = frozenset({"delayed"})


@dataclass(frozen=True, slots=True)
class Reported:
    """The message that a report is about; ``by_envelope``: it knows the ENVID."""

    outgoing: Outgoing
    by_envelope: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says of one recipient; ``kind`` and ``track`` are those of Outcome."""

    recipient: str
    track: str
    kind: str
    at: datetime
    said_by: str
    words: str = ""
    is_sure: bool = False


def find_reported(
    account_id: int, *, message_ids: Sequence[str], envelope_id: str = ""
) -> Reported | None:
    """A message of the account that has left, or may have; of the ids the first that is known.

    A redirection is known by its Resent-Message-ID, so what came back names two: its own, and
    that of the mail that was sent on, which may be ours as well.
    """
    left = Outgoing.objects.filter(account_id=account_id, data_started_at__isnull=False)
    if envelope_id:
        asked = left.filter(key=envelope_id, delivery_notice_offered=True).first()
        if asked is not None:
            return Reported(asked, by_envelope=True)
    found = {row.message_id: row for row in left.filter(message_id__in=message_ids)}
    named = next((found[each] for each in message_ids if each in found), None)
    return Reported(named, by_envelope=False) if named is not None else None


def awaits_reports(account_id: int) -> bool:
    """Whether the account has sent something that may still be reported on."""
    since = clock.now() - AWAITED_FOR
    return Outgoing.objects.filter(account_id=account_id, data_started_at__gt=since).exists()


def is_recipient(outgoing: Outgoing, address: str) -> bool:
    return address.lower() in {each.lower() for each in outgoing.rcpt_to}


def learn(outgoing: Outgoing, told: Told) -> bool:
    """Notes it, unless something better is known.

    A sure word stands above any other, an end above a delay, and of equals the later one.
    """
    recipient = told.recipient.lower()[:320]
    is_stranger = not is_recipient(outgoing, recipient)
    is_sure = told.is_sure and not is_stranger
    with transaction.atomic():
        row = Outgoing.objects.select_for_update().get(pk=outgoing.pk)
        known = row.outcomes.filter(recipient=recipient, track=told.track).first()
        if known is None and is_stranger and _strangers(row) >= MOST_STRANGERS:
            return False
        rank = (is_sure, told.kind not in _PASSING, told.at)
        if known is not None and rank <= (known.is_sure, known.kind not in _PASSING, known.at):
            return False
        row.outcomes.update_or_create(
            recipient=recipient,
            track=told.track,
            defaults={
                "kind": told.kind,
                "words": told.words[:1000],
                "at": told.at,
                "is_sure": is_sure,
                "said_by": told.said_by[:320],
            },
        )
        if is_sure and told.track == DELIVERY and row.state == State.UNCERTAIN:
            states.accept_by_proof(row)  # no server reports on what it never took
    return True


def _strangers(outgoing: Outgoing) -> int:
    known = {each.lower() for each in outgoing.rcpt_to}
    return outgoing.outcomes.exclude(recipient__in=known).count()
