"""The child process of ``opening_job``: a file on stdin, the message in it on stdout."""

import sys
from pathlib import Path


def main() -> None:
    # Started by its path and isolated (-I), so that only this tree is imported from.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from webmail.message.jail import confine

    confine()
    sys.stdout.buffer.write(_message_in(sys.stdin.buffer.read()))


def _message_in(octets: bytes) -> bytes:
    """Nothing for what is neither winmail.dat nor a .msg file."""
    from webmail.message.enclose import message_bytes
    from webmail.message.msg import enclosed_in_msg
    from webmail.message.tnef import enclosed_in_tnef

    enclosed = enclosed_in_tnef(octets) or enclosed_in_msg(octets)
    return b"" if enclosed is None else message_bytes(enclosed)


if __name__ == "__main__":
    main()
