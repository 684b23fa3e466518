"""Named places where a test can make the sender die: ``WEBMAIL_FAILPOINT=after_rcpt``.

``name`` alone kills the process as kill -9 does; ``name:raise`` raises instead, for what an
operating system may do to us there.  Several names are separated by commas.
"""

import os
import signal

VARIABLE = "WEBMAIL_FAILPOINT"


class Failpoint(OSError):
    """What ``name:raise`` raises: as a full disk would."""


def reach(name: str) -> None:
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    for entry in wanted.split(","):
        point, _, way = entry.partition(":")
        if point == name and way == "raise":
            raise Failpoint(f"failpoint {name}")
        if point == name:
            os.kill(os.getpid(), signal.SIGKILL)
