"""The arrow to CANCELLED: a message is taken back, and its draft is a draft again."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from webmail.submission import frozen
from webmail.submission.models import REDIRECT, FollowUp, Outgoing, State, StoredDraft

_CLOCKS_APART = timedelta(seconds=15)
NO_GRANTS: dict[str, object] = {"send_grant": b"", "submission_grant": b""}


def take_back(
    user_id: int,
    key: str,
    sources: Collection[State],
    *,
    keep_without_draft: bool = True,
    keep_choices: bool = False,
    **changes: object,
) -> bool:
    """To CANCELLED, the grant erased, the draft free to be sent under a new token.

    The frozen files go too, unless they are the only copy left: the original of what was to be
    sent on is where it was.  With ``keep_choices`` the draft remembers when and on what
    condition it was to leave, and the reminder.  ``changes`` are further columns.  False: it is
    not in ``sources``.
    """
    with transaction.atomic(durable=True):
        own = Outgoing.objects.filter(user=user_id, key=key)
        row = own.exclude(wire_path="").first()
        if row is None:
            return False
        taken = own.filter(state__in=sources).update(
            **{"state": State.CANCELLED, "next_attempt_at": None, **NO_GRANTS, **changes}
        )
        if not taken:
            return False
        if keep_choices:
            _keep_choices(row)
        FollowUp.objects.filter(outgoing=row).delete()  # there is nothing to answer
        # The old token stays with the cancelled row: with it the draft could never leave.
        has_draft = StoredDraft.objects.filter(user=user_id, key=row.draft_key).update(
            client_token=uuid.uuid4()
        )
        if has_draft or not keep_without_draft or row.relation == REDIRECT:
            own.update(wire_path="", sent_path="")
            transaction.on_commit(lambda: frozen.erase(row.wire_path, row.sent_path))
    return True


def _keep_choices(row: Outgoing) -> None:
    """As web/choices_kept.py reads them; a new try may choose otherwise."""
    draft = StoredDraft.objects.select_for_update().filter(user=row.user_id, key=row.draft_key)
    reminder = FollowUp.objects.filter(outgoing=row).first()
    for each in draft:
        each.fields["chosen"] = {
            "unless_answered": row.unless_answered,
            "send_at": row.send_at.isoformat() if _was_to_wait(row) else "",
            "send_base": row.send_at.isoformat(),
            "remind_at": reminder.remind_at.isoformat() if reminder else "",
        }
        each.save(update_fields=["fields"])


def _was_to_wait(row: Outgoing) -> bool:
    """Whether a time was chosen: more than what is left for Undo lies before it."""
    undo = timedelta(seconds=settings.WEBMAIL_UNDO_SECONDS)
    return row.send_at - row.created_at > undo + _CLOCKS_APART
