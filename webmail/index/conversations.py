"""Which messages belong together: in one conversation are all that refer to each other.

A conversation is a connected part of the graph of messages and the identifiers they name,
so the order of arrival makes no difference: an identifier is remembered whether or not its
message was seen (the index grows newest first, answers come before what they answer).  Its
number is the hash of one of its identifiers; where two turn out to be one, the smaller
number stays.  The subject counts for answers only that name nobody they answer
(``subject_ties.py``).  What people took apart or joined by hand is laid over it
(``edits.py``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.db import connections, transaction
from django.db.models import BigIntegerField, Case, F, Model, Value, When, Window
from django.db.models.functions import RowNumber

from webmail.accounts.ready_insert import ReadyInsert
from webmail.index import subject_ties
from webmail.index.edits import Edits, find_edits
from webmail.index.keeping import ALIAS
from webmail.index.models import IndexedAccount, IndexedMailbox, IndexedMessage, KnownMessageId
from webmail.index.numbers import keyed, message_hash, number_of, slices
from webmail.index.partition import Partition
from webmail.message.thread import identifiers
from webmail.store.mailbox import MessageFacts

__all__ = ["assign", "mark_newest", "message_hash"]

_MOST_PARAMETERS = 900
_MOST_MOVES = 250  # three parameters each

Pairs = Sequence[tuple[IndexedMessage, MessageFacts]]

_identifiers = ReadyInsert(KnownMessageId, ignore_conflicts=True)


def assign(account_id: int, pairs: Pairs) -> set[int]:
    """Sets ``message_hash`` and ``conversation`` of rows that are not saved yet.

    The answer are the conversations that have, or may have, more than one message.  To be
    called in the transaction that saves the rows, since other messages that belong
    together now are moved at once.
    """
    if not pairs:
        return set()
    with transaction.atomic(using=ALIAS):
        lock(account_id)
        ties = [_ties(account_id, row, facts) for row, facts in pairs]
        questions = subject_ties.find(account_id, pairs, ties)
        edits = find_edits(account_id)
        joined = known_numbers(edits.joined_messages) if edits.joined else {}
        moves, numbers, old = _settle(ties, questions)
        for row, _ in pairs:
            row.conversation = numbers[row.message_hash]
        if edits:
            moves = _lay_over(edits, pairs, joined, moves, numbers)
        move_rows(moves)
    times = Counter(row.conversation for row, _ in pairs)
    return {number for number, count in times.items() if edits or count > 1 or number in old}


def lock(account_id: int) -> None:
    """One writer at a time for an account.  SQLite lets only one write anyway."""
    if connections[ALIAS].features.has_select_for_update:
        IndexedAccount.objects.select_for_update().filter(account_id=account_id).first()


def _ties(account_id: int, row: IndexedMessage, facts: MessageFacts) -> list[int]:
    """The numbers of all that the message names, its own first."""
    hasher = keyed(account_id)
    own, *named = identifiers(facts.envelope)
    row.message_hash = number_of(hasher, own or _description(facts))
    ties = [row.message_hash, *(number_of(hasher, each) for each in named)]
    if facts.thread_id:
        ties.append(number_of(hasher, f"thread\n{facts.thread_id}"))
    return ties


def _description(facts: MessageFacts) -> str:
    """Stands for the Message-ID of a message without one, in every mailbox it is copied to.

    A copy keeps its internal date (RFC 9051, 6.4.7).
    """
    envelope, at = facts.envelope, facts.internal_date
    sender = envelope.from_[0].addr_spec if envelope.from_ else ""
    return f"nameless\n{at}\n{envelope.date}\n{facts.size_bytes}\n{sender}\n{envelope.subject}"


def _settle(
    ties: Sequence[Sequence[int]], questions: Sequence[tuple[int, int]]
) -> tuple[dict[int, int], Mapping[int, int], set[int]]:
    """Which conversations go up in which, the number of each identifier, and which of the
    numbers are of conversations that were there before.

    ``questions`` are pairs of a message and what it belongs to if that is known at all.
    """
    named = {tie for each in ties for tie in each}
    known = known_numbers(named.union(key for _, key in questions))
    parts = Partition(known)
    for each in ties:
        if len(each) > 1:
            parts.join(each)
    for question in questions:
        if question[1] in known or question[1] in named:
            parts.join(question)
    numbers = parts.numbers(named.union(known.values()))
    moves = {old: numbers[old] for old in set(known.values()) if numbers[old] != old}
    _move(KnownMessageId, moves)
    new = named - known.keys()
    _identifiers.add(KnownMessageId(id=key, conversation=numbers[key]) for key in new)
    return moves, numbers, {numbers[number] for number in known.values()}


def known_numbers(keys: Iterable[int]) -> dict[int, int]:
    """The conversation of each identifier that is known."""
    found: dict[int, int] = {}
    for chunk in slices(tuple(keys), _MOST_PARAMETERS):
        rows = KnownMessageId.objects.filter(pk__in=chunk)
        found.update(rows.values_list("pk", "conversation"))
    return found


def _lay_over(
    edits: Edits,
    pairs: Pairs,
    joined: Mapping[int, int],
    moves: Mapping[int, int],
    numbers: Mapping[int, int],
) -> dict[int, int]:
    """Puts the rows where people want them; the moves of saved rows that follow from it.

    ``joined`` are the numbers that messages joined by hand had before.
    """
    now = {key: moves.get(number, number) for key, number in joined.items()}
    now |= {key: numbers[key] for key in edits.joined_messages if key in numbers}
    then_overlay, overlay = edits.overlay(joined), edits.overlay(now)
    for row, _ in pairs:
        number = edits.apart.get(row.message_hash, row.conversation)
        row.conversation = overlay.get(number, number)
    touched = {*moves, *then_overlay, *overlay}
    targets = {n: moves.get(n, n) for n in touched}
    follow = {then_overlay.get(n, n): overlay.get(to, to) for n, to in targets.items()}
    return {source: target for source, target in follow.items() if source != target}


# -- moving --------------------------------------------------------------------------------------


def move_rows(moves: Mapping[int, int]) -> None:
    """Gives the messages of some conversations to others, in every mailbox."""
    if not moves:
        return
    touched: dict[int, set[int]] = {}
    for chunk in slices(tuple(moves), _MOST_PARAMETERS):
        rows = IndexedMessage.objects.filter(conversation__in=chunk)
        for mailbox_id, number in rows.values_list("mailbox_id", "conversation").distinct():
            touched.setdefault(mailbox_id, set()).add(moves[number])
    if touched:
        _move(IndexedMessage, moves)
        mark_newest_in(touched)


def _move(model: type[Model], moves: Mapping[int, int]) -> None:
    for chunk in slices(tuple(moves), _MOST_MOVES):
        cases = [When(conversation=old, then=Value(moves[old])) for old in chunk]
        rows = model._default_manager.filter(conversation__in=chunk)
        rows.update(conversation=Case(*cases, output_field=BigIntegerField()))


def mark_newest_in(touched: Mapping[int, set[int]]) -> None:
    """The same in several mailboxes, whose lists are not what they were."""
    IndexedMailbox.objects.filter(pk__in=list(touched)).update(version=F("version") + 1)
    for mailbox_id, numbers in touched.items():
        mark_newest(mailbox_id, numbers)


def mark_newest(mailbox_id: int, conversations: set[int]) -> None:
    """Makes ``is_newest`` true of exactly one message of each conversation in the mailbox."""
    for chunk in slices(tuple(conversations), _MOST_PARAMETERS // 2 - 10):
        # The mailbox is no plain equality, or SQLite walks the whole mailbox by its index
        # instead of these few conversations.
        rows = IndexedMessage.objects.annotate(place=F("mailbox_id") + 0)
        rows = rows.filter(place=mailbox_id, conversation__in=chunk)
        order = [F("internal_date").desc(), F("id").desc()]
        rank = Window(RowNumber(), partition_by=F("conversation"), order_by=order)
        newest = rows.annotate(rank=rank).filter(rank=1).values("pk")
        rows.filter(is_newest=True).exclude(pk__in=newest).update(is_newest=False)
        rows.filter(is_newest=False, pk__in=newest).update(is_newest=True)
