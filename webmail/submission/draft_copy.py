"""The copy of a draft in the Drafts mailbox, for the other mail programs of its writer.

It is replaced in one step where the server can (RFC 8508), else by appending the new one
first (F35): there is never a moment without a copy.
"""

import contextlib

from webmail.store.mailbox import DRAFT, SEEN, MessageRef, SpecialUse
from webmail.store.protocol import MailboxNotFound, MailStore, MessageGone, Refused
from webmail.submission.models import Outgoing, StoredDraft

# An autosaved draft is copied to the server at every fifth save: with one save in three
# seconds, that is four copies a minute at most.
_SAVES_PER_COPY = 5


def copy_ref(draft: StoredDraft | Outgoing) -> MessageRef | None:
    if not draft.copy_mailbox or not draft.copy_uid:
        return None
    return MessageRef(draft.copy_mailbox, draft.copy_uidvalidity, draft.copy_uid)


def wants_copy(draft: StoredDraft) -> bool:
    """Whether an autosaved draft should be copied to the server now."""
    behind = draft.revision - draft.copy_revision
    return not draft.copy_uid or behind >= _SAVES_PER_COPY


def mirror(store: MailStore, draft: StoredDraft, message: bytes) -> None:
    """Puts ``message`` into the Drafts mailbox in the place of the older copy.

    Without REPLACE the older one goes afterwards: a crash between the two leaves one copy too
    many, never none, and the next copy takes that away.
    """
    old = copy_ref(draft)
    was_unsettled = _begin_copy(draft)
    replaced = _replace(store, draft, old, message) if old is not None else None
    new = replaced or _append(store, draft, message)
    is_ours = _note_copy(draft, old, new)
    if new is None:
        return  # the server does not say where it put the copy, so nothing is taken away
    if not is_ours:
        expunge(store, [new])  # another request was faster, and its copy stands
        return
    if was_unsettled:
        expunge(store, [each for each in _same(store, draft, new.mailbox) if each != new])
    if old is not None and old != new and not replaced:
        expunge(store, [old])


def remove(store: MailStore, draft: StoredDraft) -> None:
    """Takes the copy away, also one that nobody wrote down."""
    old = copy_ref(draft)
    if old is not None:
        expunge(store, [old])
    if draft.copy_unsettled:
        expunge(store, _same(store, draft, draft.copy_mailbox or drafts_mailbox(store)))


def expunge(store: MailStore, copies: list[MessageRef]) -> None:
    """Also those that another program took away already."""
    with contextlib.suppress(MessageGone, MailboxNotFound):
        store.expunge(copies)


def drafts_mailbox(store: MailStore) -> str:
    """The mailbox for drafts, by SPECIAL-USE, then by name; made where there is none."""
    mailboxes = store.mailboxes()
    for mailbox in mailboxes:
        if mailbox.special_use is SpecialUse.DRAFTS:
            return mailbox.name
    if any(mailbox.name == "Drafts" for mailbox in mailboxes):
        return "Drafts"
    return store.create_mailbox("Drafts", SpecialUse.DRAFTS)


def _same(store: MailStore, draft: StoredDraft, mailbox: str) -> list[MessageRef]:
    """All copies of the draft, by the Message-ID that they have in common."""
    if not draft.message_id:
        return []
    return list(store.find_message_id(mailbox, draft.message_id))


def _begin_copy(draft: StoredDraft) -> bool:
    """Whether a copy was begun before of which nobody knows what became."""
    before = StoredDraft.objects.filter(pk=draft.pk).values_list("copy_unsettled", flat=True)
    was_unsettled = any(before)
    if not was_unsettled:
        StoredDraft.objects.filter(pk=draft.pk).update(copy_unsettled=True)
    return was_unsettled


def _replace(
    store: MailStore, draft: StoredDraft, old: MessageRef, message: bytes
) -> MessageRef | None:
    """The new copy in one step; None where it has to go by APPEND."""
    if not store.features.replace:
        return None
    try:
        new = store.replace(old, message, flags=[DRAFT, SEEN])
    except (MessageGone, Refused):
        return None  # most likely the old copy went; if not, APPEND is told why
    if new is None:  # no APPENDUID
        new = next(iter(_same(store, draft, old.mailbox)), None)
    return None if new == old else new


def _append(store: MailStore, draft: StoredDraft, message: bytes) -> MessageRef | None:
    mailbox = draft.copy_mailbox or drafts_mailbox(store)
    try:
        new = store.append(mailbox, message, flags=[DRAFT, SEEN])
    except MailboxNotFound:
        mailbox = drafts_mailbox(store)
        new = store.append(mailbox, message, flags=[DRAFT, SEEN])
    if new is None:  # no UIDPLUS (RFC 4315)
        new = next(iter(_same(store, draft, mailbox)), None)
    return new


def _note_copy(draft: StoredDraft, old: MessageRef | None, new: MessageRef | None) -> bool:
    """Writes the new place down, unless another request has changed it meanwhile."""
    place = {"copy_revision": draft.revision, "copy_unsettled": False}
    if new is not None:
        place |= {
            "copy_mailbox": new.mailbox,
            "copy_uidvalidity": new.uidvalidity,
            "copy_uid": new.uid,
        }
    unchanged = StoredDraft.objects.filter(pk=draft.pk, copy_uid=old.uid if old else 0)
    is_ours = unchanged.update(**place) == 1
    if is_ours:
        for name, value in place.items():
            setattr(draft, name, value)
    return is_ours
