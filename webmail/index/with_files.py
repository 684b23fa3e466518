"""The messages of a mailbox that bring files, newest first."""

from webmail.index.listing import Place, messages_of, rows_below
from webmail.index.models import IndexedMailbox
from webmail.index.rows import LISTED_COLUMNS, ListedMessage, listed_from_row

_TOP: Place = (2**62, 0)


def messages_with_files(
    mailbox: IndexedMailbox, *, older_than: Place | None, size: int
) -> list[ListedMessage]:
    """At most ``size`` next below the place; some may turn out to bring none.

    Of a message that was never listed the index knows only the type of the whole.
    """
    rows = messages_of(mailbox).filter(has_attachment=True)
    below = rows_below(mailbox, rows, older_than or _TOP).order_by("-internal_date", "-id")
    return [listed_from_row(mailbox, row) for row in below.values_list(*LISTED_COLUMNS)[:size]]
