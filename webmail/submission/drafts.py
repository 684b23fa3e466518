"""Messages being written: rows that are saved by revision, and what a compose window holds."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from webmail.accounts.models import Account, User, new_key
from webmail.message.build import new_message_id
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import MailStore
from webmail.submission import draft_copy, left_rows
from webmail.submission.marks import Marks, read_marks
from webmail.submission.models import Outgoing, StoredDraft

Fields = dict[str, Any]
NO_MARKS = Marks()


class RevisionConflict(Exception):
    """The draft was saved elsewhere since this window read it (F34)."""


class AlreadySent(Exception):
    """The draft is in the outbox or has left (F02)."""

    def __init__(self, outgoing: Outgoing) -> None:
        super().__init__(outgoing.key)
        self.outgoing = outgoing


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a new draft comes from: what it answers, and its copy when reopened.

    ``sent_to`` is the address of the writer's own that the original was sent to.
    """

    relation: str = ""
    source: MessageRef | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    copy: MessageRef | None = None
    sent_to: str = ""


@dataclass(frozen=True, slots=True)
class FreshDraft:
    """A draft that a form was drawn for and that nobody has saved yet."""

    key: str = field(default_factory=new_key)
    client_token: uuid.UUID = field(default_factory=uuid.uuid4)
    origin: Origin = field(default_factory=Origin)


def find(user: User, key: str) -> StoredDraft | None:
    row = find_row(user, key)
    return None if row is None or row.has_left else row


def find_row(user: User, key: str) -> StoredDraft | None:
    """Also what stays of one whose message has left."""
    return StoredDraft.objects.filter(user=user, key=key).select_related("account").first()


def find_by_copy(user: User, account: Account, ref: MessageRef) -> StoredDraft | None:
    """The draft whose copy on the server is this message."""
    return StoredDraft.objects.filter(
        user=user,
        account=account,
        copy_mailbox=ref.mailbox,
        copy_uidvalidity=ref.uidvalidity,
        copy_uid=ref.uid,
    ).first()


def find_begun(
    user: User, account: Account, relation: str, source: MessageRef
) -> StoredDraft | None:
    """The answer to that message that was begun last, unless it has left."""
    rows = StoredDraft.objects.filter(
        user=user,
        account=account,
        relation=relation,
        source_mailbox=source.mailbox,
        source_uidvalidity=source.uidvalidity,
        source_uid=source.uid,
    )
    begun = (row for row in rows.order_by("-updated_at") if find_outgoing(row) is None)
    return next(begun, None)


def open_or_create(
    user: User, account: Account, fresh: FreshDraft, *, carried: list[Fields]
) -> StoredDraft:
    """The row of a fresh draft, made by the first request that brings it.

    ``carried`` names files of the original that are still to be fetched.
    """
    origin = fresh.origin
    source, copy = origin.source, origin.copy
    draft, _ = StoredDraft.objects.get_or_create(
        user=user,
        key=fresh.key,
        defaults={
            "account": account,
            "client_token": fresh.client_token,
            "fields": {
                name: value
                for name, value in (("carried", carried), ("sent_to", origin.sent_to))
                if value
            },
            "relation": origin.relation,
            "in_reply_to": " ".join(origin.in_reply_to),
            "references": " ".join(origin.references),
            "source_mailbox": source.mailbox if source else "",
            "source_uidvalidity": source.uidvalidity if source else 0,
            "source_uid": source.uid if source else 0,
            "copy_mailbox": copy.mailbox if copy else "",
            "copy_uidvalidity": copy.uidvalidity if copy else 0,
            "copy_uid": copy.uid if copy else 0,
            "message_id": _copy_message_id(account),
        },
    )
    return draft


def save(
    draft: StoredDraft,
    fields: Fields,
    *,
    revision: int,
    marks: Marks = NO_MARKS,
    to_send: bool = False,
) -> StoredDraft:
    """Stores ``fields`` over the revision that the window had read, or over its own words.

    The same fields again are no conflict: a form sent twice changes nothing (F01).  Nor do
    words that come late, where the same window's later ones are stored already; but what is
    sent is what stood there when Send was pressed.
    Raises RevisionConflict, or AlreadySent.
    """
    with transaction.atomic():
        row = StoredDraft.objects.select_for_update().get(pk=draft.pk)
        stored = read_marks(row.marks)
        if says_the_same(row, fields):
            return row
        if marks.are_older_than(stored) and not to_send:
            return row
        outgoing = find_outgoing(row)
        if outgoing is not None:
            raise AlreadySent(outgoing)
        is_own = marks.go_on_from(stored) or (to_send and marks.are_of(stored))
        if row.revision != revision and not is_own:
            raise RevisionConflict(row.key)
        row.fields = {**row.fields, **fields}  # what the form does not carry stays
        row.marks = str(marks)
        row.revision += 1
        row.save(update_fields=["fields", "marks", "revision", "updated_at"])
    return row


def note_fetched(draft: StoredDraft, carried: Fields) -> None:
    """Strikes a file of the original from those still to be fetched."""
    with transaction.atomic():
        row = StoredDraft.objects.select_for_update().get(pk=draft.pk)
        left = [each for each in row.fields.get("carried", []) if each != carried]
        row.fields = {**row.fields, "carried": left}
        row.save(update_fields=["fields"])
    draft.fields = row.fields


def find_branch(draft: StoredDraft, marks: Marks) -> StoredDraft | None:
    """Where this window's words went when they could not be stored in ``draft``."""
    if not marks:
        return None
    window = marks[-1].window
    rows = StoredDraft.objects.filter(user=draft.user, has_left=False, marks__contains=f"{window}.")
    beside = (row for row in rows.exclude(pk=draft.pk) if marks.are_of(read_marks(row.marks)))
    return next(beside, None)


def branch(draft: StoredDraft, fields: Fields, marks: Marks = NO_MARKS) -> StoredDraft:
    """A second draft beside the first, with its own token: both texts are kept (F34)."""
    return StoredDraft.objects.create(
        user=draft.user,
        account=draft.account,
        revision=1,
        marks=str(marks),
        fields=fields,
        relation=draft.relation,
        source_mailbox=draft.source_mailbox,
        source_uidvalidity=draft.source_uidvalidity,
        source_uid=draft.source_uid,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        message_id=_copy_message_id(draft.account),
    )


def find_outgoing(draft: StoredDraft) -> Outgoing | None:
    """What the outbox made of this draft, unless it was taken back."""
    return (
        Outgoing.objects.filter(user=draft.user, client_token=draft.client_token)
        .exclude(state=Outgoing.State.CANCELLED)
        .first()
    )


def source_ref(draft: StoredDraft) -> MessageRef | None:
    if not draft.source_mailbox or not draft.source_uid:
        return None
    return MessageRef(draft.source_mailbox, draft.source_uidvalidity, draft.source_uid)


def discard(store: MailStore | None, draft: StoredDraft) -> None:
    """Removes the draft; with a ``store``, its copy on the server first."""
    if store is not None:
        draft_copy.remove(store, draft)
    draft.delete()


def existing_keys(keys: Iterable[str]) -> set[str]:
    """Those of ``keys`` that still name a draft."""
    found = StoredDraft.objects.filter(key__in=list(keys), has_left=False)
    return set(found.values_list("key", flat=True))


def says_the_same(draft: StoredDraft, fields: Fields) -> bool:
    """Whether these fields of a form change nothing."""
    if draft.has_left:
        return left_rows.says_the_same(draft, fields)
    changed = {**draft.fields, **fields}
    return json.dumps(draft.fields, sort_keys=True) == json.dumps(changed, sort_keys=True)


def _copy_message_id(account: Account) -> str:
    """The Message-ID of the copies; the message gets its own when it is sent."""
    return new_message_id(account.address.rpartition("@")[2])
