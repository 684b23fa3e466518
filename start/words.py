"""A start that fails says one sentence and ends with exit code 1."""

import errno
import functools
import sys
from collections.abc import Callable

from start.child import StartError


def end_with_a_sentence(main: Callable[[], int]) -> Callable[[], int]:
    """Turn what commonly stops a start into its sentence; anything else is our bug and shows."""

    @functools.wraps(main)
    def wrapped() -> int:
        try:
            return main()
        except StartError as error:
            print(f"\n{error}", file=sys.stderr)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
                raise
            print(
                f"\nCannot write {error.filename or 'a file'}: {error.strerror}.", file=sys.stderr
            )
        return 1

    return wrapped
