"""The guarded fall-back: an answer that names no message, told by its subject.

It belongs to a message of the same base subject, at most two weeks older, whose people are
exactly its own and whose sender is one of those answered.  Strangers who write "Invoice"
to the same person are never tied: neither begins as an answer, and their people differ.

An answer leaves keys behind for what comes into the index after it; what is there already
is looked for.  What both ways miss depends on the order of arrival; it is a guess at best.
"""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Subquery

from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.numbers import hash_of
from webmail.message.thread import base_subject, is_reply, is_telling, plain_subject
from webmail.store.mailbox import MessageFacts

_WEEK_S = 7 * 24 * 3600
_MOST_PEOPLE = 10
_MOST_SUBJECTS = 200
_MOST_FOUND = 1000

Pairs = Sequence[tuple[IndexedMessage, MessageFacts]]


def find(account_id: int, pairs: Pairs, ties: Sequence[list[int]]) -> list[tuple[int, int]]:
    """Pairs of a message and the key it belongs to if anybody left it.

    Adds to the ``ties`` of answers the keys they leave and the messages they answer.
    """
    questions: list[tuple[int, int]] = []
    answers: list[tuple[IndexedMessage, list[int]]] = []
    for (row, facts), own in zip(pairs, ties, strict=True):
        envelope = facts.envelope
        if envelope.references or envelope.in_reply_to:
            continue
        base, (sender, people) = base_subject(row.subject), _people(row)
        if not is_telling(base) or not sender or not 2 <= len(people) <= _MOST_PEOPLE:
            continue
        week = row.internal_date // _WEEK_S
        questions.append((row.message_hash, _key(account_id, base, people, sender, week)))
        if is_reply(row.subject):
            own += _left_behind(account_id, base, people, sender, week)
            answers.append((row, own))
    _look_for_answered(account_id, answers)
    return questions


def _left_behind(
    account_id: int, base: str, people: frozenset[str], sender: str, week: int
) -> Iterator[int]:
    """A key for each person who may have written what is answered, this week or the last."""
    for person in people - {sender}:
        for when in (week, week - 1):
            yield _key(account_id, base, people, person, when)


def _key(account_id: int, base: str, people: frozenset[str], sender: str, week: int) -> int:
    text = "\n".join((base, str(week), sender, *sorted(people)))
    return hash_of(account_id, "subject", text)


def _people(row: IndexedMessage) -> tuple[str, frozenset[str]]:
    """The sender, and everybody who wrote or got it; as rows.py packs them."""
    senders, recipients = _addresses(row.senders), _addresses(row.recipients)
    return (senders[0] if senders else ""), frozenset((*senders, *recipients))


def _addresses(packed: str) -> list[str]:
    found = (one.partition("\x1f")[2].lower() for one in packed.split("\x1e") if one)
    return [address for address in found if address]


def _look_for_answered(
    account_id: int, answers: Sequence[tuple[IndexedMessage, list[int]]]
) -> None:
    """One query for all answers of the batch; most batches have none."""
    if not answers:
        return
    candidates = list(_candidates(account_id, [row for row, _ in answers]))
    for row, own in answers:
        sender, people = _people(row)
        base = base_subject(row.subject)
        for other in candidates:
            their_sender, their_people = _people(other)
            if (
                0 <= row.internal_date - other.internal_date <= 2 * _WEEK_S
                and their_people == people
                and their_sender != sender
                and base_subject(other.subject) == base
            ):
                own.append(other.message_hash)


def _candidates(account_id: int, answers: Sequence[IndexedMessage]) -> Iterable[IndexedMessage]:
    subjects = {plain_subject(row.subject) for row in answers}
    dates = [row.internal_date for row in answers]
    mailboxes = IndexedMailbox.objects.filter(account_id=account_id).values("pk")
    return IndexedMessage.objects.filter(
        mailbox_id__in=Subquery(mailboxes),
        internal_date__range=(min(dates) - 2 * _WEEK_S, max(dates)),
        subject__in=sorted(subjects)[:_MOST_SUBJECTS],
    ).only("internal_date", "senders", "recipients", "subject", "message_hash")[:_MOST_FOUND]
