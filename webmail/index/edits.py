"""Conversations taken apart and joined by hand: the user's truth, laid over the index.

The edits lie in the database of the accounts and name messages by the hashes of
``numbers.py``, so they outlive the index.  Taking a message out gives it a number of its
own; what it refers to stays together without it.  Of edits that contradict, the later counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webmail.accounts.models import ConversationEdit
from webmail.index.numbers import hash_of
from webmail.index.partition import Partition


@dataclass(frozen=True, slots=True)
class Edits:
    """``apart``: the number each message taken out has of its own.

    ``joined`` holds nodes that belong together: a message's hash, or the negative of such a
    number of its own.
    """

    apart: Mapping[int, int]
    joined: tuple[tuple[int, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.apart or self.joined)

    @property
    def joined_messages(self) -> frozenset[int]:
        return frozenset(node for nodes in self.joined for node in nodes if node > 0)

    def overlay(self, numbers: Mapping[int, int]) -> dict[int, int]:
        """From the number of a conversation to that of all it was joined with.

        ``numbers`` are those of ``joined_messages`` that are known.
        """
        groups = [
            [-node if node < 0 else numbers[node] for node in nodes if node < 0 or node in numbers]
            for nodes in self.joined
        ]
        known = {number: number for group in groups for number in group}
        parts = Partition(known)
        for group in groups:
            parts.join(group)
        return parts.numbers(known)


def find_edits(account_id: int) -> Edits:
    apart: dict[int, int] = {}
    joined = []
    for edit in ConversationEdit.objects.filter(account_id=account_id).order_by("pk"):
        if edit.kind == ConversationEdit.Kind.APART:
            apart |= {message: number_apart(edit) for message in edit.messages}
        else:
            joined.append(tuple(edit.messages))
    return Edits(apart, tuple(joined))


def number_apart(edit: ConversationEdit) -> int:
    return hash_of(edit.account_id, "apart", str(edit.pk))


def nodes_of(edits: Edits, messages: Iterable[int]) -> list[int]:
    """How a new edit names these messages."""
    return [-edits.apart[m] if m in edits.apart else m for m in dict.fromkeys(messages)]
