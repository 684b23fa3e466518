"""Believable mail for the demo: three people of one household and all who write to them.

The same ``now`` gives the same bytes.  Everybody in it is invented; every address is
under ``.example`` (RFC 2606), so nothing sent from the demo can reach anyone.
"""

from collections.abc import Iterator
from datetime import datetime

from start.seed_letter import PEOPLE, Person, SeedMessage, deliver
from start.seed_series import series
from start.seed_stories import stories

__all__ = ["MAILBOXES", "PEOPLE", "Person", "SeedMessage", "seed_messages"]

MAILBOXES = (
    "Archive",
    "Drafts",
    "Junk",
    "Sent",
    "Trash",
    "Family",
    "Family/School",
    "Family/Travel",
    "House",
    "Newsletters",
    "Receipts",
    "旅行",
)


def seed_messages(now: datetime) -> Iterator[SeedMessage]:
    """Two years of mail up to ``now`` (aware), oldest first.

    ``SeedMessage.mailbox`` is INBOX or a name of MAILBOXES, levels parted by ``/``.
    """
    return deliver([*series(now), *stories(now)])
