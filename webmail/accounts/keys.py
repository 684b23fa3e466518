"""The key file: 32 random bytes in a file of their own, outside database and backup.

Security.md 4.4.1.  A line per version, newest last: ``v1:<64 hex digits>``.  The newest
encrypts, every one decrypts.  From the first we also derive Django's signing key, so that an
administrator has one secret to keep.  No Django here: the settings read it.
"""

import hashlib
import os
import re
import secrets
import stat
from pathlib import Path


class BadKeyFile(SystemExit):
    """Ends the program with one sentence that names the file."""


_LINE = re.compile(r"v([0-9]{1,6}):([0-9a-f]{64})")


def read_keys(path: Path) -> dict[int, bytes]:
    """All versions of the key; makes the file when there is none."""
    if not path.exists():
        _create(path)
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadKeyFile(f"{path} can be read by others. Run: chmod 400 {path}")
    keys = {}
    for line in path.read_text("ascii", "replace").split():
        match = _LINE.fullmatch(line)
        if match is None or len(set(match[2])) < 6:
            raise BadKeyFile(
                f"{path} is not a key file of Hearth: each line is v1:<64 hex digits>."
            )
        keys[int(match[1])] = bytes.fromhex(match[2])
    if not keys:
        raise BadKeyFile(f"{path} holds no key. Restore it from your backup of the key file.")
    return keys


def signing_key(path: Path) -> str:
    """Django's SECRET_KEY, derived from the oldest version, so that rotation signs nobody out."""
    keys = read_keys(path)
    return hashlib.blake2b(keys[min(keys)], person=b"hearth-signing").hexdigest()


def _create(path: Path) -> None:
    """Writes the file whole or not at all: two processes may start at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"v1:{secrets.token_hex(32)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another process was first: then theirs counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
