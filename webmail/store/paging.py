"""Which messages of a mailbox a page holds."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def page_bounds(
    uids: Sequence[int], *, older_than: int | None, newer_than: int | None, size: int
) -> tuple[int, int]:
    """First and last place, from 1, of a page among ascending ``uids``; low > high is empty.

    ``older_than`` and ``newer_than`` need not be among them.  Both at once is a ValueError.
    """
    check_page(older_than, newer_than, size)
    if newer_than is not None:
        low = bisect_right(uids, newer_than) + 1
        return low, min(low + size - 1, len(uids))
    high = len(uids) if older_than is None else bisect_left(uids, older_than)
    return max(high - size + 1, 1), high


def check_page(older_than: int | None, newer_than: int | None, size: int) -> None:
    if older_than is not None and newer_than is not None:
        raise ValueError("a page lies below one message or above another, not both")
    if size < 1:
        raise ValueError("a page has at least one row")
