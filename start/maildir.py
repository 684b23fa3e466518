"""Writing Maildirs directly: two thousand messages in the time that APPEND takes for twenty."""

import os
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from imapclient import imap_utf7

from start.seed import SeedMessage

_LETTERS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}


class Layout(Protocol):
    """Where a mailbox lies below the Maildir of its owner."""

    def __call__(self, root: Path, mailbox: str) -> Path: ...


def dovecot_layout(root: Path, mailbox: str) -> Path:
    """Dovecot's LAYOUT=fs: a folder for each level, names in modified UTF-7."""
    return root if mailbox == "INBOX" else root / _name(mailbox)


def pymap_layout(root: Path, mailbox: str) -> Path:
    """pymap's Maildir++: one folder, the levels parted by dots, names in UTF-8."""
    return root if mailbox == "INBOX" else root / f".{mailbox.replace('/', '.')}"


def write_maildirs(
    roots: dict[str, Path],
    messages: Iterable[SeedMessage],
    mailboxes: Iterable[str],
    layout: Layout,
) -> None:
    """Fill the Maildirs ``roots`` {owner: folder}; UIDs rise in the order of ``messages``."""
    names = ("INBOX", *mailboxes)
    filed: dict[tuple[str, str], list[SeedMessage]] = defaultdict(list)
    for message in messages:
        filed[message.owner, message.mailbox].append(message)
    for owner, root in roots.items():
        for name in names:
            _write_mailbox(layout(root, name), filed[owner, name], is_inbox=name == "INBOX")
        (root / "subscriptions").write_text("".join(f"{_name(name)}\n" for name in names))


def _name(mailbox: str) -> str:
    return imap_utf7.encode(mailbox).decode("ascii")


def _write_mailbox(folder: Path, messages: Sequence[SeedMessage], *, is_inbox: bool) -> None:
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    if not is_inbox:
        (folder / "maildirfolder").touch()
    keywords = sorted({flag for each in messages for flag in each.flags} - _LETTERS.keys())
    files = [_write_message(folder, each, keywords) for each in messages]
    if keywords:
        lines = (f"{number} {keyword}\n" for number, keyword in enumerate(keywords))
        (folder / "dovecot-keywords").write_text("".join(lines))
    _write_uids(folder, files)


def _write_message(folder: Path, message: SeedMessage, keywords: Sequence[str]) -> str:
    taken = int(message.internal_date.timestamp())
    size = len(message.raw)
    # S and W: the size on disk and with CRLF, so that a server need not read the file to know.
    key = f"{taken}.{secrets.token_hex(8)}.hearth,S={size},W={size}"
    letters = [_LETTERS.get(flag) or chr(97 + keywords.index(flag)) for flag in message.flags]
    name = f"{key}:2,{''.join(sorted(letters))}"
    path = folder / "cur" / name
    path.write_bytes(message.raw)
    os.utime(path, (taken, taken))
    return name


def _write_uids(folder: Path, files: Sequence[str]) -> None:
    """The UID list as Dovecot (version 3) and pymap both read it."""
    validity = int(time.time())
    head = f"3 V{validity} N{len(files) + 1} G{secrets.token_hex(16)}\n"
    lines = [f"{uid} :{name}\n" for uid, name in enumerate(files, start=1)]
    (folder / "dovecot-uidlist").write_text(head + "".join(lines))
