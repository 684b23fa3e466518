"""Taking back: the steps of the way back, in a token that only its owner can use."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core import signing

from webmail.accounts.models import ConversationEdit, User
from webmail.store.mailbox import Flag, MessageRef
from webmail.store.protocol import MailStore, MessageGone

_SALT = "hearth.undo"
_EDIT_SALT = "hearth.undo.edit"
_LIVES_S = 600


class Undone(Exception):
    """It cannot be taken back any more; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """Messages of one mailbox, and what brings them back to how they were."""

    account_key: str
    refs: tuple[MessageRef, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    move_to: str = ""
    destroy: bool = False

    def run(self, store: MailStore) -> None:
        try:
            if self.add or self.remove:
                store.set_flags(self.refs, add=map(Flag, self.add), remove=map(Flag, self.remove))
            if self.move_to:
                store.move(self.refs, self.move_to)
            if self.destroy:
                store.expunge(self.refs)
        except MessageGone as problem:
            raise Undone("The folder has changed since; this can no longer be undone.") from problem

    def as_json(self) -> list[object]:
        first = self.refs[0]
        uids = [ref.uid for ref in self.refs]
        place = [self.account_key, first.mailbox, first.uidvalidity, uids]
        return [*place, self.add, self.remove, self.move_to, self.destroy]


def undo_token(user: User, steps: Iterable[Step]) -> str:
    """Empty when there is nothing to take back."""
    rows = [step.as_json() for step in steps if step.refs]
    return signing.dumps([user.pk, rows], salt=_SALT, compress=True) if rows else ""


def find_undo(user: User, token: str) -> tuple[Step, ...] | None:
    """The steps of a token, None when it is too old, somebody else's or no token."""
    try:
        owner, rows = signing.loads(token, salt=_SALT, max_age=_LIVES_S)
    except signing.BadSignature:
        return None
    return tuple(_step(row) for row in rows) if owner == user.pk else None


def _step(row: list) -> Step:  # type: ignore[type-arg]
    key, mailbox, uidvalidity, uids, add, remove, move_to, destroy = row
    refs = tuple(MessageRef(mailbox, uidvalidity, uid) for uid in uids)
    return Step(key, refs, tuple(add), tuple(remove), move_to, destroy)


def edit_token(user: User, edit: ConversationEdit) -> str:
    """The same for a conversation taken apart or joined."""
    return signing.dumps([user.pk, edit.pk], salt=_EDIT_SALT)


def find_edit(user: User, token: str) -> ConversationEdit | None:
    try:
        owner, key = signing.loads(token, salt=_EDIT_SALT, max_age=_LIVES_S)
    except signing.BadSignature:
        return None
    edits = ConversationEdit.objects.filter(pk=key, account__user=user)
    return edits.first() if owner == user.pk else None
