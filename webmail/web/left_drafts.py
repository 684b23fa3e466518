"""Acts that take a draft's message out of Drafts take its row and its files along."""

from contextlib import suppress
from dataclasses import dataclass

from django.utils import timezone

from webmail.accounts.models import Account
from webmail.accounts.vault import Secret
from webmail.attachments import storage
from webmail.index.telling import store_for_worker
from webmail.store.mailbox import MessageRef
from webmail.store.protocol import StoreError
from webmail.submission import draft_copy, left_drafts
from webmail.submission.models import StoredDraft
from webmail.web.compose_form import carried_of
from webmail.web.http import MailRequest
from webmail.web.saving import mirror

Refs = tuple[MessageRef, ...]
_TAKING = frozenset({"archive", "delete", "destroy", "spam", "move"})


@dataclass(frozen=True, slots=True)
class Leaving:
    """The messages to act on; ``rows`` are drafts, to be forgotten when the act is done."""

    refs: Refs
    rows: tuple[StoredDraft, ...] = ()
    for_good: bool = False


def leaving(request: MailRequest, act: str, refs: Refs) -> Leaving:
    """Copies to the server what was written since the last copy, so that Undo brings back
    all of it; the message then has a new place.  What is destroyed needs no last copy.
    """
    if act not in _TAKING:
        return Leaving(refs)
    rows = left_drafts.drafts_at(request.account, refs)
    if act == "destroy":
        return Leaving(refs, tuple(rows), for_good=True)
    now_at = dict(_copied(request, row) for row in rows)
    return Leaving(tuple(now_at.get(ref, ref) for ref in refs), tuple(rows))


def forget(left: Leaving) -> None:
    for row in left.rows:
        uploads = storage.uploads_of(row.user, row.key)
        if left_drafts.forget(row, even_if_newer=left.for_good):
            for upload in uploads:
                storage.remove(upload)


def sweep(account: Account, password: Secret) -> None:
    """When somebody signs in, as only then the server can be asked.  Trouble can wait."""
    now = timezone.now()
    if not left_drafts.has_old(account, now):
        return
    with suppress(StoreError), store_for_worker(account, password) as store:
        left_drafts.sweep(store, account, now)


def bring_copies(request: MailRequest) -> None:
    """For who looks into Drafts: also what was taken back, or saved while the server was away."""
    for row in left_drafts.without_copy(request.account, timezone.now()):
        mirror(request, row)


def _copied(request: MailRequest, row: StoredDraft) -> tuple[MessageRef | None, MessageRef | None]:
    """Where the copy was and where it is now."""
    old = draft_copy.copy_ref(row)
    uploads = storage.uploads_of(row.user, row.key)
    has_new_files = any(upload.created_at > row.updated_at for upload in uploads)
    if row.revision > row.copy_revision or carried_of(row) or has_new_files:
        mirror(request, row)
    return old, draft_copy.copy_ref(row)
