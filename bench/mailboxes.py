"""Mailboxes of any size for Dovecot, written as Maildir: a million messages in minutes.

    python -m bench.mailboxes 1000000 --keep /var/tmp/hearth-bench

The same seed gives the same messages, UIDs, flags and dates.  The UID list is written too, so
that Dovecot takes the messages in our order without reading them.
"""

import argparse
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench.letters import NEWEST, Letter, Writer, large_attachment, large_newsletter, talk
from tests.lab.place import RunAs, run_as

SEED, SHAPE = 7, 1
KEEP = Path("/var/tmp/hearth-bench")  # noqa: S108  (mail of nobody's, made again when gone)
VALIDITY = 1_795_000_000
CHUNK = 10_000
# Counted from the newest: 0 is the newest message of the inbox.
NEWSLETTER_AT, ATTACHMENT_AT = 6, 11
NEWS = 90
FOLDERS = ("Drafts", "Sent", "Archive", "Junk", "Trash", "Family", "House", "School", "Travel")


def home(messages: int, keep: Path = KEEP) -> Path:
    """The home of a user with ``messages`` in the inbox, made unless it is there."""
    folder = keep / f"seed{SEED}-shape{SHAPE}-{messages}"
    if not (folder / "ready").exists():
        make_home(folder, messages)
    return folder


def make_home(folder: Path, messages: int) -> None:
    owner = run_as()
    shutil.rmtree(folder, ignore_errors=True)
    root = folder / "Maildir"
    _make_mailbox(root)
    owner.owns(folder, root, *root.iterdir())
    _fill_inbox(root, messages, owner)
    _fill_folders(root, owner)
    (folder / "ready").touch()


def make_talk_home(folder: Path, count: int) -> None:
    """The home of a user whose inbox is conversations of ``count`` messages: the first was read."""
    owner, root = run_as(), folder / "Maildir"
    shutil.rmtree(folder, ignore_errors=True)
    _make_mailbox(root)
    cur = os.open(root / "cur", os.O_RDONLY)
    letters = [*talk("read", count, "S"), *talk("unread", count, "")]
    names = [_write(cur, number, letter) for number, letter in enumerate(letters)]
    os.close(cur)
    _write_uids(root, names, owner)
    owner.owns(folder, root, *root.iterdir(), *(root / "cur").iterdir())


def _fill_inbox(root: Path, messages: int, owner: RunAs) -> None:
    chunks = range(0, messages, CHUNK)
    write = partial(_write_chunk, root, messages)
    with multiprocessing.get_context("fork").Pool(2, _become, (owner,)) as pool:
        _write_uids(root, (name for names in pool.imap(write, chunks) for name in names), owner)


def _become(owner: RunAs) -> None:
    if os.geteuid() == 0:
        os.setgid(owner.gid)
        os.setuid(owner.uid)


def _write_chunk(root: Path, messages: int, first: int) -> list[str]:
    writer = Writer(SEED, first // CHUNK)
    letters = writer.letters(first, min(first + CHUNK, messages), messages, _span(messages))
    special = {messages - 1 - at: make for at, make in _SPECIAL.items() if messages >= 500}
    cur = os.open(root / "cur", os.O_RDONLY)
    try:
        return [
            _write(cur, number, special[number](NEWEST) if number in special else letter)
            for number, letter in enumerate(letters, start=first)
        ]
    finally:
        os.close(cur)


_SPECIAL: dict[int, Callable[..., Letter]] = {
    NEWSLETTER_AT: lambda newest: large_newsletter(0, newest - timedelta(hours=9)),
    ATTACHMENT_AT: lambda newest: large_attachment(newest - timedelta(hours=9)),
}


def _span(messages: int) -> timedelta:
    years = 2 if messages <= 10_000 else 8 if messages <= 100_000 else 14
    return timedelta(days=365 * years)


def _write(cur: int, number: int, letter: Letter) -> str:
    size = len(letter.raw)
    # S and W: the size on disk and with CRLF, so that Dovecot need not read the file to know.
    sizes = f"S={size},W={size + letter.raw.count(10)}"
    name = f"{letter.taken}.N{number}.bench,{sizes}:2,{letter.flags}"
    file = os.open(name, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600, dir_fd=cur)
    os.write(file, letter.raw)
    os.utime(file, (letter.taken, letter.taken))
    os.close(file)
    return name


def _fill_folders(root: Path, owner: RunAs) -> None:
    """Small ones beside the inbox, and one of large newsletters, each of which is opened once."""
    for number, name in enumerate(FOLDERS):
        letters = Writer(SEED, -1 - number).letters(0, 20 + number, 20 + number, _span(0))
        _fill_folder(root / name, letters, owner)
    news = (large_newsletter(n, NEWEST - timedelta(days=NEWS - n)) for n in range(1, NEWS + 1))
    _fill_folder(root / "News", news, owner)
    subscribed = root / "subscriptions"
    subscribed.write_text("".join(f"{name}\n" for name in ("INBOX", *FOLDERS, "News")))
    owner.owns(subscribed)


def _fill_folder(folder: Path, letters: Iterable[Letter], owner: RunAs) -> None:
    _make_mailbox(folder)
    (folder / "maildirfolder").touch()
    cur = os.open(folder / "cur", os.O_RDONLY)
    names = [_write(cur, number, letter) for number, letter in enumerate(letters)]
    os.close(cur)
    _write_uids(folder, names, owner)
    owner.owns(folder, *folder.iterdir(), *(folder / "cur").iterdir())


def _make_mailbox(folder: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)


def _write_uids(folder: Path, names: Iterable[str], owner: RunAs) -> None:
    """The UID list as Dovecot reads it (version 3), ascending as the names come."""
    path = folder / "dovecot-uidlist"
    with path.open("w") as lines:
        # Its head names the next UID, which is known at the end: written over in place.
        lines.write(head := _uid_head(0))
        last = 0
        for last, name in enumerate(names, start=1):
            lines.write(f"{last} :{name}\n")
        lines.seek(0)
        assert len(_uid_head(last + 1)) == len(head)
        lines.write(_uid_head(last + 1))
    owner.owns(path)


def _uid_head(following: int) -> str:
    return f"3 V{VALIDITY} N{following:08d} G{SEED:032x}\n"


def main() -> None:
    options = argparse.ArgumentParser(prog="bench.mailboxes")
    options.add_argument("messages", type=int)
    options.add_argument("--keep", type=Path, default=KEEP)
    chosen = options.parse_args()
    began = time.monotonic()
    print(f"{home(chosen.messages, chosen.keep)}: {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
