"""Taking conversations apart and joining them by hand."""

from collections.abc import Callable, Iterable, Sequence

from django.db import transaction

from webmail.accounts.models import Account, ConversationEdit
from webmail.index.conversations import known_numbers, lock, mark_newest_in
from webmail.index.edits import Edits, find_edits, nodes_of, number_apart
from webmail.index.keeping import ALIAS
from webmail.index.models import IndexedMailbox, IndexedMessage
from webmail.index.numbers import slices

_MOST_PARAMETERS = 900


def find_messages(mailbox: IndexedMailbox, uids: Sequence[int]) -> list[int]:
    """By what edits name the messages; those that the index does not hold are left out."""
    keys = [mailbox.first_key | uid for uid in uids]
    rows = IndexedMessage.objects.filter(pk__in=keys)
    return list(rows.values_list("message_hash", flat=True))


def take_out(account: Account, message: int) -> ConversationEdit:
    """The message (its hash) becomes a conversation of its own."""
    return _edit(account, ConversationEdit.Kind.APART, [message])


def join(account: Account, messages: Iterable[int]) -> ConversationEdit:
    """The conversations of these messages become one."""
    nodes = nodes_of(find_edits(account.pk), messages)
    return _edit(account, ConversationEdit.Kind.JOINED, nodes)


def take_back(edit: ConversationEdit) -> None:
    _change(edit.account, edit, edit.delete)


def _edit(account: Account, kind: str, nodes: list[int]) -> ConversationEdit:
    edit = ConversationEdit(account=account, kind=kind, messages=nodes)
    _change(account, edit, edit.save)
    return edit


def _change(account: Account, edit: ConversationEdit, write: Callable[[], object]) -> None:
    """Writes the edit, then draws all conversations anew that it can reach."""
    touched = _reached(edit, find_edits(account.pk))
    write()
    with transaction.atomic(using=ALIAS):
        lock(account.pk)
        _draw(touched, find_edits(account.pk))


def _reached(edit: ConversationEdit, edits: Edits) -> set[int]:
    messages = {abs(node) for node in edit.messages}
    known = known_numbers(messages | edits.joined_messages)
    overlay = edits.overlay({m: n for m, n in known.items() if m in edits.joined_messages})
    numbers = {known[m] for m in messages if m in known} | messages
    numbers |= {edits.apart[m] for m in messages if m in edits.apart}
    if edit.pk:
        numbers.add(number_apart(edit))
    return {overlay.get(number, number) for number in numbers}


def _draw(conversations: set[int], edits: Edits) -> None:
    """Every message of these where it belongs now; ``is_newest`` made right where it changed."""
    rows = IndexedMessage.objects.filter(conversation__in=conversations)
    held = list(rows.values_list("pk", "mailbox_id", "message_hash", "conversation"))
    known = known_numbers({each[2] for each in held} | edits.joined_messages)
    overlay = edits.overlay({m: known[m] for m in edits.joined_messages if m in known})
    moved: dict[int, list[int]] = {}
    touched: dict[int, set[int]] = {}
    for key, mailbox_id, message, was in held:
        number = edits.apart.get(message, known.get(message, was))
        number = overlay.get(number, number)
        if number != was:
            moved.setdefault(number, []).append(key)
            touched.setdefault(mailbox_id, set()).update((number, was))
    for number, keys in moved.items():
        for chunk in slices(tuple(keys), _MOST_PARAMETERS):
            IndexedMessage.objects.filter(pk__in=chunk).update(conversation=number)
    mark_newest_in(touched)
