"""What stays of a draft whose message has left: enough to know it again, and none of its words.

Whoever had no answer when they pressed Send presses again, maybe hours later (F03); a save that
was on its way for as long must not begin a second draft.  Both find the row.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from webmail.submission.models import StoredDraft

Fields = dict[str, Any]

# A window without a line may wait that long.
KEPT = timedelta(days=30)
_SUMS = "left"


def strip(draft: StoredDraft) -> None:
    """Its copy in Drafts is gone; a sum stands in the place of each field."""
    if draft.has_left:
        return
    sums = {name: _sum(draft, value) for name, value in draft.fields.items()}
    # Not by saving it: whose person was removed meanwhile is not to come back.
    StoredDraft.objects.filter(pk=draft.pk).update(
        fields={_SUMS: sums},
        has_left=True,
        copy_mailbox="",
        copy_uidvalidity=0,
        copy_uid=0,
        copy_unsettled=False,
        updated_at=timezone.now(),
    )


def says_the_same(draft: StoredDraft, fields: Fields) -> bool:
    """Whether that is what has left."""
    sums = draft.fields[_SUMS]
    return all(sums.get(name) == _sum(draft, value) for name, value in fields.items())


def sweep(now: datetime) -> int:
    """Removes those that nobody can mean any more.  Answers how many."""
    return StoredDraft.objects.filter(has_left=True, updated_at__lt=now - KEPT).delete()[0]


def _sum(draft: StoredDraft, value: object) -> str:
    """Keyed, as a short text can be guessed."""
    text = json.dumps(value, sort_keys=True)
    return salted_hmac(f"left {draft.key}", text, algorithm="sha256").hexdigest()
