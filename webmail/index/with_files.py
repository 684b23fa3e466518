"""The messages of a mailbox that bring files, newest first."""

from webmail.index.lines import line
from webmail.index.listing import Place, messages_of
from webmail.index.models import IndexedMailbox
from webmail.index.places import NEWEST, Beside
from webmail.index.rows import LISTED_COLUMNS, ListedMessage


def messages_with_files(
    mailbox: IndexedMailbox, *, older_than: Place | None, size: int
) -> list[ListedMessage]:
    """At most ``size`` next below the place; some may turn out to bring none.

    Of a message that was never listed the index knows only the type of the whole.
    """
    rows = messages_of(mailbox).filter(has_attachment=True)
    beside = NEWEST
    if older_than is not None:
        beside = Beside((older_than[0], mailbox.first_key | older_than[1]))
    below = beside.rows(rows).order_by("-internal_date", "-id")
    return [line(mailbox, row) for row in below.values_list(*LISTED_COLUMNS)[:size]]
