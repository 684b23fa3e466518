"""Files that must not change, and the journal of acceptances."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from webmail.submission import frozen, journal

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "content", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"no end", b"a\r\n\n", b""]
)
def test_bare_line_ends_are_never_frozen(content):
    with pytest.raises(ValueError, match="CRLF"):
        frozen.freeze(content)


def test_a_frozen_file_is_found_whole_and_only_for_us():
    file = frozen.freeze(b"Subject: x\r\n\r\nHi\r\n")
    frozen.check(file.name, file.sha256)
    assert frozen.read(file.name) == b"Subject: x\r\n\r\nHi\r\n"
    assert (frozen.folder() / file.name).stat().st_mode & 0o777 == 0o600
    assert frozen.folder().stat().st_mode & 0o777 == 0o700


def test_a_file_that_changed_or_went_away_is_damaged():
    file = frozen.freeze(b"Hi\r\n")
    (frozen.folder() / file.name).write_bytes(b"Ho\r\n")
    with pytest.raises(frozen.Damaged, match="not the one"):
        frozen.check(file.name, file.sha256)
    frozen.erase(file.name)
    with pytest.raises(frozen.Damaged, match="cannot be read"):
        frozen.check(file.name, file.sha256)


def test_file_and_folder_are_synced_before_the_name_is_used(monkeypatch):
    done = []
    real_fsync, real_rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), real_fsync(fd)))
    monkeypatch.setattr(os, "rename", lambda a, b: (done.append("rename"), real_rename(a, b)))
    frozen.make_folder(frozen.folder())
    done.clear()
    frozen.freeze(b"Hi\r\n")
    assert done == ["fsync", "rename", "fsync"]


def test_only_old_files_that_no_row_names_are_orphans():
    kept, young, old = (frozen.freeze(b"Hi\r\n").name for _ in range(3))
    day_ago = time.time() - 90_000
    for name in (kept, old):
        os.utime(frozen.folder() / name, (day_ago, day_ago))
    assert frozen.erase_orphans({kept}, older_than=time.time() - 86_400) == 1
    assert {path.name for path in frozen.folder().iterdir()} == {kept, young}


def entry(key="abc", at=NOON):
    return journal.Acceptance(key, 2, "<1@hearth.test>", "250 ok", at)


def test_what_is_written_is_read_back():
    journal.write(entry("one"))
    journal.write(entry("two", NOON + timedelta(days=1)))
    assert list(journal.entries()) == [entry("one"), entry("two", NOON + timedelta(days=1))]


def test_a_line_torn_by_a_crash_takes_no_other_with_it():
    journal.write(entry("one"))
    (path,) = journal.folder().iterdir()
    with path.open("ab") as file:
        file.write(b'["torn", 1, "<')
    journal.write(entry("two"))
    assert [each.key for each in journal.entries()] == ["one", "two"]


def test_only_files_older_than_a_month_are_dropped():
    for days in (0, 29, 31):
        journal.write(entry(str(days), NOON - timedelta(days=days)))
    journal.prune(NOON)
    assert {each.key for each in journal.entries()} == {"0", "29"}
