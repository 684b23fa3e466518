"""The arrow to CANCELLED: a message is taken back, and its draft is a draft again."""

import uuid
from collections.abc import Collection

from django.db import transaction

from webmail.submission import frozen
from webmail.submission.models import REDIRECT, FollowUp, Outgoing, State, StoredDraft

NO_GRANTS: dict[str, object] = {"send_grant": b"", "submission_grant": b""}


def take_back(
    user_id: int,
    key: str,
    sources: Collection[State],
    *,
    keep_without_draft: bool = True,
    **changes: object,
) -> bool:
    """To CANCELLED, the grant erased, the draft free to be sent under a new token.

    The frozen files go too, unless they are the only copy left: the original of what was to be
    sent on is where it was.  ``changes`` are further columns.  False: it is not in ``sources``.
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
        FollowUp.objects.filter(outgoing=row).delete()  # there is nothing to answer
        # The old token stays with the cancelled row: with it the draft could never leave.
        has_draft = StoredDraft.objects.filter(user=user_id, key=row.draft_key).update(
            client_token=uuid.uuid4()
        )
        if has_draft or not keep_without_draft or row.relation == REDIRECT:
            own.update(wire_path="", sent_path="")
            transaction.on_commit(lambda: frozen.erase(row.wire_path, row.sent_path))
    return True
