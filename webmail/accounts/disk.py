"""Room for the files of our own: no new mail is taken that the disk may not hold (F25).

What is on its way must still be able to write down how it ended, so the last of the disk is
left to it.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

# The lesser of the two: a large disk is not called full with 100 GB free, nor a small one always.
LEAST_FREE_BYTES = 500_000_000
LEAST_FREE_SHARE = 0.05


class DiskFull(Exception):
    """Nothing more is kept; the text is a sentence to show."""


def must_have_room(size_bytes: int = 0) -> None:
    """Raises DiskFull where too little would be left beside ``size_bytes`` more."""
    usage = shutil.disk_usage(settings.WEBMAIL_DATA_DIR)
    if usage.free - size_bytes < min(LEAST_FREE_BYTES, usage.total * LEAST_FREE_SHARE):
        raise _full(usage.free)


@contextmanager
def full_is_told() -> Iterator[None]:
    """A write that the disk, or a quota, has no room for raises DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise _full(shutil.disk_usage(settings.WEBMAIL_DATA_DIR).free) from error


def _full(free_bytes: int) -> DiskFull:
    return DiskFull(
        f"The disk of this server is full ({free_bytes // 1_000_000} MB free), so it takes no new "
        "mail or files until its administrator has made room."
    )
